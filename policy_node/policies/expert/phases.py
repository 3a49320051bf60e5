"""The phases of a pick and place, as a pure state machine over the modelled arm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from policy_node.policies.expert.arm import POSITION_SCALE, ROTATION_SCALE, Arm
from policy_node.policies.expert.plan import APPROACH_HEIGHT, Plan

Array = NDArray[np.float64]

GAIN = 1.5
"""Commanded distance over remaining distance."""
MAX_CHANGE = 0.3
"""Largest change of a motion column from one step to the next, so that turns are smooth."""
OPEN, CLOSED = -1.0, 1.0
_ALIGNED = 0.08
"""Remaining turn that ends the approach [rad]."""
_STRAIGHT = 0.01
_FUNNEL = 3.0
"""Going down, the fingertips stay this much higher per horizontal error beyond `_STRAIGHT`."""


class Phase(IntEnum):
    """What the arm is doing."""

    APPROACH = 0
    DESCEND = 1
    CLOSE = 2
    LIFT = 3
    TRANSFER = 4
    LOWER = 5
    RELEASE = 6
    RETREAT = 7
    DONE = 8


CARRYING = frozenset({Phase.LIFT, Phase.TRANSFER, Phase.LOWER})
_GRIPPER_CLOSED = CARRYING | {Phase.CLOSE}
# Distance [m] at which a phase ends; phases without one last their number of steps.
_TOLERANCE = {Phase.APPROACH: 0.012, Phase.DESCEND: 0.006, Phase.LIFT: 0.012,
              Phase.TRANSFER: 0.012, Phase.LOWER: 0.012}
_MAX_STEPS = {Phase.APPROACH: 60, Phase.DESCEND: 40, Phase.CLOSE: 12, Phase.LIFT: 40,
              Phase.TRANSFER: 60, Phase.LOWER: 40, Phase.RELEASE: 9, Phase.RETREAT: 14}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a plan is.

    Attributes:
        plan: What is being done.
        phase: Current phase.
        steps: Control steps spent in it.
        motion: Columns x y z rx ry rz of the action before, shape (6,).
    """

    plan: Plan
    motion: Array
    phase: Phase = Phase.APPROACH
    steps: int = 0

    def enter(self, phase: Phase) -> Progress:
        """Begin a phase."""
        return replace(self, phase=phase, steps=0)


@dataclass(frozen=True, slots=True)
class Moving:
    """What moves: the arm and the thing.

    Attributes:
        arm: End effector.
        thing: Position of the thing to place [m], shape (3,).
    """

    arm: Arm
    thing: Array

    def step(self, action: Array, carried: bool) -> Moving:
        """State one control step later; a carried thing moves with the arm."""
        arm = self.arm.step(action)
        return Moving(arm, self.thing + (arm.position - self.arm.position if carried else 0.0))


def advance(progress: Progress, moving: Moving, target: Array) -> tuple[Array, Progress]:
    """Decide one control step.

    Args:
        progress: How far the plan is.
        moving: Arm and thing before the step.
        target: Where the thing belongs [m], shape (3,).

    Returns:
        The action, shape (7,), and the progress after it.
    """
    phase, arm = progress.phase, moving.arm
    error = _destination(progress, moving, target) - arm.position
    turn = (progress.plan.hand * arm.rotation.inv()).as_rotvec()
    wanted = np.clip(np.concatenate([error * (GAIN / POSITION_SCALE), turn / ROTATION_SCALE]),
                     -1, 1)
    motion = np.clip(wanted, progress.motion - MAX_CHANGE, progress.motion + MAX_CHANGE)
    action = np.append(motion, CLOSED if phase in _GRIPPER_CLOSED else OPEN)
    progress = replace(progress, motion=motion)
    if phase is Phase.DONE:
        return action, progress
    steps = progress.steps + 1
    reached = float(np.linalg.norm(error)) < _TOLERANCE.get(phase, 0.0)
    if phase is Phase.APPROACH:
        reached = reached and float(np.linalg.norm(turn)) < _ALIGNED
    if reached or steps >= _MAX_STEPS[phase]:
        return action, progress.enter(Phase(phase + 1))
    return action, replace(progress, steps=steps)


def _destination(progress: Progress, moving: Moving, target: Array) -> Array:
    """Where the fingertips should be [m], shape (3,)."""
    plan, here = progress.plan, moving.arm.position
    over_target = here[:2] + (target - moving.thing)[:2]     # moves the thing over the target
    match progress.phase:
        case Phase.APPROACH:
            return np.asarray(plan.grasp + [0.0, 0.0, APPROACH_HEIGHT])
        case Phase.DESCEND:
            return _funnel(plan.grasp, here)
        case Phase.CLOSE:
            return plan.grasp
        case Phase.LIFT:
            return np.array([*plan.grasp[:2], plan.carry_height])
        case Phase.TRANSFER:
            return np.array([*over_target, plan.carry_height])
        case Phase.LOWER:
            return _funnel(np.array([*over_target, plan.release_height]), here)
        case Phase.RETREAT:
            return np.asarray(here + [0.0, 0.0, 0.02])
        case _:
            return here


def _funnel(destination: Array, here: Array) -> Array:
    """Come down only as far as the horizontal error allows."""
    error = float(np.linalg.norm((destination - here)[:2]))
    return np.asarray(destination + [0.0, 0.0, _FUNNEL * max(0.0, error - _STRAIGHT)])
