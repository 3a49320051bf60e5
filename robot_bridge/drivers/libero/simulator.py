"""A LIBERO task as a simulator: the benchmark's own physics, goal check and images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_bridge.driver import DriverError, DriverSpec, EpisodeStart, Reading
from robot_bridge.drivers.libero import installation
from robot_bridge.drivers.libero.preview import end_effector_path
from robot_bridge.drivers.libero.rendering import Renderer
from robot_bridge.drivers.libero.scene import Scene
from robot_bridge.drivers.libero.tasks import Task, find_task

ACTION_NAMES = ('x', 'y', 'z', 'rx', 'ry', 'rz', 'gripper')
JOINT_NAMES = (*(f'panda_joint{k}' for k in range(1, 8)),
               'panda_finger_joint1', 'panda_finger_joint2')
CAMERAS = {'agentview': 'agentview', 'wrist': 'robot0_eye_in_hand'}
"""Our camera names -> the scene's; other cameras of the scene go by their own names."""

RATE = 20.0
SETTLING_STEPS = 10
"""Steps without motion after a reset, as every published evaluation does them."""
_GRIPPER_OPEN = -1.0
_PLACEMENT_ATTEMPTS = 100


class LiberoSimulator:
    """One task of one suite. World frame: z up, the robot looks along +x.

    Actions are those of LIBERO's demonstrations, all within -1..1: x y z move the end effector by
    0.05 m per unit and rx ry rz turn it by 0.5 rad per unit, both along the world's axes, as far
    as the controller comes within one step; gripper < 0 opens, > 0 closes. Joint positions are the
    simulator's own: finger 2 is the negative of finger 1. Images are rendered only when asked for.

    Args:
        suite: Benchmark suite, e.g. libero_object.
        task: Number or name of the task in the suite.
        cameras: What to render: agentview, wrist or other cameras of the scene; without any, no
            OpenGL is needed.
        image_size: Width and height of the images [px].
        fast_render: Without shadows, reflections and anti-aliasing; not the benchmark's images.
    """

    def __init__(self, suite: str, task: int | str, *,
                 cameras: Sequence[str] = ('agentview', 'wrist'), image_size: int = 256,
                 fast_render: bool = False) -> None:
        columns = len(ACTION_NAMES)
        self.spec = DriverSpec(
            name='libero', action_names=ACTION_NAMES, action_units=('normalized',) * columns,
            lower=-np.ones(columns), upper=np.ones(columns), rate=RATE,
            commands_positions=False)
        self._suite, self._task_name = suite, task
        self._cameras = tuple(cameras)
        self._image_size, self._fast_render = image_size, fast_render
        self._task: Task | None = None
        self._env: Any = None
        self._scene: Scene | None = None
        self._renderer: Renderer | None = None
        self._camera_ids: dict[str, int] = {}
        self._gripper = _GRIPPER_OPEN
        self._eef_motion = np.zeros((2, 3))     # position and velocity at the last reading

    def connect(self) -> None:
        """Load the task; takes seconds.

        Raises:
            DriverError: LIBERO, its assets or OpenGL are missing, or suite, task or camera unknown.
        """
        self.disconnect()
        installation.prepare()
        task = find_task(self._suite, self._task_name)
        self._env = _make_env(task)
        self._task = task
        self._camera_ids = self._find_cameras()
        if self._camera_ids:
            installation.gl_context()
        self._joints = _JointAddresses(self._env.robots[0])

    def reset(self, init_state: int, seed: int) -> EpisodeStart:
        """Begin an episode as the benchmark does: initial state, then ten steps without motion.

        Args:
            init_state: Which of the task's initial states; -1 draws one from the task's own
                regions, as the benchmark's were drawn.
            seed: Seed of numpy's global generator, which LIBERO places things with.

        Raises:
            DriverError: There is no such initial state, or nothing is connected.
        """
        env, task = self._connected()
        count = len(task.init_states)
        if not -1 <= init_state < count:
            raise DriverError(f'init_state must be within 0..{count - 1}, or -1 to draw one, for '
                              f'{task.suite} task {task.task_id}, got {init_state}')
        with installation.quiet():
            _reset(env, seed)
        if init_state >= 0:
            env.sim.set_state_from_flattened(task.init_states[init_state])
        env.sim.forward()
        self._gripper = _GRIPPER_OPEN
        for _ in range(SETTLING_STEPS):
            self.hold()
        self._scene = Scene(env)
        return EpisodeStart(
            suite=task.suite, task_id=task.task_id, task=task.language, goal=_goal_text(env),
            init_state=init_state, scene=self._scene.shapes())

    def read(self, *, cameras: bool) -> Reading:
        """Return joints [rad, m], poses in the world frame, and images if asked for."""
        env, _ = self._connected()
        scene = self._scene or Scene(env)
        data = env.sim.data
        self._eef_motion = scene.eef_motion()
        return Reading(
            JOINT_NAMES, np.array(data.qpos[self._joints.positions]),
            np.array(data.qvel[self._joints.velocities]),
            self._render() if cameras else {}, scene.poses())

    def write(self, action: NDArray[np.float64]) -> None:
        """Apply one action for one control step (0.05 s of simulated time).

        Args:
            action: Shape (7,), within -1..1.

        Raises:
            DriverError: Wrong shape or range, nothing is connected, or the simulation diverged.
        """
        env, _ = self._connected()
        action = np.asarray(action, dtype=np.float64)
        if action.shape != (len(ACTION_NAMES),) or not (np.abs(action) <= 1).all():
            raise DriverError(f'action must be {len(ACTION_NAMES)} values within -1..1 '
                              f'({" ".join(ACTION_NAMES)}), got {action.tolist()}')
        env.step(action)
        self._gripper = float(action[-1])
        if not np.isfinite(env.sim.data.qpos).all():
            raise DriverError('the simulation diverged: a joint position is not finite; reset')

    def hold(self) -> None:
        """Let one control step pass without motion, gripper as last commanded."""
        self.write(np.array([0.0] * 6 + [self._gripper]))

    def path(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Way of the end effector from the last reading on [m], shape (N, 3), for rows (N, 7)."""
        position, velocity = self._eef_motion
        return end_effector_path(position, velocity,
                                 np.asarray(rows, dtype=np.float64), 1 / RATE)

    def stop(self) -> None:
        """Do nothing: the simulated world stands still between the steps."""

    def success(self) -> bool:
        """Whether LIBERO's own goal check holds now."""
        env, _ = self._connected()
        return bool(env._check_success())

    def disconnect(self) -> None:
        """Let go of simulator and OpenGL; call it on the thread that rendered."""
        if self._renderer:
            self._renderer.close()
        if self._env:
            self._env.close()
        self._renderer = self._env = self._task = self._scene = None

    def _connected(self) -> tuple[Any, Task]:
        if self._env is None or self._task is None:
            raise DriverError('libero: not connected; call connect first')
        return self._env, self._task

    def _find_cameras(self) -> dict[str, int]:
        """Camera name -> the scene's camera number."""
        model = self._env.sim.model._model
        scene = {model.camera(k).name: k for k in range(model.ncam)}
        known = {**{ours: scene[theirs] for ours, theirs in CAMERAS.items()}, **scene}
        for name in self._cameras:
            if name not in known:
                raise DriverError(f'camera {name!r} is unknown; choose from {", ".join(known)}')
        return {name: known[name] for name in self._cameras}

    def _render(self) -> dict[str, NDArray[np.uint8]]:
        sim = self._env.sim
        if self._renderer is None and self._camera_ids:
            self._renderer = Renderer(sim.model._model, self._image_size, fast=self._fast_render)
        assert self._renderer or not self._camera_ids
        return {name: self._renderer.render(sim.data._data, number)
                for name, number in self._camera_ids.items() if self._renderer}


class _JointAddresses:
    """Where joints and fingers are in the simulator's position and velocity vectors."""

    def __init__(self, robot: Any) -> None:
        self.positions = [*robot._ref_joint_pos_indexes, *robot._ref_gripper_joint_pos_indexes]
        self.velocities = [*robot._ref_joint_vel_indexes, *robot._ref_gripper_joint_vel_indexes]


def _make_env(task: Task) -> Any:
    """Make the robosuite environment without cameras and without any observation of its own."""
    from libero.libero.envs.env_wrapper import ControlEnv
    with installation.quiet():
        env = ControlEnv(str(task.bddl_file), use_camera_obs=False, has_offscreen_renderer=False,
                         control_freq=RATE, ignore_done=True, hard_reset=False).env
    for name in env.observation_names:
        env.modify_observable(name, 'enabled', False)
        env.modify_observable(name, 'active', False)
    return env


def _reset(env: Any, seed: int) -> None:
    """Reset the world without loading it anew; equal to LIBERO's reset with loading.

    LIBERO's own ``ControlEnv.reset`` repeats itself for ever on any error, so it is not used.
    """
    from robosuite.utils.errors import RandomizationError
    np.random.seed(seed)
    for _ in range(_PLACEMENT_ATTEMPTS):
        try:
            env.reset()
        except RandomizationError:     # objects did not fit; LIBERO tries again, too
            continue
        gripper = env.robots[0].gripper
        gripper.current_action = np.zeros(gripper.dof)
        return
    raise DriverError(f'LIBERO found no place for the objects in {_PLACEMENT_ATTEMPTS} attempts; '
                      'use another seed')


def _goal_text(env: Any) -> str:
    """Goal predicates as in the task's description, e.g. (and (in soup_1 basket_1_region))."""
    predicates = ' '.join(f'({" ".join(p)})' for p in env.parsed_problem['goal_state'])
    return f'(and {predicates})'
