"""How the end effector follows OSC_POSE actions: a small model calibrated against the simulator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm
from scipy.spatial.transform import Rotation

Array = NDArray[np.float64]

STEP = 0.05
"""Control step [s]."""
POSITION_SCALE = 0.05
"""Distance of the controller's goal per unit of action [m]."""
ROTATION_SCALE = 0.5
"""Angle of the controller's goal per unit of action [rad]."""


def _transition(stiffness: float, damping: float) -> Array:
    """What one control step makes of (distance to the goal, velocity)."""
    return np.asarray(expm(np.array([[0.0, 1.0], [-stiffness, -damping]]) * STEP))


# The controller's own gains: kp 150, critically damped. Positions follow within 3 mm in 0.5 s.
_MOVE = _transition(150.0, 2 * np.sqrt(150.0))
# Fitted: rotations couple with the arm's inertia and follow more slowly.
_TURN = _transition(36.0, 9.6)


@dataclass(frozen=True, slots=True)
class Arm:
    """State of the end effector.

    Attributes:
        position: [m], shape (3,).
        rotation: Of the hand.
        velocity: [m/s], shape (3,).
        spin: Angular velocity in the world frame [rad/s], shape (3,).
    """

    position: Array
    rotation: Rotation
    velocity: Array
    spin: Array

    def step(self, action: Array) -> Arm:
        """State one control step later.

        Args:
            action: x y z rx ry rz gripper, shape (7,), within -1..1.
        """
        goal, turn = POSITION_SCALE * action[:3], ROTATION_SCALE * action[3:6]
        left, velocity = _MOVE @ np.stack([-goal, self.velocity])
        left_turn, spin = _TURN @ np.stack([-turn, self.spin])
        return Arm(self.position + goal + left,
                   Rotation.from_rotvec(turn + left_turn) * self.rotation, velocity, spin)
