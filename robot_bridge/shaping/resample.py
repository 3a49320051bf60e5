"""From the policy's rows (30 Hz, say) to the driver's ticks (100 or 250 Hz, say)."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from robot_bridge.shaping.errors import ShapingError
from robot_bridge.shaping.segment import Segment, Vector, monotone_slope
from segue_core.arrays import all_finite

INTERPOLATIONS = ('hold', 'linear', 'cubic')


class RowSource(Protocol):
    """Where rows come from; a `ChunkBuffer` is one."""

    def queued(self) -> Vector:
        """Rows that wait, the next one first, shape (N, D), not changed later."""

    def pop(self) -> Vector | None:
        """Take the next row, shape (D,); None when there is none."""


class Sample(NamedTuple):
    """The curve through the rows at one tick.

    Attributes:
        position: Shape (D,) [column's unit]; None before the first row.
        velocity: Where the curve is going, shape (D,) [column's unit per s].
        consumed: Rows taken from the source at this tick.
        starved: A row was due and there was none.
        idle: The curve rests because there is no further row to head for; where it is
            interpolated this is known before the tick that starves.
    """

    position: Vector | None
    velocity: Vector
    consumed: int
    starved: bool
    idle: bool


class Resampler:
    """Takes each row exactly once, when it is due, and says where the curve is at each tick.

    A row is reached at the start of its control step. ``hold`` stays there, ``linear`` and
    ``cubic`` (monotone between the rows, continuous velocity) move on to the next row. When the
    rows that wait are replaced, the curve goes on from where it was. Without a next row it stays.
    After a starved tick it begins anew, at the first row that comes and at once: that jump is for
    `starvation.Recovery` and the limits. At equal rates rows pass untouched.

    The phase is counted in integer nanoseconds: it never drifts.

    Args:
        columns: D, width of a row.
        step_ns: Spacing of the rows [ns], > 0.
        tick_ns: Spacing of the ticks [ns], > 0.
        interpolation: One of `INTERPOLATIONS`.

    Raises:
        ShapingError: An argument is outside its range.
    """

    def __init__(self, columns: int, step_ns: int, tick_ns: int, interpolation: str = 'linear'
                 ) -> None:
        if step_ns <= 0 or tick_ns <= 0:
            raise ShapingError(f'step and tick must be > 0 ns, got {step_ns} and {tick_ns}')
        if interpolation not in INTERPOLATIONS:
            raise ShapingError(f'interpolation must be one of {", ".join(INTERPOLATIONS)}; '
                               f'got {interpolation!r}')
        self._step_ns, self._tick_ns = step_ns, tick_ns
        self._rate = np.full(columns, 1e9 / step_ns)
        self._interpolates = step_ns != tick_ns and interpolation != 'hold'
        self._is_cubic = interpolation == 'cubic'
        self._shaping_rows = 2 if self._is_cubic else 1   # queued rows that a segment depends on
        self._window = -(-tick_ns // step_ns) + 2
        self._still = np.zeros(columns)
        self._still.setflags(write=False)
        self.reset(None)

    def reset(self, position: Vector | None) -> None:
        """Begin anew: the next row is due now.

        Args:
            position: Where an interpolated curve starts, shape (D,); None for the first row.
        """
        self._due_ns = 0
        self._row: Vector | None = None
        self._segment: Segment | None = None
        self._starved = False
        self._since_ns, self._goal_velocity = 0, self._still
        self._position, self._velocity = position, self._still
        self._ahead, self._shape = np.empty((0, len(self._still))), b''

    def tick(self, source: RowSource) -> Sample:
        """Advance by one tick.

        Args:
            source: Rows of shape (D,).

        Returns:
            The curve at this tick.

        Raises:
            ShapingError: A row is not finite.
        """
        rows, starved = self._take(source)
        if self._row is None:
            return Sample(None, self._still, 0, True, True)
        idle = starved
        if self._interpolates:
            idle = self._interpolate(rows, source.queued()[:self._window], starved)
        else:
            self._position = self._row
            if self._step_ns == self._tick_ns:
                self._velocity = self._slope_to(source.queued())
        self._due_ns -= self._tick_ns
        return Sample(self._position, self._velocity, len(rows), starved, idle)

    def _take(self, source: RowSource) -> tuple[list[Vector], bool]:
        """Pop the rows that are due; say whether one was missing."""
        rows: list[Vector] = []
        while self._due_ns <= 0:
            row = source.pop()
            if row is None:
                self._due_ns = self._tick_ns if self._row is not None else 0   # again next tick
                return rows, True
            if not all_finite(row):
                raise ShapingError(f'a row must be finite, got {row.tolist()}')
            rows.append(row)
            self._row = row
            self._due_ns += self._step_ns
        return rows, False

    def _slope_to(self, ahead: Vector) -> Vector:
        """Velocity from the current row to the next one."""
        if not len(ahead):
            return self._still
        return (ahead[0] - self._row) * self._rate

    def _interpolate(self, rows: list[Vector], ahead: Vector, starved: bool) -> bool:
        """Move on along the segment, or along a new one; say whether it rests."""
        if starved:
            if rows:
                self._position = self._row
            self._velocity, self._starved = self._still, True
            return True
        self._since_ns += self._tick_ns
        shape = ahead[:self._shaping_rows].tobytes()
        if rows or shape != self._shape or self._segment is None:
            self._segment = self._next_segment(rows, ahead)
        self._starved = False
        self._ahead, self._shape = ahead, shape
        self._position, self._velocity = self._segment.at(self._since_ns)
        return not len(ahead) and self._segment.rests

    def _next_segment(self, rows: list[Vector], ahead: Vector) -> Segment:
        """The way to the next row: from the current row when it was reached, else from here."""
        assert self._row is not None
        seen = [row.tobytes() for row in self._ahead[:len(rows)]]
        if self._position is None or self._starved:
            start, velocity, self._since_ns = self._row, self._still, 0
        elif self._segment and rows and seen == [row.tobytes() for row in rows]:
            start, velocity = self._row, self._velocity_at_row(rows, ahead)
            self._since_ns = self._step_ns - self._due_ns
        else:
            start, velocity = self._position, self._velocity
            self._since_ns = self._tick_ns if self._segment else 0
        goal = ahead[0] if len(ahead) else self._row
        if not len(ahead) and not rows:   # what it was heading for is gone: stay
            goal, velocity = start, self._still
        self._goal_velocity = self._velocity_at_goal(ahead)
        return Segment(start, goal, self._since_ns + self._due_ns,
                       (velocity, self._goal_velocity) if self._is_cubic else None)

    def _velocity_at_row(self, rows: list[Vector], ahead: Vector) -> Vector:
        if len(rows) == 1 or not len(ahead):
            return self._goal_velocity
        return monotone_slope(rows[-2], rows[-1], ahead[0], self._step_ns)

    def _velocity_at_goal(self, ahead: Vector) -> Vector:
        assert self._row is not None
        if not self._is_cubic or len(ahead) < 2:
            return self._still
        return monotone_slope(self._row, ahead[0], ahead[1], self._step_ns)
