"""How executors end a wait, and how they count what runs."""

from __future__ import annotations

from threading import Condition


class TimeoutException(Exception):
    """Nothing was ready in time."""


class ShutdownException(Exception):
    """The executor was shut down during the wait."""


class ExternalShutdownException(Exception):
    """The context was shut down from outside, as by a signal."""


class ConditionReachedException(Exception):
    """What the caller waited for came true."""


class TimeoutObject:
    """A timeout that the caller may change during the wait [s]."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout


class WorkTracker:
    """Counts the callbacks that are running."""

    def __init__(self) -> None:
        self._count = 0
        self._condition = Condition()

    def __enter__(self) -> None:
        with self._condition:
            self._count += 1

    def __exit__(self, *exc_info: object) -> None:
        with self._condition:
            self._count -= 1
            self._condition.notify_all()

    def wait(self, timeout_sec: float | None) -> bool:
        """Wait until none is running; False after the timeout."""
        if timeout_sec is not None and timeout_sec < 0.0:
            timeout_sec = None
        with self._condition:
            return self._condition.wait_for(lambda: self._count == 0, timeout_sec)
