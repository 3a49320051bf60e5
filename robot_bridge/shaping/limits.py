"""Limits of the commanded motion, each column on its own."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from robot_bridge.shaping.errors import ShapingError
from robot_bridge.shaping.tracker import RANGE_TOLERANCE, Motion, TrackedLimits, Tracker

ACTIVE_TOLERANCE = 1e-4
"""A limit counts as active when the command differs by more from what was wanted [unit]."""
SATURATED = 1.0 - 1e-6
"""Share of a limit from which on it counts as reached."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Limits:
    """Limits of D columns. Infinity means none.

    Attributes:
        names: D column names, for reports.
        lower: Smallest commanded position, shape (D,) [column's unit].
        upper: Largest commanded position, shape (D,).
        velocity: Largest speed, shape (D,) [unit/s], > 0.
        acceleration: Largest acceleration either way, shape (D,) [unit/s^2], > 0.
        jerk: Largest change of acceleration, shape (D,) [unit/s^3], > 0.
        relative: How far a command may be from the measured position, shape (D,) [unit], > 0.

    Raises:
        ShapingError: A value is not in its range; the message names the column.
    """

    names: tuple[str, ...]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    velocity: NDArray[np.float64]
    acceleration: NDArray[np.float64]
    jerk: NDArray[np.float64]
    relative: NDArray[np.float64]

    def __post_init__(self) -> None:
        for field in fields(self)[1:]:
            values = np.array(getattr(self, field.name), dtype=np.float64)
            if values.shape != (len(self.names),):
                raise ShapingError(f'{field.name} limits must have shape ({len(self.names)},), '
                                   f'got {values.shape}')
            if field.name not in ('lower', 'upper'):
                self._refuse(~(values > 0), field.name, values, 'must be > 0')
            values.setflags(write=False)
            object.__setattr__(self, field.name, values)
        self._refuse(~(self.lower <= self.upper), 'lower', self.lower, 'must be <= upper')

    def _refuse(self, bad: NDArray[np.bool_], kind: str, values: NDArray[np.float64],
                rule: str) -> None:
        if bad.any():
            i = int(np.argmax(bad))
            raise ShapingError(f'{kind} limit of {self.names[i]} {rule}, got {values[i]:g}')


class MotionLimiter:
    """Turns arbitrary targets into commands within the limits, one tick at a time.

    - Without limits a target passes exactly as it is. With a velocity limit alone it is
      approached by at most ``velocity * tick``. With acceleration or jerk limits see `Tracker`.
    - Outside its range (start outside, range tightened) a column returns within the other limits
      and never goes further out than its shortest stop.
    - When a limit is tightened while moving, the motion comes within it as fast as the remaining
      ones allow.
    - ``relative`` overrules the others: a command never stays behind when the robot is moved by
      force.

    In differences of the commands: ``|dp| <= velocity * dt``, ``|ddp| <= acceleration * dt**2``
    and ``|dddp| <= jerk * dt**3``, because they are means of the continuous profile.

    Args:
        limits: Of the D columns.
        tick_ns: Spacing of the ticks [ns], > 0.
    """

    def __init__(self, limits: Limits, tick_ns: int) -> None:
        self._tick_ns, self._tick_s = tick_ns, tick_ns * 1e-9
        still = np.zeros(len(limits.names))
        self._motion = Motion(still, still, still)
        self._active: list[tuple[str, NDArray[np.bool_]]] = []
        self.set_limits(limits)

    def set_limits(self, limits: Limits) -> None:
        """Replace the limits; the motion goes on from its present state.

        Args:
            limits: For the same columns.
        """
        self._limits = limits
        self._step = limits.velocity * self._tick_s
        self._has_relative = bool(np.isfinite(limits.relative).any())
        tracked = np.isfinite(limits.acceleration) | np.isfinite(limits.jerk)
        self._tracked: NDArray[np.intp] | slice = (
            slice(None) if tracked.all() else np.flatnonzero(tracked))
        self._tracker = Tracker(TrackedLimits(*(
            getattr(limits, name)[tracked] for name in TrackedLimits._fields)), self._tick_ns
        ) if tracked.any() else None

    def reset(self, position: NDArray[np.float64]) -> None:
        """Begin at rest.

        Args:
            position: Where, finite, shape (D,) [column's unit].
        """
        still = np.zeros(len(position))
        self._motion = Motion(position.copy(), still, still)
        self._active = []

    @property
    def position(self) -> NDArray[np.float64]:
        """The last command, or where it began; shape (D,)."""
        return self._motion.position

    @property
    def active(self) -> tuple[str, ...]:
        """Limits that kept the last command from its target, e.g. ``shoulder_pan velocity``."""
        return tuple(f'{self._limits.names[i]} {kind}'
                     for kind, columns in self._active for i in np.flatnonzero(columns))

    def step(self, target: NDArray[np.float64], velocity: NDArray[np.float64],
             measured: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Command for the next tick.

        Args:
            target: Where to be, shape (D,) [column's unit].
            velocity: Where the target is going, shape (D,) [unit/s]; zeros if not known: it is
                then followed with a lag.
            measured: Position of the robot, for ``relative``, shape (D,); nan where not known.

        Returns:
            Command, shape (D,), finite.

        Raises:
            ShapingError: Target or velocity is not finite; the state is unchanged.
        """
        self._refuse_nonfinite(target, velocity)
        ranged = np.minimum(np.maximum(target, self._limits.lower), self._limits.upper)
        near = measured if self._has_relative else None
        wanted = ranged if near is None else self._near(ranged, near)
        bounded = wanted != target
        if bounded.any():
            velocity = np.where(bounded, 0.0, velocity)
        motion = self._follow(wanted, velocity)
        if near is not None:
            motion = _confine(motion, self._near(motion.position, near))
        missed = np.abs(target - motion.position) > ACTIVE_TOLERANCE
        self._active = self._find_active(target, ranged, wanted, motion) if missed.any() else []
        self._motion = motion
        return motion.position

    def _refuse_nonfinite(self, target: NDArray[np.float64],
                          velocity: NDArray[np.float64]) -> None:
        if not np.isfinite(target + velocity).all():
            i = int(np.argmin(np.isfinite(target + velocity)))
            raise ShapingError(f'target of {self._limits.names[i]} must be finite, got '
                               f'{target[i]} moving at {velocity[i]}')

    def _near(self, position: NDArray[np.float64],
              measured: NDArray[np.float64]) -> NDArray[np.float64]:
        """The position as far as it is near enough to the measured one, where that is known."""
        reach = self._limits.relative
        near: NDArray[np.float64] = np.fmin(np.fmax(position, measured - reach), measured + reach)
        return near

    def _follow(self, target: NDArray[np.float64], velocity: NDArray[np.float64]) -> Motion:
        last, i = self._motion, self._tracked
        if self._tracker is not None and isinstance(i, slice):
            return self._tracker.step(last, target, velocity)
        position = np.minimum(np.maximum(target, last.position - self._step),
                              last.position + self._step)
        speed = (position - last.position) / self._tick_s
        acceleration = np.zeros(len(position))
        if self._tracker is not None:
            tracked = self._tracker.step(Motion(*(a[i] for a in last)), target[i], velocity[i])
            position[i], speed[i], acceleration[i] = tracked
        return Motion(position, speed, acceleration)

    def _find_active(self, target: NDArray[np.float64], ranged: NDArray[np.float64],
                     wanted: NDArray[np.float64],
                     motion: Motion) -> list[tuple[str, NDArray[np.bool_]]]:
        """Which limits act: on the target's way to ``wanted``, on the command's way there."""
        limits = self._limits
        late = np.abs(wanted - motion.position) > ACTIVE_TOLERANCE
        fast = late & (np.abs(motion.velocity) >= SATURATED * limits.velocity)
        hard = late & ~fast & (np.isinf(limits.jerk) | (
            np.abs(motion.acceleration) >= SATURATED * limits.acceleration))
        return [('position', np.abs(target - ranged) > ACTIVE_TOLERANCE),
                ('relative_target', np.abs(ranged - wanted) > ACTIVE_TOLERANCE),
                ('velocity', fast), ('acceleration', hard), ('jerk', late & ~fast & ~hard)]


def _confine(motion: Motion, near: NDArray[np.float64]) -> Motion:
    """Put columns that are too far from the measured position back, at rest."""
    position, velocity, acceleration = motion
    moved = np.abs(near - position) > RANGE_TOLERANCE
    if moved.any():
        velocity, acceleration = np.where(moved, 0.0, velocity), np.where(moved, 0.0, acceleration)
    return Motion(near, velocity, acceleration)
