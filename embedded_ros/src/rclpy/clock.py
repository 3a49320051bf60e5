"""Clocks, simulated time included."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rclpy._rclpy_pybind11 import ClockChange
from rclpy.clock_type import ClockType
from rclpy.constants import S_TO_NS
from rclpy.context import Context, get_default_context
from rclpy.duration import Duration
from rclpy.exceptions import NotInitializedException
from rclpy.time import Time

__all__ = [
    'Clock', 'ClockChange', 'ClockType', 'JumpHandle', 'JumpThreshold', 'ROSClock', 'TimeJump',
]  # fmt: skip

_SOURCE_CHANGES = (ClockChange.ROS_TIME_ACTIVATED, ClockChange.ROS_TIME_DEACTIVATED)
_ZERO = Duration()


class JumpThreshold:
    """Which time jumps a callback wants to hear of."""

    def __init__(
        self,
        *,
        min_forward: Duration | None,
        min_backward: Duration | None,
        on_clock_change: bool = True,
    ) -> None:
        """Set the thresholds.

        Args:
            min_forward: Smallest forward jump, positive; None: none.
            min_backward: Smallest backward jump, negative; None: none.
            on_clock_change: Whether a change of source (simulated time on or off) counts.

        Raises:
            ValueError: A sign is wrong, or nothing is enabled.
        """
        if min_forward is not None and min_forward <= _ZERO:
            raise ValueError('min_forward must be a positive non-zero duration')
        if min_backward is not None and min_backward >= _ZERO:
            raise ValueError('min_backward must be a negative non-zero duration')
        if min_forward is None and min_backward is None and not on_clock_change:
            raise ValueError('At least one jump threshold must be enabled')
        self.min_forward = min_forward
        self.min_backward = min_backward
        self.on_clock_change = on_clock_change

    def _includes(self, jump: TimeJump) -> bool:
        if jump.clock_change in _SOURCE_CHANGES:
            return self.on_clock_change
        return (self.min_forward is not None and jump.delta >= self.min_forward) or (
            self.min_backward is not None and jump.delta <= self.min_backward
        )


@dataclass(frozen=True)
class TimeJump:
    """How a clock's time jumped: whether its source changed, and new time less old time."""

    clock_change: ClockChange
    delta: Duration

    def __post_init__(self) -> None:
        if not isinstance(self.clock_change, ClockChange):
            raise TypeError('clock_change must be an instance of rclpy.clock.ClockChange')


class JumpHandle:
    """Registration of jump callbacks; a context manager that ends it."""

    def __init__(
        self,
        *,
        clock: Clock,
        threshold: JumpThreshold,
        pre_callback: Callable[[], None] | None,
        post_callback: Callable[[TimeJump], None] | None,
    ) -> None:
        """Register the callbacks.

        Args:
            clock: Clock to listen to.
            threshold: Which jumps.
            pre_callback: Called before the time changes.
            post_callback: Called after it changed.

        Raises:
            ValueError: Neither is given, or one is not callable.
        """
        if pre_callback is None and post_callback is None:
            raise ValueError('One of pre_callback or post_callback must be callable')
        for name, callback in (('pre_callback', pre_callback), ('post_callback', post_callback)):
            if callback is not None and not callable(callback):
                raise ValueError(f'{name} must be callable if given')
        self._threshold = threshold
        self._before = pre_callback
        self._after = post_callback
        self._clock = clock
        with clock._lock:
            clock._jump_handles.append(self)

    def unregister(self) -> None:
        """Stop the callbacks; harmless when repeated."""
        with self._clock._lock:
            if self in self._clock._jump_handles:
                self._clock._jump_handles.remove(self)

    def __enter__(self) -> JumpHandle:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.unregister()


class Clock:
    """A clock; `Clock(clock_type=ClockType.ROS_TIME)` is a ROSClock."""

    _clock_type: ClockType
    _read_ns: Callable[[], int]
    _lock: Any
    _jump_handles: list[JumpHandle]
    _is_simulated: bool
    _simulated_ns: int

    def __new__(cls, *, clock_type: ClockType = ClockType.SYSTEM_TIME) -> Clock:
        """Create a clock of a kind.

        Raises:
            TypeError: `clock_type` is no ClockType.
        """
        if not isinstance(clock_type, ClockType):
            raise TypeError('Clock type must be a ClockType enum')
        self = super().__new__(ROSClock if clock_type is ClockType.ROS_TIME else cls)
        self._clock_type = clock_type
        is_steady = clock_type is ClockType.STEADY_TIME
        self._read_ns = time.monotonic_ns if is_steady else time.time_ns
        self._lock = threading.RLock()
        self._jump_handles = []
        self._is_simulated = False
        self._simulated_ns = 0
        return self

    @property
    def clock_type(self) -> ClockType:
        """Kind of this clock."""
        return self._clock_type

    @property
    def handle(self) -> Clock:
        """The clock itself: there is no other layer below."""
        return self

    def __repr__(self) -> str:
        return f'Clock(clock_type={self._clock_type.name})'

    def now(self) -> Time:
        """Current time."""
        return Time(nanoseconds=self._now_ns(), clock_type=self._clock_type)

    def _now_ns(self) -> int:
        return self._simulated_ns if self._is_simulated else self._read_ns()

    def create_jump_callback(
        self,
        threshold: JumpThreshold,
        *,
        pre_callback: Callable[[], None] | None = None,
        post_callback: Callable[[TimeJump], None] | None = None,
    ) -> JumpHandle:
        """Have callbacks called around jumps of the time, for as long as the handle lives."""
        return JumpHandle(
            clock=self, threshold=threshold, pre_callback=pre_callback, post_callback=post_callback
        )

    def sleep_until(self, until: Time, context: Context | None = None) -> bool:
        """Sleep until a time of this clock.

        Args:
            until: When to wake up.
            context: Its shutdown ends the sleep; default the default context.

        Returns:
            True when the time was reached; False when the context was shut down or the source
            of the time changed.

        Raises:
            NotInitializedException: The context is not up.
            ValueError: `until` is of another kind of clock.
        """
        context = get_default_context() if context is None else context
        if not context.ok():
            raise NotInitializedException()
        if until.clock_type != self._clock_type:
            raise ValueError("until's clock type does not match this clock's type")
        event = threading.Event()
        source_changed = False

        def on_time_jump(jump: TimeJump) -> None:
            nonlocal source_changed
            source_changed = source_changed or jump.clock_change in _SOURCE_CHANGES
            if source_changed or self.now() >= until:
                event.set()

        context.on_shutdown(event.set)
        threshold = JumpThreshold(min_forward=Duration(nanoseconds=1), min_backward=None)
        with self.create_jump_callback(threshold, post_callback=on_time_jump):
            while not event.is_set() and (left_ns := until.nanoseconds - self._now_ns()) > 0:
                event.wait(None if self._is_simulated else left_ns / S_TO_NS)
        return context.ok() and not source_changed and self.now() >= until

    def sleep_for(self, rel_time: Duration, context: Context | None = None) -> bool:
        """Sleep for a duration of this clock's time; see `sleep_until`."""
        return self.sleep_until(self.now() + rel_time, context)


class ROSClock(Clock):
    """System time, or simulated time when that is active."""

    def __new__(cls) -> ROSClock:
        """Create a clock of kind ROS_TIME."""
        return super().__new__(Clock, clock_type=ClockType.ROS_TIME)  # type: ignore[return-value]

    @property
    def ros_time_is_active(self) -> bool:
        """Whether this clock shows simulated time."""
        return self._is_simulated

    def _set_ros_time_is_active(self, enabled: bool) -> None:
        if enabled != self._is_simulated:
            change = _SOURCE_CHANGES[0] if enabled else _SOURCE_CHANGES[1]
            self._jump(TimeJump(change, _ZERO), '_is_simulated', enabled)

    def set_ros_time_override(self, time: Time) -> None:
        """Set the simulated time.

        Raises:
            TypeError: `time` is no Time.
        """
        if not isinstance(time, Time):
            raise TypeError(
                f'Time must be specified as rclpy.time.Time. Received type: {type(time)}'
            )
        if not self._is_simulated:
            self._simulated_ns = time.nanoseconds
            return
        delta = Duration(nanoseconds=time.nanoseconds - self._simulated_ns)
        jump = TimeJump(ClockChange.ROS_TIME_NO_CHANGE, delta)
        self._jump(jump, '_simulated_ns', time.nanoseconds)

    def _jump(self, jump: TimeJump, attribute: str, value: int) -> None:
        """Change the time, with the callbacks before and after."""
        with self._lock:
            handles = [each for each in self._jump_handles if each._threshold._includes(jump)]
        for handle in handles:
            if handle._before is not None:
                handle._before()
        setattr(self, attribute, value)
        for handle in handles:
            if handle._after is not None:
                handle._after(jump)
