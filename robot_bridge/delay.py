"""Delay from request to usable chunk: percentiles, and the estimate for the next request."""

from __future__ import annotations

from collections import deque

import numpy as np


class DelayEstimator:
    """Decaying percentile of the newest delays; the cold start is left out.

    Args:
        window: Delays that count; older ones are forgotten.
        percentile: Which percentile is the estimate [0..100].
        cold_start: First delays of a policy that are shown but never estimated from: a model
            compiles and warms up there.
    """

    def __init__(self, window: int = 50, percentile: float = 90.0, cold_start: int = 1) -> None:
        self._delays: deque[float] = deque(maxlen=window)
        self._percentile = percentile
        self._cold_start = self._to_skip = cold_start

    def add(self, delay: float) -> None:
        """Count one delay, in any unit, >= 0."""
        if self._to_skip:
            self._to_skip -= 1
            return
        self._delays.append(delay)

    def restart(self) -> None:
        """The policy is another one: forget what was measured."""
        self._delays.clear()
        self._to_skip = self._cold_start

    @property
    def estimate(self) -> float:
        """What to expect of the next request, 0 before the first delay that counts."""
        return self.percentile(self._percentile)

    def percentile(self, q: float) -> float:
        """Percentile ``q`` [0..100] of the delays that count, 0 without any."""
        return float(np.percentile(self._delays, q)) if self._delays else 0.0
