"""LIBERO benchmark suites in MuJoCo, headless. Importing this package needs neither of them."""

from __future__ import annotations

from dataclasses import dataclass

from robot_bridge.driver import Simulator
from robot_bridge.drivers.libero.simulator import LiberoSimulator
from segue_core.parameters import param

__all__ = ['LiberoSimulator', 'Params', 'create']


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Parameters ``libero.*``."""

    suite: str = param('libero_object', 'Benchmark suite: libero_object, libero_spatial, '
                       'libero_goal, libero_10, libero_90, or one of LIBERO-PRO.')
    task_id: int = param(0, 'Task within the suite, unless task is given.', low=0, high=1000)
    task: str = param('', 'Name of the task; empty for task_id.')
    cameras: tuple[str, ...] = param(('agentview', 'wrist'), 'Cameras to render: agentview, '
                                     'wrist, or another camera of the scene.')
    image_size: int = param(256, 'Width and height of the images.', unit='px', low=16, high=2048)
    fast_render: bool = param(False, 'Render without shadows, reflections and anti-aliasing: '
                              'faster, but not the images of the benchmark.')


def create(params: Params) -> Simulator:
    """Make the simulator."""
    return LiberoSimulator(params.suite, params.task or params.task_id, cameras=params.cameras,
                           image_size=params.image_size, fast_render=params.fast_render)
