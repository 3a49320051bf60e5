"""Where a clock's time comes from, and who is told when it jumps."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from rclpy._rclpy_pybind11 import ClockChange
from rclpy.clock_type import ClockType


class JumpListener(NamedTuple):
    """A callback pair and the jumps it wants to hear of."""

    on_clock_change: bool
    min_forward_ns: int  # 0: no forward jump
    min_backward_ns: int  # 0: no backward jump
    before: Callable[[], None] | None
    after: Callable[[ClockChange, int], None] | None

    def wants(self, change: ClockChange, delta_ns: int) -> bool:
        """Whether a jump is big enough, or a change of source."""
        if change in (ClockChange.ROS_TIME_ACTIVATED, ClockChange.ROS_TIME_DEACTIVATED):
            return self.on_clock_change
        return (0 < self.min_forward_ns <= delta_ns) or (delta_ns <= self.min_backward_ns < 0)


class ClockSource:
    """Time of one clock; of kind ROS_TIME it can follow an override (simulated time)."""

    def __init__(self, clock_type: ClockType) -> None:
        self._read = time.monotonic_ns if clock_type == ClockType.STEADY_TIME else time.time_ns
        self._lock = threading.Lock()
        self._listeners: list[JumpListener] = []
        self.override_active = False
        self._override_ns = 0

    def now_ns(self) -> int:
        """Current time [ns]."""
        return self._override_ns if self.override_active else self._read()

    def set_override(self, now_ns: int) -> None:
        """Set the simulated time [ns]; a jump when it is active."""
        if not self.override_active:
            self._override_ns = now_ns
            return
        with self._lock:
            delta_ns = now_ns - self._override_ns
            listeners = [
                listener
                for listener in self._listeners
                if listener.wants(ClockChange.ROS_TIME_NO_CHANGE, delta_ns)
            ]
        self._jump(listeners, ClockChange.ROS_TIME_NO_CHANGE, delta_ns, self._assign, now_ns)

    def set_override_active(self, active: bool) -> None:
        """Follow the simulated time, or the system's again."""
        if active == self.override_active:
            return
        change = ClockChange.ROS_TIME_ACTIVATED if active else ClockChange.ROS_TIME_DEACTIVATED
        with self._lock:
            listeners = [listener for listener in self._listeners if listener.on_clock_change]
        self._jump(listeners, change, 0, self._activate, active)

    def _assign(self, now_ns: int) -> None:
        self._override_ns = now_ns

    def _activate(self, active: int) -> None:
        self.override_active = bool(active)

    @staticmethod
    def _jump(
        listeners: list[JumpListener],
        change: ClockChange,
        delta_ns: int,
        apply: Callable[[int], None],
        value: int,
    ) -> None:
        for listener in listeners:
            if listener.before is not None:
                listener.before()
        apply(value)
        for listener in listeners:
            if listener.after is not None:
                listener.after(change, delta_ns)

    def add_listener(self, listener: JumpListener) -> None:
        """Tell a listener of jumps from now on."""
        with self._lock:
            self._listeners.append(listener)

    def remove_listener(self, listener: JumpListener) -> None:
        """Tell it no more; it is compared by identity."""
        with self._lock:
            self._listeners = [known for known in self._listeners if known is not listener]
