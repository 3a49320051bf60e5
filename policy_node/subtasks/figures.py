"""What was counted of subtasks, for people. Pure: no ROS."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from threading import Lock

import numpy as np

WINDOW = 500
"""Newest waits that the percentile is of."""


@dataclass(frozen=True, slots=True)
class SubtaskFigures:
    """Counted since the policy server was made.

    Attributes:
        decoded: Subtasks that the policy decoded.
        early: Refreshes before the interval was over.
        early_reason: Why the newest of those: done or stalled; empty without one.
        failures: Subtasks that could not be decoded.
        last_failure: Why, if the newest one could not; else empty.
        decoding_ms: Wall time of the newest decoding [ms]; 0 without one, as below.
        gate_wait_p99_ms: How long actions waited for a decoding to give way [ms].
    """

    decoded: int
    early: int
    early_reason: str
    failures: int
    last_failure: str
    decoding_ms: float
    gate_wait_p99_ms: float


class SubtaskTally:
    """Counts; may be called from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._decoded = self._early = self._failures = self._decoding_ns = 0
        self._early_reason = self._last_failure = ''
        self._waits_ns: deque[int] = deque(maxlen=WINDOW)

    def decoded(self, took_ns: int) -> None:
        """A subtask was decoded, in so much wall time [ns]."""
        with self._lock:
            self._decoded, self._decoding_ns = self._decoded + 1, took_ns
            self._last_failure = ''

    def early(self, reason: str) -> None:
        """A refresh began before its time."""
        with self._lock:
            self._early, self._early_reason = self._early + 1, reason

    def failed(self, reason: str) -> None:
        """A subtask could not be decoded."""
        with self._lock:
            self._failures, self._last_failure = self._failures + 1, reason

    def waited(self, waited_ns: int) -> None:
        """An action waited so long for the policy [ns]."""
        with self._lock:
            self._waits_ns.append(waited_ns)

    def figures(self) -> SubtaskFigures:
        """What was counted."""
        with self._lock:
            return SubtaskFigures(
                self._decoded, self._early, self._early_reason, self._failures, self._last_failure,
                self._decoding_ns / 1e6, float(np.percentile(self._waits_ns or (0,), 99)) / 1e6)
