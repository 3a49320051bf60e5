"""One pick and place as geometry: where to grasp, how high to carry, where to let go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from policy_node.policies.expert.goal import Placement
from policy_node.policies.expert.grasp import plan_grasp
from policy_node.policies.expert.world import World, is_region
from policy_node.policy import PolicyError

Array = NDArray[np.float64]

APPROACH_HEIGHT = 0.10
CARRY_CLEARANCE = 0.04
"""Thing's lowest point over everything on its way [m]; much more would overstretch the arm."""
DROP_HEIGHT = 0.09
"""Fingertips over a container's rim when letting go [m]."""
SET_DOWN_CLEARANCE = 0.012
"""Object's lowest point over its support when letting go [m]."""
_ON_TOLERANCE = 0.03
_SUPPORT_RADIUS = 0.05
_WAY_RADIUS = 0.12
"""Half width of the way that the hand and the thing take [m]."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to do one placement.

    Attributes:
        placement: What to do.
        thing_position: Where the thing stood when planning [m], shape (3,).
        grasp: Point between the fingertips [m], shape (3,).
        hand: Rotation of the hand from grasp to release.
        carry_height: Height of the fingertips while carrying [m].
        release_height: Height of the fingertips when letting go [m].
    """

    placement: Placement
    thing_position: Array
    grasp: Array
    hand: Rotation
    carry_height: float
    release_height: float


def make_plan(world: World, placement: Placement) -> Plan:
    """Plan a placement.

    Raises:
        PolicyError: The thing or its target is unknown, or the thing has no shape.
    """
    points = world.points(placement.thing)
    if not len(points):
        raise PolicyError(f'feature scene has no points of {placement.thing!r}, so it cannot be '
                          f'grasped; it has: {", ".join(sorted(world.shapes))}')
    finger_axis = world.eef_rotation.apply([0.0, 1.0, 0.0])[:2]
    obstacles = world.obstacles(placement.thing)
    grasp = plan_grasp(points, obstacles, finger_axis, world.base())
    top = _top(world, placement)
    hanging = grasp.position[2] - points[:, 2].min()
    highest = _highest(obstacles, grasp.position[:2], world.position(placement.target)[:2])
    release = top + (DROP_HEIGHT if placement.relation == 'in' else hanging + SET_DOWN_CLEARANCE)
    return Plan(placement, world.position(placement.thing).copy(), grasp.position,
                _hand(grasp.finger_axis, finger_axis),
                max(highest, top, points[:, 2].min()) + hanging + CARRY_CLEARANCE, release)


def is_done(world: World, placement: Placement) -> bool:
    """Whether a thing lies where it belongs, as far as poses tell."""
    thing, target = world.position(placement.thing), world.position(placement.target)
    if not is_region(placement.target):
        return bool(np.linalg.norm(thing[:2] - target[:2]) < _ON_TOLERANCE
                    and thing[2] >= target[2])
    region = world.points(placement.target)
    low, high = region.min(axis=0, initial=np.inf), region.max(axis=0, initial=-np.inf)
    inside = (thing[:2] > low[:2]).all() and (thing[:2] < high[:2]).all()
    if placement.relation == 'in':
        return bool(inside and low[2] - 0.01 < thing[2] < high[2])
    return bool(inside and high[2] - 0.005 < thing[2] < high[2] + 0.1)


def _top(world: World, placement: Placement) -> float:
    """Height that the thing must come over: a container's rim, or the supporting surface [m]."""
    owner = world.owner(placement.target)
    solid = world.points(owner) if owner else np.empty((0, 3))
    target = world.position(placement.target)
    if not len(solid):
        return float(target[2])
    if placement.relation == 'on' and is_region(placement.target):
        near = np.linalg.norm(solid[:, :2] - target[:2], axis=1) < _SUPPORT_RADIUS
        solid = solid[near] if near.any() else solid
    return float(solid[:, 2].max())


def _highest(obstacles: Array, start: Array, end: Array) -> float:
    """Height of the highest obstacle on a straight way [m]; minus infinity without any."""
    way, offset = end - start, obstacles[:, :2] - start
    along = np.clip(offset @ way / max(way @ way, 1e-9), 0, 1)
    near = np.linalg.norm(offset - along[:, np.newaxis] * way, axis=1) < _WAY_RADIUS
    return float(obstacles[near, 2].max(initial=-np.inf))


def _hand(axis: Array, current: Array) -> Rotation:
    """Hand that points down with its fingers along an axis, turned as little as possible."""
    y = np.array([*(axis if axis @ current >= 0 else -axis), 0.0])
    z = np.array([0.0, 0.0, -1.0])
    return Rotation.from_matrix(np.stack([np.cross(y, z), y, z], axis=1))
