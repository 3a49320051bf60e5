"""The way from one row to the next: a straight line or a cubic."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

TINY = float(np.finfo(np.float64).tiny)
"""Makes 0 / 0 a 0."""


class Segment:
    """Leads from one position to another.

    Args:
        start: Where it begins, shape (D,) [column's unit].
        goal: Where it ends, shape (D,).
        length_ns: How long it takes [ns], > 0.
        velocities: At both ends, for a cubic, each of shape (D,) [column's unit per s]; None for a
            straight line.
    """

    def __init__(self, start: Vector, goal: Vector, length_ns: int,
                 velocities: tuple[Vector, Vector] | None = None) -> None:
        self._length_ns = length_ns
        self._start, self._way = start, goal - start
        self._is_cubic = velocities is not None
        self._shape = (np.array([start, self._way, *velocities]) if velocities
                       else self._way * (1e9 / length_ns))   # a cubic's terms, or a line's slope

    @property
    def rests(self) -> bool:
        """Whether it leads nowhere."""
        return not self._way.any()

    def at(self, since_ns: int) -> tuple[Vector, Vector]:
        """Position and velocity, shapes (D,), ``since_ns`` after its start."""
        x = since_ns / self._length_ns
        if not self._is_cubic:
            return self._start + x * self._way, self._shape
        rest, seconds = 1.0 - x, self._length_ns * 1e-9
        hermite = np.array([
            [1.0, x * x * (3.0 - 2.0 * x), x * rest * rest * seconds, -x * x * rest * seconds],
            [0.0, 6.0 * x * rest / seconds, rest * (1.0 - 3.0 * x), x * (3.0 * x - 2.0)]])
        motion = hermite.dot(self._shape)
        return motion[0], motion[1]


def monotone_slope(before: Vector, at: Vector, after: Vector, step_ns: int) -> Vector:
    """Slope at the middle one of three rows with which a cubic does not overshoot them.

    Args:
        before: Row one step earlier, shape (D,).
        at: Row whose slope is wanted.
        after: Row one step later.
        step_ns: Spacing of the rows [ns].

    Returns:
        Harmonic mean of the two secants, 0 at a turning point, shape (D,) [column's unit per s].

    Source:
        Fritsch and Butland 1984, doi:10.1137/0905021.
    """
    first, second = at - before, after - at
    same_way = np.maximum(first * second, 0.0)
    total = np.abs(first) + np.abs(second) + TINY
    return np.copysign(2e9 / step_ns * same_way / total, first)
