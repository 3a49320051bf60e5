"""What policy_node did since it started, for people. Pure: no ROS."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np

WINDOW = 500
"""Newest batches and requests that the percentiles are of."""


@dataclass(slots=True)
class RobotCounts:
    """Counted since policy_node started.

    Attributes:
        requests: That came.
        chunks: That were sent.
        refusals: Answers with an error.
        replaced: Requests that a newer one of the same robot overtook.
        last_refusal: Why the newest answer is an error; empty if it is a chunk.
    """

    requests: int = 0
    chunks: int = 0
    refusals: int = 0
    replaced: int = 0
    last_refusal: str = ''


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over the robots, and how the newest inferences went.

    Attributes:
        counts: Of all robots together; its refusal is that of the newest answer to any of them.
        batches: Inferences, each of one or more requests.
        mean_batch_size: Requests of an inference.
        inference_p50_ms: Wall time of one inference [ms]; 0 without any, as all below.
        inference_p99_ms: The same.
        wait_p50_ms: From the samples of a request being there to its inference [ms].
        wait_p99_ms: The same.
    """

    counts: RobotCounts
    batches: int
    mean_batch_size: float
    inference_p50_ms: float
    inference_p99_ms: float
    wait_p50_ms: float
    wait_p99_ms: float


class Tally:
    """Counts; may be called from any thread.

    Args:
        robots: Who is served.
    """

    def __init__(self, robots: Iterable[str]) -> None:
        self.robots = {robot: RobotCounts() for robot in robots}
        self._lock = Lock()
        self._last_refusal = ''
        self._batches = 0
        self._sizes: deque[int] = deque(maxlen=WINDOW)
        self._took_ns: deque[int] = deque(maxlen=WINDOW)
        self._waited_ns: deque[int] = deque(maxlen=WINDOW)

    def asked(self, robot: str) -> None:
        """A request came."""
        with self._lock:
            self.robots[robot].requests += 1

    def replaced(self, robot: str) -> None:
        """A newer request took the place of one that waited."""
        with self._lock:
            self.robots[robot].replaced += 1

    def answered(self, robot: str) -> None:
        """A request was answered with a chunk."""
        with self._lock:
            self.robots[robot].chunks += 1
            self.robots[robot].last_refusal = self._last_refusal = ''

    def refused(self, robot: str, reason: str) -> None:
        """A request was answered with an error."""
        with self._lock:
            self.robots[robot].refusals += 1
            self.robots[robot].last_refusal = self._last_refusal = reason

    def forgive(self) -> None:
        """Another policy was loaded: what was refused before is of the past."""
        with self._lock:
            self._last_refusal = ''
            for counts in self.robots.values():
                counts.last_refusal = ''

    def inferred(self, took_ns: int, waited_ns: Sequence[int]) -> None:
        """Count one inference.

        Args:
            took_ns: Its wall time [ns].
            waited_ns: How long each of its requests waited for it [ns].
        """
        with self._lock:
            self._batches += 1
            self._sizes.append(len(waited_ns))
            self._took_ns.append(took_ns)
            self._waited_ns.extend(waited_ns)

    def figures(self) -> Figures:
        """What was counted."""
        with self._lock:
            each = self.robots.values()
            counts = RobotCounts(
                sum(c.requests for c in each), sum(c.chunks for c in each),
                sum(c.refusals for c in each), sum(c.replaced for c in each), self._last_refusal)
            took, waited = (np.array(ns or (0,)) / 1e6 for ns in (self._took_ns, self._waited_ns))
            return Figures(counts, self._batches, float(np.mean(self._sizes or (0,))),
                           *np.percentile(took, (50, 99)).tolist(),
                           *np.percentile(waited, (50, 99)).tolist())
