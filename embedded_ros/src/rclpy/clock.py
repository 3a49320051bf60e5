"""Clocks, simulated time included."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

from rclpy._rclpy_pybind11 import ClockChange
from rclpy.clock_type import ClockType
from rclpy.constants import S_TO_NS
from rclpy.context import Context
from rclpy.duration import Duration
from rclpy.exceptions import NotInitializedException
from rclpy.impl.clock_source import ClockSource, JumpListener
from rclpy.time import Time
from rclpy.utilities import get_default_context

__all__ = [
    'Clock',
    'ClockChange',
    'ClockType',
    'JumpHandle',
    'JumpThreshold',
    'ROSClock',
    'TimeJump',
]


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
        if min_forward is not None and min_forward.nanoseconds <= 0:
            raise ValueError('min_forward must be a positive non-zero duration')
        if min_backward is not None and min_backward.nanoseconds >= 0:
            raise ValueError('min_backward must be a negative non-zero duration')
        if min_forward is None and min_backward is None and not on_clock_change:
            raise ValueError('At least one jump threshold must be enabled')
        self.min_forward = min_forward
        self.min_backward = min_backward
        self.on_clock_change = on_clock_change


class TimeJump:
    """How a clock's time jumped."""

    def __init__(self, clock_change: ClockChange, delta: Duration) -> None:
        if not isinstance(clock_change, ClockChange):
            raise TypeError('clock_change must be an instance of rclpy.clock.ClockChange')
        self._clock_change = clock_change
        self._delta = delta

    @property
    def clock_change(self) -> ClockChange:
        """Whether the source of the time changed."""
        return self._clock_change

    @property
    def delta(self) -> Duration:
        """New time less old time."""
        return self._delta


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
        after: Callable[[ClockChange, int], None] | None = None
        if post_callback is not None:

            def after(change: ClockChange, delta_ns: int) -> None:
                post_callback(TimeJump(change, Duration(nanoseconds=delta_ns)))

        forward, backward = threshold.min_forward, threshold.min_backward
        self._listener = JumpListener(
            threshold.on_clock_change,
            0 if forward is None else forward.nanoseconds,
            0 if backward is None else backward.nanoseconds,
            pre_callback,
            after,
        )
        self._clock: Clock | None = clock
        clock.handle.add_listener(self._listener)

    def unregister(self) -> None:
        """Stop the callbacks; harmless when repeated."""
        if self._clock is not None:
            self._clock.handle.remove_listener(self._listener)
            self._clock = None

    def __enter__(self) -> JumpHandle:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.unregister()


class Clock:
    """A clock; `Clock(clock_type=ClockType.ROS_TIME)` is a ROSClock."""

    _source: ClockSource
    _clock_type: ClockType

    def __new__(cls, *, clock_type: ClockType = ClockType.SYSTEM_TIME) -> Clock:
        """Create a clock of a kind.

        Raises:
            TypeError: `clock_type` is no ClockType.
        """
        if not isinstance(clock_type, ClockType):
            raise TypeError('Clock type must be a ClockType enum')
        self = super().__new__(ROSClock if clock_type is ClockType.ROS_TIME else cls)
        self._source = ClockSource(clock_type)
        self._clock_type = clock_type
        return self

    @property
    def clock_type(self) -> ClockType:
        """Kind of this clock."""
        return self._clock_type

    @property
    def handle(self) -> ClockSource:
        """Source of this clock's time."""
        return self._source

    def __repr__(self) -> str:
        return f'Clock(clock_type={self._clock_type.name})'

    def now(self) -> Time:
        """Current time."""
        return Time(nanoseconds=self._source.now_ns(), clock_type=self._clock_type)

    def create_jump_callback(
        self,
        threshold: JumpThreshold,
        *,
        pre_callback: Callable[[], None] | None = None,
        post_callback: Callable[[TimeJump], None] | None = None,
    ) -> JumpHandle:
        """Have callbacks called around jumps of the time, for as long as the handle lives."""
        return JumpHandle(
            clock=self,
            threshold=threshold,
            pre_callback=pre_callback,
            post_callback=post_callback,
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
            source_changed = source_changed or jump.clock_change in (
                ClockChange.ROS_TIME_ACTIVATED,
                ClockChange.ROS_TIME_DEACTIVATED,
            )
            if source_changed or self.now() >= until:
                event.set()

        context.on_shutdown(event.set)
        threshold = JumpThreshold(min_forward=Duration(nanoseconds=1), min_backward=None)
        with self.create_jump_callback(threshold, post_callback=on_time_jump):
            while not event.is_set() and (left_ns := until.nanoseconds - self._source.now_ns()) > 0:
                simulated = self._source.override_active
                event.wait(None if simulated else left_ns / S_TO_NS)
        if not context.ok() or source_changed:
            return False
        return self.now() >= until

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
        return self.handle.override_active

    def _set_ros_time_is_active(self, enabled: bool) -> None:
        self.handle.set_override_active(enabled)

    def set_ros_time_override(self, time: Time) -> None:
        """Set the simulated time.

        Raises:
            TypeError: `time` is no Time.
        """
        if not isinstance(time, Time):
            raise TypeError(
                f'Time must be specified as rclpy.time.Time. Received type: {type(time)}'
            )
        self.handle.set_override(time.nanoseconds)
