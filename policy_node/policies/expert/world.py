"""What the expert knows of one instant: poses and shapes of all frames in the world frame."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from policy_node.policies.expert.goal import Placement, parse_goal
from policy_node.policy import PolicyError

Array = NDArray[np.float64]

FEATURES = ('object_poses', 'scene', 'goal', 'eef_pose')
BASE = 'panda_link0'
"""Frame of the robot's base; without it the robot is taken to stand at the end effector."""
_OBJECT = re.compile(r'.*_\d+')
"""LIBERO numbers its objects; a target without a number is a region of one, or of the table."""


@dataclass(frozen=True, slots=True)
class World:
    """One observation.

    Attributes:
        poses: Frame -> (7,) x y z qx qy qz qw [m, -].
        shapes: Frame -> points in its own frame [m], shape (N, 3).
        eef_position: Point between the fingertips [m], shape (3,).
        eef_rotation: Hand: z points out of it, the fingers open along y.
        goal: What belongs where.
        wanted: What of it is to be done now.
    """

    poses: Mapping[str, Array]
    shapes: Mapping[str, Array]
    eef_position: Array
    eef_rotation: Rotation
    goal: tuple[Placement, ...]
    wanted: tuple[Placement, ...]

    @classmethod
    def from_features(cls, features: Mapping[str, Any], subtask: str = '') -> World:
        """Take what is needed from an observation's features.

        Args:
            features: As in `FEATURES`.
            subtask: What of the goal is to be done now, in the words of its placement; empty for
                everything.

        Raises:
            PolicyError: The end effector's pose is no pose, the goal cannot be done, or the subtask
                is not a part of it.
        """
        eef = np.asarray(features['eef_pose'], dtype=np.float64)
        if eef.shape != (7,) or not np.isfinite(eef).all() or not eef[3:].any():
            raise PolicyError('feature eef_pose must be x y z qx qy qz qw, '
                              f'got {eef.tolist()}')
        goal = parse_goal(str(features['goal']))
        wanted = tuple(p for p in goal if p.text == subtask) if subtask else goal
        if not wanted:
            raise PolicyError(f'subtask {subtask!r} is no part of the task; its parts are: '
                              f'{", ".join(p.text for p in goal)}')
        return cls(features['object_poses'], features['scene'], eef[:3].copy(),
                   Rotation.from_quat(eef[3:]), goal, wanted)

    def position(self, frame: str) -> Array:
        """Origin of a frame [m], shape (3,).

        Raises:
            PolicyError: There is no such frame.
        """
        if frame not in self.poses:
            raise PolicyError(f'the goal speaks of {frame!r}, feature object_poses has: '
                              f'{", ".join(sorted(self.poses))}')
        return np.asarray(self.poses[frame], dtype=np.float64)[:3]

    def base(self) -> Array:
        """Where the robot stands [m], shape (2,)."""
        return self.position(BASE)[:2] if BASE in self.poses else self.eef_position[:2]

    def points(self, frame: str) -> Array:
        """Collision geometry of a frame [m], shape (N, 3); N is 0 when it has none."""
        position = self.position(frame)
        if frame not in self.shapes:
            return np.empty((0, 3))
        rotation = Rotation.from_quat(self.poses[frame][3:])
        return np.asarray(rotation.apply(self.shapes[frame]) + position, dtype=np.float64)

    def obstacles(self, thing: str) -> Array:
        """Points of everything solid but one thing [m], shape (N, 3)."""
        regions = {p.target for p in self.goal if is_region(p.target)}
        return np.concatenate([np.empty((0, 3)), *(
            self.points(frame) for frame in self.shapes
            if frame != thing and frame not in regions and frame in self.poses)])

    def owner(self, target: str) -> str | None:
        """Body that a region belongs to, itself for a body, None for a region of the table."""
        if not is_region(target):
            return target
        return max((frame for frame in self.shapes if target.startswith(f'{frame}_')), key=len,
                   default=None)


def is_region(target: str) -> bool:
    """Whether the target of a placement is a region instead of an object."""
    return not _OBJECT.fullmatch(target)
