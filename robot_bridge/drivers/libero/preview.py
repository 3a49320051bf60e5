"""Where actions lead: the end effector's way under LIBERO's OSC_POSE controller."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

GOAL_PER_UNIT = 0.05
"""Distance of the controller's goal from the end effector per unit of action [m]."""
STIFFNESS = 150.0
"""The controller's kp; it is critically damped [1/s^2]."""


def end_effector_path(position: Array, velocity: Array, rows: Array, step: float) -> Array:
    """Follow actions from where the end effector is, as if nothing were in its way.

    Each step the controller pulls like a critically damped spring towards a goal that lies
    ahead of where the step begins.

    Args:
        position: [m], shape (3,).
        velocity: [m/s], shape (3,).
        rows: Actions whose first three columns are x y z, shape (N, D).
        step: Control step [s].

    Returns:
        Positions after each row [m], shape (N, 3).
    """
    w = np.sqrt(STIFFNESS)
    decay = np.exp(-w * step)
    path = np.empty((len(rows), 3))
    for k, row in enumerate(rows):
        error = -GOAL_PER_UNIT * row[:3]
        rate = velocity + w * error
        position = position - error + (error + rate * step) * decay
        velocity = (velocity - w * rate * step) * decay
        path[k] = position
    return path
