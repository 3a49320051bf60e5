"""Limits of the commanded motion, each column on its own."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from robot_bridge.shaping.errors import ShapingError
from robot_bridge.shaping.tracker import RANGE_TOLERANCE, Motion, TrackedLimits, Tracker
from segue_core.arrays import all_finite, all_true, within

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

    @property
    def bind_the_start(self) -> NDArray[np.bool_]:
        """Which columns may not jump to where they begin, shape (D,)."""
        return (np.isfinite(self.velocity) | np.isfinite(self.acceleration)
                | np.isfinite(self.jerk) | np.isfinite(self.relative))

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
    - ``relative`` overrules the others but for the range: a command never stays behind when the
      robot is moved by force, and does not follow it out of the range.

    In differences of the commands: ``|dp| <= velocity * dt``, ``|ddp| <= acceleration * dt**2``
    and ``|dddp| <= jerk * dt**3``, because they are means of the continuous profile.

    Args:
        limits: Of the D columns.
        tick_ns: Spacing of the ticks [ns], > 0.

    Attributes:
        needs_measured: Whether a limit is relative to the measured position.
    """

    needs_measured: bool

    def __init__(self, limits: Limits, tick_ns: int) -> None:
        self._tick_ns, self._tick_s = tick_ns, tick_ns * 1e-9
        self.reset(np.zeros(len(limits.names)))
        self.set_limits(limits)

    def set_limits(self, limits: Limits) -> None:
        """Replace the limits; the motion goes on from its present state.

        Args:
            limits: For the same columns.
        """
        self._limits = limits
        self._step = limits.velocity * self._tick_s
        self._rate = np.full(len(limits.names), 1.0 / self._tick_s)
        self.needs_measured = bool(np.isfinite(limits.relative).any())
        tracked = np.isfinite(limits.acceleration) | np.isfinite(limits.jerk)
        self._tracked, self._tracks_all = _indices(tracked), bool(tracked.all())
        self._steps_are_bound = bool(np.isfinite(limits.velocity[~tracked]).any())
        self._tracker = Tracker(TrackedLimits(*(
            getattr(limits, name)[tracked] for name in TrackedLimits._fields)), self._tick_ns
        ) if tracked.any() else None

    def reset(self, position: NDArray[np.float64]) -> None:
        """Begin at rest.

        Args:
            position: Where, finite, shape (D,) [column's unit].
        """
        self._motion = np.stack([position, *np.zeros((2, len(position)))])
        self._target = self._wanted = self._motion[0]

    @property
    def position(self) -> NDArray[np.float64]:
        """The last command, or where it began; shape (D,)."""
        return self._motion[0]

    @property
    def active(self) -> tuple[str, ...]:
        """Limits that kept the last command from its target, e.g. ``shoulder_pan velocity``."""
        limits, motion, wanted = self._limits, self._motion, self._wanted
        cut = np.abs(self._target - wanted) > ACTIVE_TOLERANCE
        at_range = (wanted == limits.lower) | (wanted == limits.upper)
        late = np.abs(wanted - motion[0]) > ACTIVE_TOLERANCE
        fast = late & (np.abs(motion[1]) >= SATURATED * limits.velocity)
        hard = late & ~fast & (np.isinf(limits.jerk) | (
            np.abs(motion[2]) >= SATURATED * limits.acceleration))
        found = {'position': cut & at_range, 'relative_target': cut & ~at_range, 'velocity': fast,
                 'acceleration': hard, 'jerk': late & ~fast & ~hard}
        return tuple(f'{limits.names[i]} {kind}' for kind, columns in found.items()
                     for i in np.flatnonzero(columns))

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
        if not (all_finite(target) and all_finite(velocity)):
            self._refuse_nonfinite(target, velocity)
        wanted = within(target, self._limits.lower, self._limits.upper)
        near = self._near(measured) if measured is not None and self.needs_measured else None
        if near:
            wanted = np.fmin(np.fmax(wanted, near[0]), near[1])
        followed = wanted == target
        motion = self._follow(wanted, velocity if all_true(followed) else velocity * followed)
        if near:
            motion = _confine(motion, *near)
        self._motion, self._target, self._wanted = motion, target, wanted
        return motion[0]

    def _refuse_nonfinite(self, target: NDArray[np.float64],
                          velocity: NDArray[np.float64]) -> NoReturn:
        i = int(np.argmin(np.isfinite(target) & np.isfinite(velocity)))
        raise ShapingError(f'target of {self._limits.names[i]} must be finite, got '
                           f'{target[i]} moving at {velocity[i]}')

    def _near(self, measured: NDArray[np.float64]
              ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Positions that are near enough to the measured one; nan where it is not known.

        What is outside of the range is not asked for. The way back into it stays open: from a
        start outside it is gone within the other limits.
        """
        limits = self._limits
        return (np.minimum(measured - limits.relative, limits.upper),
                np.maximum(measured + limits.relative, limits.lower))

    def _follow(self, target: NDArray[np.float64], velocity: NDArray[np.float64]) -> Motion:
        last, i = self._motion, self._tracked
        if self._tracker is not None and self._tracks_all:
            return self._tracker.step(last, target, velocity)
        motion = np.zeros(last.shape)
        motion[0] = (within(target, last[0] - self._step, last[0] + self._step)
                     if self._steps_are_bound else target)
        motion[1] = (motion[0] - last[0]) * self._rate
        if self._tracker is not None:
            motion[:, i] = self._tracker.step(last[:, i], target[i], velocity[i])
        return motion


def _confine(motion: Motion, lower: NDArray[np.float64], upper: NDArray[np.float64]) -> Motion:
    """Put columns outside of the positions near the robot back to their edge, at rest."""
    near = np.fmin(np.fmax(motion[0], lower), upper)
    if all_true(near == motion[0]):
        return motion
    moved = np.abs(near - motion[0]) > RANGE_TOLERANCE
    if moved.any():
        motion = np.where(moved, 0.0, motion)
    motion[0] = near
    return motion


def _indices(columns: NDArray[np.bool_]) -> NDArray[np.intp] | slice:
    """Where the chosen columns are; as a slice, which is faster, if they are adjacent."""
    chosen = np.flatnonzero(columns)
    if len(chosen) and chosen[-1] - chosen[0] + 1 == len(chosen):
        return slice(int(chosen[0]), int(chosen[-1]) + 1)
    return chosen
