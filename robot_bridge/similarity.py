"""Skips requests while the robot stands still: an optional filter. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class SimilarityFilter:
    """Tells whether the robot is still where its last usable chunk was asked for.

    Distances are shares of each column's range, so that the threshold means the same for radians,
    millimetres and percent. It never tells so of a pose that is not known, nor after a request that
    brought no rows.

    Args:
        lower: Smallest value of each column, shape (D,).
        upper: Largest value of each column, shape (D,).
        threshold: A robot is similar while no column moved by this share of its range [0..1];
            0 for never.
    """

    def __init__(self, lower: NDArray[np.float64], upper: NDArray[np.float64],
                 threshold: float) -> None:
        self.threshold = threshold
        extent = upper - lower
        self._range = np.where(np.isfinite(extent), extent, 0.0)    # endless: never similar
        self.reset()

    def reset(self) -> None:
        """Begin a session: nothing was asked."""
        self._now: NDArray[np.float64] | None = None
        self._asked: NDArray[np.float64] | None = None
        self._answered: NDArray[np.float64] | None = None

    def see(self, pose: NDArray[np.float64] | None) -> None:
        """Take the newest pose, shape (D,), nan where not measured; None when it is not known."""
        self._now = pose

    def asked(self) -> None:
        """A request was sent."""
        self._asked, self._answered = self._now, None

    def answered(self) -> None:
        """The request brought rows."""
        self._answered = self._asked

    @property
    def similar(self) -> bool:
        """Whether the next request would observe what the last one did."""
        if not self.threshold or self._answered is None or self._now is None:
            return False
        moved = np.abs(self._now - self._answered)
        return bool((moved < self.threshold * self._range).all())     # nan is never similar
