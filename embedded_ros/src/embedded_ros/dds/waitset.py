"""Waiting for data and for events of this process."""

from __future__ import annotations

import ctypes as ct
import itertools
import threading
import time
from typing import Protocol

from embedded_ros.dds import native
from embedded_ros.dds.participant import Participant

# Python runs signal handlers only between two calls, so the main thread waits in slices [ns].
_SLICE_NS = 100_000_000
# Number of the wait set's own condition.
_WAKE = 0


class Waitable(Protocol):
    """What a WaitSet can wait for: a reader or a guard condition."""

    condition: int
    closed: bool


class GuardCondition:
    """A flag that wakes a WaitSet."""

    def __init__(self, participant: Participant) -> None:
        """Create the condition, not triggered."""
        self.condition = native.check(
            native.create_guardcondition(participant.entity), 'cannot create a guard condition'
        )
        self.closed = False

    def trigger(self) -> None:
        """Wake the wait sets; it stays set until `clear`."""
        native.set_guardcondition(self.condition, True)

    def clear(self) -> None:
        """Reset the condition."""
        native.set_guardcondition(self.condition, False)

    def close(self) -> None:
        """Delete the condition; closing twice is allowed."""
        if not self.closed:
            self.closed = True
            native.delete(self.condition)


class WaitSet:
    """Waits until a reader has samples or a guard condition is set.

    Objects may be attached, detached and closed while another thread waits.
    """

    def __init__(self, participant: Participant) -> None:
        """Create a wait set without anything attached."""
        self.entity = native.check(
            native.create_waitset(participant.entity), 'cannot create a wait set'
        )
        self.closed = False
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._attached: dict[int, Waitable] = {}
        # Makes CycloneDDS wait when nothing is attached, and look again after `attach`.
        self._wake = GuardCondition(participant)
        native.waitset_attach(self.entity, self._wake.condition, _WAKE)

    def attach(self, waitable: Waitable) -> None:
        """Wait for an object, too; attaching it twice changes nothing.

        Raises:
            DdsError: The object or the wait set is closed.
        """
        with self._lock:
            if waitable in self._attached.values():
                return
            number = next(self._numbers)
            result = native.waitset_attach(self.entity, waitable.condition, number)
            native.check(result, 'cannot attach to a wait set')
            self._attached[number] = waitable
        self._wake.trigger()

    def detach(self, waitable: Waitable) -> None:
        """Stop waiting for an object; one that is not attached or is closed is no error."""
        with self._lock:
            for number, attached in list(self._attached.items()):
                if attached is waitable:
                    native.waitset_detach(self.entity, waitable.condition)
                    del self._attached[number]

    def wait(self, timeout_s: float | None = None) -> list[Waitable]:
        """Wait until something attached is ready.

        Args:
            timeout_s: Longest wait [s]; None: for ever.

        Returns:
            What is ready; empty after the timeout, or when the wait set was closed.
        """
        deadline_ns = None if timeout_s is None else time.monotonic_ns() + int(timeout_s * 1e9)
        is_main = threading.current_thread() is threading.main_thread()
        while True:
            left_ns = native.INFINITE_NS
            if deadline_ns is not None:
                left_ns = max(0, deadline_ns - time.monotonic_ns())
            numbers = self._wait_once(min(left_ns, _SLICE_NS) if is_main else left_ns)
            if numbers is None:
                return []
            found = self._objects(numbers)
            if found or left_ns == 0:
                return found

    def close(self) -> None:
        """Delete the wait set; a thread that waits returns. Closing twice is allowed."""
        if not self.closed:
            self.closed = True
            native.delete(self.entity)
            self._wake.close()

    def _wait_once(self, timeout_ns: int) -> list[int] | None:
        """Numbers of what is ready, None when the wait set is closed."""
        with self._lock:
            ready = (ct.c_ssize_t * (len(self._attached) + 1))()
        count = native.waitset_wait(self.entity, ready, len(ready), timeout_ns)
        if count < 0 or self.closed:
            return None
        numbers = list(ready[: min(count, len(ready))])
        if _WAKE in numbers:
            self._wake.clear()
        return numbers

    def _objects(self, numbers: list[int]) -> list[Waitable]:
        with self._lock:
            found = (self._attached.get(number) for number in numbers)
            return [item for item in found if item is not None and not item.closed]
