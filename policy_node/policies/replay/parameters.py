"""Parameters of the replay policy, in one table."""

from __future__ import annotations

from dataclasses import dataclass

from segue_core.parameters import param


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Parameters ``replay.*`` of policy_node."""

    path: str = param('', 'Folder of a LeRobot dataset (v2.1 or v3.0), or a bag.')
    episode: int = param(0, 'Which episode of the dataset, or session of the bag, from 0.', low=0,
                         high=10**9)
    start: int = param(0, 'First action that is replayed.', unit='control steps', low=0,
                       high=10**9)
    max_frames: int = param(10000, 'How many actions are replayed; then the last one is held.',
                            unit='control steps', low=1, high=10**9)
    columns: tuple[str, ...] = param(
        (), 'What the recording calls each of contract.actions; the same names when empty.')
    topic: str = param('commanded_joint_states', 'Topic of the actions in a bag.')
