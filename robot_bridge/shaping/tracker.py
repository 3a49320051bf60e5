"""Columns with acceleration or jerk limits follow a moving target, one tick at a time (ruckig)."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_bridge.shaping.errors import ShapingError
from segue_core.arrays import all_true, within

try:
    from ruckig import (
        ControlInterface,
        InputParameter,
        Ruckig,
        RuckigError,
        Synchronization,
        Trajectory,
    )
except ImportError as error:    # without limits on acceleration and jerk nothing needs it
    _missing: ImportError | None = error
else:
    _missing = None

Vector = NDArray[np.float64]
Motion = NDArray[np.float64]
"""Position, velocity and acceleration of K columns, shape (3, K)."""

CATCH_UP = 0.99
"""Largest share of the velocity limit at which a target is followed: the rest catches up."""
FORESIGHT = 1000.0
"""How long a way is planned when the whole one is too long [s]."""
NO_BOUND = 1e30
"""Beyond every range, and finite: 0 times it is 0."""
RANGE_TOLERANCE = 1e-9
"""By how much a stop may end outside the range [column's unit]: rounding."""


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

    Raises:
        ShapingError: ruckig is not installed.
    """

    def __init__(self, limits: TrackedLimits, tick_ns: int) -> None:
        if _missing:
            raise ShapingError(f'limits on acceleration and jerk need ruckig ({_missing}): pip '
                               'install ruckig')
        columns = len(limits.velocity)
        self._limits = limits
        self._tick_s = tick_ns * 1e-9
        self._ruckig = Ruckig(columns)
        unit = _planning_unit(limits)
        # Of the shapes of what they are multiplied with: broadcasting takes twice as long.
        self._unit, self._per_unit = np.tile(unit, (3, 1)), np.tile(1.0 / unit, (5, 1))
        self._tick = np.full(columns, self._tick_s)
        self._pursuit, self._stop = (_input(limits, 1.0 / unit) for _ in range(2))
        self._stop.control_interface = ControlInterface.Velocity
        self._trajectory = Trajectory(columns)
        self._fastest, self._slowest = limits.velocity, -limits.velocity
        self._followed_up, self._followed_down = CATCH_UP * self._fastest, CATCH_UP * self._slowest
        self._frame = np.zeros((3, columns))
        self._start = np.zeros((5, columns))
        self._start_motion, self._start_fastest, self._start_slowest = (
            self._start[:3], self._start[3], self._start[4])
        self._planned = np.zeros((3, columns))
        self._planned_bytes, self._values = self._planned.data, Struct(f'{3 * columns}d')
        self._lower, self._upper = limits.lower - RANGE_TOLERANCE, limits.upper + RANGE_TOLERANCE
        self._reach = _reach_bound(limits)
        with np.errstate(over='ignore', invalid='ignore'):
            farthest = self._reach[0] * limits.velocity + self._reach[1] * limits.acceleration
            # Where a column may be at any speed; nan, which nothing is within, without a bound.
            self._inner_lower, self._inner_upper = self._lower + farthest, self._upper - farthest
        self._is_within = False   # whether the state keeps the limits: they may be new

    def step(self, motion: Motion, target: Vector, velocity: Vector) -> Motion:
        """State one tick later.

        Args:
            motion: State now.
            target: Where to be one tick later, shape (K,) [column's unit].
            velocity: Where the target is going, shape (K,) [column's unit per s].
        """
        pursued = self._pursue(motion, target, velocity)
        if pursued is None:
            pursued = self._pursue(motion, self._foreseeable(motion, target),
                                   np.zeros_like(velocity))
        if pursued is None:
            return self._stay_safe(motion)
        if self._is_within and self._stops_in_range_surely(pursued):
            return pursued
        self._is_within = (all_true(np.abs(pursued[1]) <= self._limits.velocity)
                           and all_true(np.abs(pursued[2]) <= self._limits.acceleration))
        stops = self._stopping_range(pursued)
        if stops is None:
            return self._stay_safe(motion)
        if all_true(stops[0] >= self._lower) and all_true(stops[1] <= self._upper):
            return pursued
        return self._stay_safe(motion, pursued, stops)

    def _pursue(self, motion: Motion, target: Vector, velocity: Vector) -> Motion | None:
        """State after one step towards the target; None when ruckig finds no way."""
        frame, start, plan = self._frame, self._start, self._pursuit
        velocity = within(velocity, self._followed_down, self._followed_up)
        frame[0] = target - velocity * self._tick
        frame[1] = velocity
        np.subtract(motion, frame, self._start_motion)
        np.subtract(self._fastest, velocity, self._start_fastest)
        np.subtract(self._slowest, velocity, self._start_slowest)
        np.multiply(start, self._per_unit, start)
        (plan.current_position, plan.current_velocity, plan.current_acceleration,
         plan.max_velocity, plan.min_velocity) = start.tolist()
        if not self._plan(plan):
            return None
        frame[0] = target
        state = self._state()
        state += frame
        return state

    def _foreseeable(self, motion: Motion, target: Vector) -> Vector:
        """The target, or what is on the way there: ruckig refuses plans of more than 7600 s."""
        way = FORESIGHT * self._limits.velocity
        return within(target, motion[0] - way, motion[0] + way)

    def _stops_in_range_surely(self, motion: Motion) -> bool:
        """Whether a bound on the way to a stop leaves no doubt; much faster than to plan it.

        Args:
            motion: Within the limits on velocity and acceleration.
        """
        position = motion[0]
        if all_true(position >= self._inner_lower) and all_true(position <= self._inner_upper):
            return True
        way = np.abs(motion[1:]) * self._reach
        room = np.minimum(position - self._lower, self._upper - position)
        return all_true(way[0] + way[1] <= room)

    def _stopping_range(self, motion: Motion) -> tuple[Vector, Vector] | None:
        """Smallest and largest position of the shortest stop; None when ruckig finds none.

        The stop stays in ``self._trajectory``, relative to the position.
        """
        plan = self._stop
        plan.current_velocity, plan.current_acceleration = (
            motion[1:] * self._per_unit[1:3]).tolist()
        if not self._plan(plan):
            return None
        extrema = self._trajectory.position_extrema
        return (motion[0] + self._unit[0] * np.array([e.min for e in extrema]),
                motion[0] + self._unit[0] * np.array([e.max for e in extrema]))

    def _stay_safe(self, motion: Motion, pursued: Motion | None = None,
                   stops: tuple[Vector, Vector] | None = None) -> Motion:
        """State after one step of the shortest stop, or of the pursuit where it stays safe.

        Args:
            motion: State now.
            pursued: State after a step of the pursuit; None without.
            stops: Range of the shortest stop from ``pursued``.
        """
        inevitable = self._stopping_range(motion)
        if inevitable is None:
            return np.stack([motion[0], *np.zeros((2, motion.shape[1]))])
        stopping = self._state()
        stopping[0] += motion[0]
        if pursued is None or stops is None:
            return stopping
        safe = ((stops[0] >= np.minimum(self._lower, inevitable[0]))
                & (stops[1] <= np.maximum(self._upper, inevitable[1])))
        return np.where(safe, pursued, stopping)

    def _plan(self, plan: InputParameter) -> bool:
        try:
            self._ruckig.calculate(plan, self._trajectory)
        except (RuckigError, ValueError):   # ValueError: a result that its Python enum lacks
            return False
        return True

    def _state(self) -> Motion:
        """State of the trajectory after one tick."""
        position, velocity, acceleration = self._trajectory.at_time(self._tick_s)
        # In a third of the time that numpy takes to make an array of lists:
        self._values.pack_into(self._planned_bytes, 0, *position, *velocity, *acceleration)
        return self._planned * self._unit


def _input(limits: TrackedLimits, per_unit: Vector) -> InputParameter:
    plan = InputParameter(len(limits.velocity))
    plan.synchronization = Synchronization.No
    plan.max_velocity = (limits.velocity * per_unit).tolist()
    plan.max_acceleration = (limits.acceleration * per_unit).tolist()
    plan.max_jerk = (limits.jerk * per_unit).tolist()
    return plan


def _planning_unit(limits: TrackedLimits) -> Vector:
    """Unit to plan each column in, shape (K,) [column's unit].

    ruckig's precision is absolute (1e-8), so that it fails on large numbers such as percent or
    millimetres: limits are brought near 1. A power of two makes the conversion exact.
    """
    typical = np.log2(np.stack([limits.velocity, limits.acceleration / 10.0, limits.jerk / 200.0]))
    return np.exp2(np.round(np.nanmean(np.where(np.isfinite(typical), typical, np.nan), axis=0)))


def _reach_bound(limits: TrackedLimits) -> NDArray[np.float64]:
    """Factors of |velocity| and |acceleration|, shape (2, K), whose sum bounds the way to a stop.

    With |v| <= V and |a| <= A the speed rises to at most ``s = |v| + |a| A / 2J`` before it falls;
    that takes at most A/J, the fall ``s/A + A/J`` at the mean speed s/2.
    """
    velocity, acceleration, jerk = limits[2:]
    with np.errstate(invalid='ignore'):
        ramp = acceleration / jerk
        factor = 1.5 * ramp + 0.5 * velocity / acceleration
        factors = np.stack([factor, factor * 0.5 * ramp])
    return np.where(np.isfinite(factors), factors, NO_BOUND)   # not all three limits
