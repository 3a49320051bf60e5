"""Columns with acceleration or jerk limits follow a moving target, one tick at a time (ruckig)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from ruckig import (
    ControlInterface,
    InputParameter,
    Ruckig,
    RuckigError,
    Synchronization,
    Trajectory,
)

Vector = NDArray[np.float64]

CATCH_UP = 0.99
"""Largest share of the velocity limit at which a target is followed: the rest catches up."""
RANGE_TOLERANCE = 1e-9
"""By how much a stop may end outside the range [column's unit]: rounding."""


class Motion(NamedTuple):
    """State of K columns; each array has shape (K,)."""

    position: Vector
    velocity: Vector
    acceleration: Vector


class TrackedLimits(NamedTuple):
    """Limits of K columns, each of shape (K,); all but the range > 0.

    For each column acceleration or jerk is finite; everything else may be infinite.
    """

    lower: Vector
    upper: Vector
    velocity: Vector
    acceleration: Vector
    jerk: Vector


class Tracker:
    """Time-optimal pursuit of a moving target under limits, each column on its own.

    Each tick plans in the frame that moves with the target: to be at rest there is to follow it,
    without lag, as long as the limits allow. Velocity limits are shifted into that frame,
    acceleration and jerk are the same in both. One step of the plan is made, then it is replanned.

    ruckig (community version) knows no position limits. They are kept by an invariant instead:
    from every state that is entered, the shortest stop ends within the range. A step that would
    lose it is replaced by a step of that stop. Outside the range (a start outside, a limit that
    was tightened) no step may lead to a stop further out.

    Args:
        limits: Of the K columns.
        tick_ns: Spacing of the ticks [ns].
    """

    def __init__(self, limits: TrackedLimits, tick_ns: int) -> None:
        columns = len(limits.velocity)
        self._limits = limits
        self._tick_s = tick_ns * 1e-9
        self._ruckig = Ruckig(columns)
        self._pursuit, self._stop = (_input(limits) for _ in range(2))
        self._stop.control_interface = ControlInterface.Velocity
        self._trajectory = Trajectory(columns)
        self._followed = CATCH_UP * limits.velocity
        self._least_upper = limits.upper + RANGE_TOLERANCE
        self._most_lower = limits.lower - RANGE_TOLERANCE

    def step(self, motion: Motion, target: Vector, velocity: Vector) -> Motion:
        """State one tick later.

        Args:
            motion: State now.
            target: Where to be one tick later, within the range, shape (K,) [column's unit].
            velocity: Where the target is going, shape (K,) [column's unit per s].
        """
        pursued = self._pursue(motion, target, velocity)
        reach = self._stopping_range(pursued) if pursued is not None else None
        if pursued is None or reach is None:
            return self._stay_safe(motion)
        if (reach[0] >= self._most_lower).all() and (reach[1] <= self._least_upper).all():
            return pursued
        return self._stay_safe(motion, pursued, reach)

    def _pursue(self, motion: Motion, target: Vector, velocity: Vector) -> Motion | None:
        """One step towards the target; None when ruckig finds no way."""
        plan = self._pursuit
        velocity = np.minimum(np.maximum(velocity, -self._followed), self._followed)
        plan.current_position = (motion.position - target + velocity * self._tick_s).tolist()
        plan.current_velocity = (motion.velocity - velocity).tolist()
        plan.current_acceleration = motion.acceleration.tolist()
        plan.max_velocity = (self._limits.velocity - velocity).tolist()
        plan.min_velocity = (-self._limits.velocity - velocity).tolist()
        if not self._plan(plan):
            return None
        state = self._state()
        state[0] += target
        state[1] += velocity
        return Motion(*state)

    def _stopping_range(self, motion: Motion) -> tuple[Vector, Vector] | None:
        """Smallest and largest position of the shortest stop; None when ruckig finds none.

        The stop stays in ``self._trajectory``, relative to the position.
        """
        plan = self._stop
        plan.current_velocity = motion.velocity.tolist()
        plan.current_acceleration = motion.acceleration.tolist()
        if not self._plan(plan):
            return None
        extrema = self._trajectory.position_extrema
        return (motion.position + np.array([e.min for e in extrema]),
                motion.position + np.array([e.max for e in extrema]))

    def _stay_safe(self, motion: Motion, pursued: Motion | None = None,
                   reach: tuple[Vector, Vector] | None = None) -> Motion:
        """One step of the shortest stop, but the pursuit where it stays safe.

        Args:
            motion: State now.
            pursued: State after a step of the pursuit; None without.
            reach: Where the shortest stop from ``pursued`` goes.
        """
        inevitable = self._stopping_range(motion)
        if inevitable is None:
            return Motion(motion.position, *np.zeros((2, len(motion.position))))
        state = self._state()
        state[0] += motion.position
        if pursued is None or reach is None:
            return Motion(*state)
        safe = ((reach[0] >= np.minimum(self._most_lower, inevitable[0]))
                & (reach[1] <= np.maximum(self._least_upper, inevitable[1])))
        return Motion(*np.where(safe, np.stack(pursued), state))

    def _plan(self, plan: InputParameter) -> bool:
        try:
            self._ruckig.calculate(plan, self._trajectory)
        except RuckigError:
            return False
        return True

    def _state(self) -> Vector:
        """State of the trajectory after one tick, shape (3, K)."""
        return np.array(self._trajectory.at_time(self._tick_s))


def _input(limits: TrackedLimits) -> InputParameter:
    plan = InputParameter(len(limits.velocity))
    plan.synchronization = Synchronization.No
    plan.max_velocity = limits.velocity.tolist()
    plan.max_acceleration = limits.acceleration.tolist()
    plan.max_jerk = limits.jerk.tolist()
    return plan
