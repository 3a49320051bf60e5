"""What the expert knows of one instant: poses and shapes of all frames in the world frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from policy_node.policy import PolicyError

Array = NDArray[np.float64]

FEATURES = ('object_poses', 'scene', 'goal', 'eef_pose')
_REGION = '_region'


@dataclass(frozen=True, slots=True)
class World:
    """One observation.

    Attributes:
        poses: Frame -> (7,) x y z qx qy qz qw [m, -].
        shapes: Frame -> points in its own frame [m], shape (N, 3).
        eef_position: Point between the fingertips [m], shape (3,).
        eef_rotation: Hand: z points out of it, the fingers open along y.
    """

    poses: Mapping[str, Array]
    shapes: Mapping[str, Array]
    eef_position: Array
    eef_rotation: Rotation

    @classmethod
    def from_features(cls, features: Mapping[str, Any]) -> World:
        """Take what is needed from an observation's features.

        Raises:
            PolicyError: The end effector's pose is no pose.
        """
        eef = np.asarray(features['eef_pose'], dtype=np.float64)
        if eef.shape != (7,) or not np.isfinite(eef).all() or not eef[3:].any():
            raise PolicyError('feature eef_pose must be x y z qx qy qz qw, '
                              f'got {eef.tolist()}')
        return cls(features['object_poses'], features['scene'], eef[:3].copy(),
                   Rotation.from_quat(eef[3:]))

    def position(self, frame: str) -> Array:
        """Origin of a frame [m], shape (3,).

        Raises:
            PolicyError: There is no such frame.
        """
        if frame not in self.poses:
            raise PolicyError(f'the goal speaks of {frame!r}, feature object_poses has: '
                              f'{", ".join(sorted(self.poses))}')
        return np.asarray(self.poses[frame], dtype=np.float64)[:3]

    def points(self, frame: str) -> Array:
        """Collision geometry of a frame [m], shape (N, 3); N is 0 when it has none."""
        position = self.position(frame)
        if frame not in self.shapes:
            return np.empty((0, 3))
        rotation = Rotation.from_quat(self.poses[frame][3:])
        return np.asarray(rotation.apply(self.shapes[frame]) + position, dtype=np.float64)

    def obstacles(self, thing: str) -> Array:
        """Points of everything solid but one thing [m], shape (N, 3)."""
        return np.concatenate([np.empty((0, 3)), *(
            self.points(frame) for frame in self.shapes
            if frame != thing and not frame.endswith(_REGION) and frame in self.poses)])

    def owner(self, frame: str) -> str | None:
        """Body that a region belongs to, itself for a body, None for a region of the table."""
        if not frame.endswith(_REGION):
            return frame
        bodies = [body for body in self.shapes
                  if frame.startswith(f'{body}_') and not body.endswith(_REGION)]
        return max(bodies, key=len, default=None)
