"""Where to grasp an object with two fingers from above, from its collision geometry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MAX_WIDTH = 0.075
"""Widest thing that fits between the open fingers [m]."""
_DEPTH = 0.035
"""How far below an object's top the fingertips go [m]."""
_FLOOR_CLEARANCE = 0.008
_SLICE = 0.02
"""Half thickness of the layer that the fingers touch [m]."""
_SHIFTS = (0.0, 0.015, -0.015)
"""Offsets of a pinch across the finger axis that are tried [m]."""
_TURNING = 0.02
"""What turning the hand costs, in width of the pinch [m/rad]: the controller lets a hand that turns
drift by some centimetres."""
_HAND_HALF_LENGTH, _HAND_HALF_WIDTH = 0.11, 0.04
_RIM_INSET = 0.008
_RIM_DEPTH = 0.022
_RIM_RADIUS = 0.025
_REACH = 0.1
"""Obstacles farther from a rim grasp than this do not matter [m]."""
COMFORTABLE_REACH = 0.70
"""Horizontal distance from the robot's base beyond which its elbow is nearly straight [m]."""
_NEIGHBOURHOOD = 0.3
"""Obstacles farther from the object than this are not looked at [m]."""


@dataclass(frozen=True, slots=True)
class Grasp:
    """A grasp from above.

    Attributes:
        position: Point between the fingertips [m], shape (3,).
        finger_axis: Horizontal direction in which the fingers close, unit vector, shape (2,).
    """

    position: Array
    finger_axis: Array


def plan_grasp(points: Array, obstacles: Array, finger_axis: Array, base: Array) -> Grasp:
    """Find the best grasp: a pinch across the thinnest part, else one of the rim.

    Args:
        points: The object [m], shape (N, 3), N >= 1.
        obstacles: What the hand must not hit [m], shape (M, 3).
        finger_axis: Horizontal direction of the finger axis now, shape (2,); near it is better.
        base: Where the robot stands [m], shape (2,); far from it is worse.
    """
    top, bottom = points[:, 2].max(), points[:, 2].min()
    height = max(bottom + _FLOOR_CLEARANCE, top - _DEPTH)
    far = np.linalg.norm(obstacles[:, :2] - points[:, :2].mean(axis=0), axis=1)
    obstacles = obstacles[(far < _NEIGHBOURHOOD) & (obstacles[:, 2] > min(height, top - _DEPTH))]
    layer = points[np.abs(points[:, 2] - height) < _SLICE, :2]
    if not len(layer):
        layer = points[:, :2]
    yaw = np.arctan2(finger_axis[1], finger_axis[0])
    width, centre, axis = _best_pinch(layer, obstacles, height, yaw)
    if width < MAX_WIDTH:
        return Grasp(np.array([*centre, height]), axis)
    return _best_rim(points, obstacles, centre, yaw, base)


def _best_pinch(layer: Array, obstacles: Array, height: float, yaw: float
                ) -> tuple[float, Array, Array]:
    """Cheapest pinch as (width [m], centre (2,), finger axis (2,))."""
    best: tuple[float, float, Array, Array] | None = None
    for turn in np.radians(np.arange(-90, 91, 5)):
        along, across = _axes(yaw + turn)
        a, b = layer @ along, layer @ across
        width = float(np.ptp(a))
        middle = along * (a.max() + a.min()) / 2 + across * (b.max() + b.min()) / 2
        for shift in _SHIFTS:
            centre = middle + shift * across
            cost = (width + _TURNING * abs(turn) + abs(shift) + 0.1 * (width > MAX_WIDTH)
                    + 0.06 * _hits_hand(centre, along, obstacles, height + 0.03))
            if best is None or cost < best[0]:
                best = (cost, width, centre, along)
    assert best is not None
    return best[1:]


def _best_rim(points: Array, obstacles: Array, centre: Array, yaw: float, base: Array) -> Grasp:
    """One finger inside, one outside of the wall, away from neighbours."""
    top = points[:, 2].max()
    high = obstacles[obstacles[:, 2] > top - 0.03, :2]
    best: tuple[float, Array, Array] | None = None
    for turn in np.radians(np.arange(-90, 91, 15)):
        for side in (1.0, -1.0):
            outward = side * _axes(yaw + turn)[0]
            reach = (points[:, :2] @ outward).max() - centre @ outward
            position = centre + outward * (reach - _RIM_INSET)
            clear = np.linalg.norm(high - (position + outward * 0.04), axis=1).min(initial=_REACH)
            stretched = max(0.0, float(np.linalg.norm(position - base)) - COMFORTABLE_REACH)
            cost = (0.02 * abs(turn) - clear + stretched
                    + 0.1 * _hits_hand(position, outward, obstacles, top + 0.012))
            if best is None or cost < best[0]:
                best = (cost, position, outward)
    assert best is not None
    _, position, outward = best
    near = np.linalg.norm(points[:, :2] - position, axis=1) < _RIM_RADIUS
    local_top = points[near, 2].max(initial=points[:, 2].min()) if near.any() else top
    return Grasp(np.array([*position, local_top - _RIM_DEPTH]), outward)


def _axes(yaw: float) -> tuple[Array, Array]:
    """Unit vector at an angle and the one across."""
    along = np.array([np.cos(yaw), np.sin(yaw)])
    return along, np.array([-along[1], along[0]])


def _hits_hand(centre: Array, along: Array, obstacles: Array, height: float) -> bool:
    """Whether something higher than the fingers stands under the hand's outline."""
    offset = obstacles[obstacles[:, 2] > height, :2] - centre
    across = np.array([-along[1], along[0]])
    return bool(((np.abs(offset @ along) < _HAND_HALF_LENGTH)
                 & (np.abs(offset @ across) < _HAND_HALF_WIDTH)).any())
