"""Timers and rates."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from rclpy._rclpy_pybind11 import ClockChange, RCLError
from rclpy.callback_groups import CallbackGroup
from rclpy.clock import Clock, JumpThreshold, TimeJump
from rclpy.context import Context
from rclpy.duration import Duration
from rclpy.exceptions import InvalidHandle, ROSInterruptException
from rclpy.impl.entity import Entity
from rclpy.task import await_or_execute

_ANY_JUMP = JumpThreshold(
    min_forward=Duration(nanoseconds=1), min_backward=Duration(nanoseconds=-1)
)


class Timer(Entity):
    """Calls a function periodically, by a clock; made by `Node.create_timer`.

    The next call is always due a whole number of periods after the first, so that late calls
    do not add up; calls that were missed altogether are dropped.
    """

    def __init__(
        self, callback: Callable[[], Any] | None, callback_group: CallbackGroup,
        timer_period_ns: int, clock: Clock, *, autostart: bool = True,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """Create a timer whose first call is due in one period.

        Args:
            callback: Function or coroutine function without arguments.
            callback_group: Group that decides when it may run.
            timer_period_ns: Period, not negative [ns].
            clock: Clock that the period is measured by.
            autostart: Whether it runs; `reset` starts it.
            on_change: Called when the next call may be due earlier than before.

        Raises:
            RCLError: The period is negative.
        """
        super().__init__(callback_group)
        self.callback = callback
        self.clock = clock
        self._on_change = on_change
        self._credit_ns = 0
        self._destroyed = False
        self.timer_period_ns = timer_period_ns
        self.reset()
        self._canceled = not autostart
        self._jumps = clock.create_jump_callback(
            _ANY_JUMP, pre_callback=self._before_jump, post_callback=self._after_jump
        )

    @property
    def handle(self) -> Timer | None:
        """The timer itself, None after `destroy`."""
        return None if self._destroyed else self

    @property
    def timer_period_ns(self) -> int:
        """Period [ns]; a new one counts from the next call on."""
        return self._period_ns

    @timer_period_ns.setter
    def timer_period_ns(self, value: int) -> None:
        if value < 0:
            raise RCLError(
                f'failed to create timer: the period must not be negative, got {value} ns'
            )
        self._period_ns = int(value)
        self._on_change()

    def is_ready(self) -> bool:
        """Whether a call is due."""
        return not self._canceled and self._next_ns <= self.clock._now_ns()

    def is_canceled(self) -> bool:
        """Whether the timer is stopped."""
        return self._canceled

    def cancel(self) -> None:
        """Stop; `reset` starts it again."""
        self._canceled = True

    def reset(self) -> None:
        """Start again: the next call is due in one period."""
        self._last_ns = self.clock._now_ns()
        self._next_ns = self._last_ns + self._period_ns
        self._canceled = False
        self._on_change()

    def time_since_last_call(self) -> int:
        """Time since the last call, or since the start [ns]."""
        return self.clock._now_ns() - self._last_ns

    def time_until_next_call(self) -> int | None:
        """Time until a call is due, negative when it is late [ns]; None when canceled."""
        return None if self._canceled else self._next_ns - self.clock._now_ns()

    def destroy(self) -> None:
        """Stop for good; harmless when repeated."""
        self._canceled = self._destroyed = True
        self._jumps.unregister()

    def _due_in_ns(self) -> int | None:
        """Time to wait for a call [ns]; None when waiting alone does not bring it."""
        left_ns = self.time_until_next_call()
        if left_ns is None or (left_ns > 0 and self.clock._is_simulated):
            return None
        return left_ns

    def _take(self, executor: object) -> Callable[[], Any] | None:
        if self._canceled:
            return None
        now_ns = self._last_ns = self.clock._now_ns()
        self._next_ns += self._period_ns
        behind_ns = now_ns - self._next_ns
        if behind_ns > 0:
            missed = -(-behind_ns // self._period_ns) if self._period_ns else 0
            self._next_ns = self._next_ns + missed * self._period_ns if missed else now_ns
        callback = self.callback
        return None if callback is None else lambda: await_or_execute(callback)

    def _before_jump(self) -> None:
        self._before_ns = self.clock._now_ns()

    def _after_jump(self, jump: TimeJump) -> None:
        now_ns = self.clock._now_ns()
        if jump.clock_change != ClockChange.ROS_TIME_NO_CHANGE:
            if self._before_ns:  # a simulated time of 0 means that none was received yet
                self._credit_ns = self._before_ns - self._last_ns
            if now_ns and self._credit_ns:
                self._last_ns = now_ns - self._credit_ns
                self._next_ns = self._last_ns + self._period_ns
                self._credit_ns = 0
        elif now_ns < self._last_ns:
            self._last_ns = now_ns
            self._next_ns = now_ns + self._period_ns
        if self.is_ready():
            self._on_change()


class Rate:
    """Sleeps until the next tick of a timer; made by `Node.create_rate`.

    Another thread must spin the node.
    """

    def __init__(self, timer: Timer, *, context: Context) -> None:
        """Take a timer over: its callback ends the sleep."""
        self._timer = timer
        self._is_shutdown = False
        self._is_destroyed = False
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._num_sleepers = 0
        self._timer.callback = self._event.set
        context.on_shutdown(self._on_shutdown)
        context._on_invalid(self._on_shutdown)

    def _on_shutdown(self) -> None:
        self._is_shutdown = True
        self.destroy()

    def destroy(self) -> None:
        """End all sleeps for good."""
        self._is_destroyed = True
        self._event.set()

    def sleep(self) -> None:
        """Sleep until the next tick.

        Raises:
            ROSInterruptException: The context was shut down.
            RuntimeError: The rate was destroyed.
            InvalidHandle: Its timer was destroyed.
        """
        if self._is_shutdown:
            raise ROSInterruptException()
        if self._is_destroyed:
            raise RuntimeError('Rate cannot sleep because it has been destroyed')
        if self._timer.handle is None:
            self.destroy()
            raise InvalidHandle('Rate cannot sleep because the timer has been destroyed')
        with self._lock:
            self._num_sleepers += 1
        try:
            self._event.wait()
        finally:
            with self._lock:
                self._num_sleepers -= 1
                if self._num_sleepers == 0 and not self._is_destroyed:
                    self._event.clear()
            if self._is_shutdown:
                raise ROSInterruptException()
