"""The way from one row to the next: a straight line or a cubic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(slots=True, eq=False)
class Segment:
    """Leads to ``goal``; how much time is left is said at each evaluation.

    Attributes:
        start: Where it begins, shape (D,) [column's unit].
        start_velocity: Velocity there, shape (D,) [column's unit per s]; unused by a line.
        goal: Where it ends, shape (D,).
        goal_velocity: Velocity there, shape (D,); unused by a line.
        since_ns: How long ago it began [ns].
        is_cubic: Cubic (continuous velocity) instead of a line.
    """

    start: NDArray[np.float64]
    start_velocity: NDArray[np.float64]
    goal: NDArray[np.float64]
    goal_velocity: NDArray[np.float64]
    since_ns: int
    is_cubic: bool

    @property
    def rests(self) -> bool:
        """Whether it leads nowhere."""
        return bool((self.start == self.goal).all())

    def at(self, left_ns: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Position and velocity, shapes (D,), when ``left_ns`` > 0 are left to the goal."""
        length_ns = self.since_ns + left_ns
        x, seconds = self.since_ns / length_ns, length_ns * 1e-9
        way = self.goal - self.start
        if not self.is_cubic:
            return self.start + x * way, way / seconds
        v0, v1 = self.start_velocity * seconds, self.goal_velocity * seconds
        third, second = v0 + v1 - 2.0 * way, 3.0 * way - 2.0 * v0 - v1
        position = self.start + x * (v0 + x * (second + x * third))
        return position, (v0 + x * (2.0 * second + x * 3.0 * third)) / seconds


def monotone_slope(before: NDArray[np.float64], at: NDArray[np.float64],
                   after: NDArray[np.float64], step_ns: int) -> NDArray[np.float64]:
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
    product = first * second
    slope = np.zeros_like(product)
    np.divide(2e9 / step_ns * product, first + second, out=slope, where=product > 0)
    return slope
