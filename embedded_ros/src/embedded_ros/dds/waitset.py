"""Waiting for data and for events of this process."""

from __future__ import annotations

import ctypes as ct
import threading
import time
from typing import Protocol

from embedded_ros.dds import native
from embedded_ros.dds.participant import Participant

# Python runs signal handlers only between two calls, so the main thread waits in slices [ns].
_SLICE_NS = 100_000_000


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
        self._attached: dict[int, Waitable] = {}
        # Makes CycloneDDS wait when nothing is attached, and look again after `attach`.
        self._wake = GuardCondition(participant)
        native.waitset_attach(self.entity, self._wake.condition, self._wake.condition)

    def attach(self, waitable: Waitable) -> None:
        """Wait for an object, too; attaching it twice changes nothing.

        Raises:
            DdsError: The object or the wait set is closed.
        """
        condition = waitable.condition
        with self._lock:
            if self._attached.get(condition) is waitable:
                return
            result = native.waitset_attach(self.entity, condition, condition)
            native.check(result, 'cannot attach to a wait set')
            self._attached[condition] = waitable
        self._wake.trigger()

    def detach(self, waitable: Waitable) -> None:
        """Stop waiting for an object; one that is not attached or is closed is no error."""
        with self._lock:
            if self._attached.pop(waitable.condition, None) is not None:
                native.waitset_detach(self.entity, waitable.condition)

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
            found = self._wait_once(min(left_ns, _SLICE_NS) if is_main else left_ns)
            if found or found is None or left_ns == 0:
                return found or []

    def close(self) -> None:
        """Delete the wait set; a thread that waits returns. Closing twice is allowed."""
        if not self.closed:
            self.closed = True
            native.delete(self.entity)
            self._wake.close()

    def _wait_once(self, timeout_ns: int) -> list[Waitable] | None:
        """What is ready, None when the wait set or its participant is closed."""
        with self._lock:
            ready = (ct.c_ssize_t * (len(self._attached) + 1))()
        count = native.waitset_wait(self.entity, ready, len(ready), timeout_ns)
        if count < 0 or self.closed:
            return None
        conditions = ready[: min(count, len(ready))]
        if self._wake.condition in conditions:
            self._wake.clear()
        with self._lock:
            found = (self._attached.get(condition) for condition in conditions)
            return [item for item in found if item is not None and not item.closed]
