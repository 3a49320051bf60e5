"""A point in time of one clock."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

from rclpy.clock_type import ClockType
from rclpy.constants import S_TO_NS
from rclpy.duration import Duration


@functools.total_ordering
class Time:
    """A point in time [ns] on a kind of clock; times of different kinds do not compare."""

    def __init__(
        self, *, seconds: int | float = 0, nanoseconds: int = 0,
        clock_type: ClockType = ClockType.SYSTEM_TIME,
    ) -> None:  # fmt: skip
        """Build a time as the sum of both arguments.

        Args:
            seconds: Seconds since the clock's zero, not negative [s].
            nanoseconds: Nanoseconds to add, not negative [ns].
            clock_type: Kind of clock.

        Raises:
            TypeError: `clock_type` is no ClockType.
            ValueError: An argument is negative.
            OverflowError: The sum does not fit into 64 bits.
        """
        if not isinstance(clock_type, ClockType):
            raise TypeError('Clock type must be a ClockType enum')
        if seconds < 0:
            raise ValueError('Seconds value must not be negative')
        if nanoseconds < 0:
            raise ValueError('Nanoseconds value must not be negative')
        total = int(seconds * S_TO_NS) + int(nanoseconds)
        if total >= 2**63:
            raise OverflowError('Total nanoseconds value is too large to store in C time point.')
        self._nanoseconds = total
        self._clock_type = clock_type

    @property
    def nanoseconds(self) -> int:
        """Nanoseconds since the clock's zero."""
        return self._nanoseconds

    @property
    def clock_type(self) -> ClockType:
        """Kind of clock."""
        return self._clock_type

    def seconds_nanoseconds(self) -> tuple[int, int]:
        """Whole seconds and the nanoseconds left."""
        return divmod(self._nanoseconds, S_TO_NS)

    def __repr__(self) -> str:
        return f'Time(nanoseconds={self._nanoseconds}, clock_type={self._clock_type.name})'

    def __add__(self, other: Duration) -> Time:
        if not isinstance(other, Duration):
            return NotImplemented
        return self._at(self._nanoseconds + other.nanoseconds)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, Time):
            if self._clock_type != other._clock_type:
                raise TypeError("Can't subtract times with different clock types")
            return Duration(nanoseconds=self._nanoseconds - other._nanoseconds)
        if not isinstance(other, Duration):
            return NotImplemented
        return self._at(self._nanoseconds - other.nanoseconds)

    def _at(self, nanoseconds: int) -> Time:
        if nanoseconds < 0:
            raise ValueError('Subtraction leads to negative time.')
        return Time(nanoseconds=nanoseconds, clock_type=self._clock_type)

    def _compare(self, other: object, compare: Callable[[int, int], bool]) -> bool:
        if not isinstance(other, Time):
            return NotImplemented
        if self._clock_type != other._clock_type:
            raise TypeError("Can't compare times with different clock types")
        return compare(self._nanoseconds, other._nanoseconds)

    def __eq__(self, other: object) -> bool:
        return self._compare(other, operator.eq)

    def __lt__(self, other: Time) -> bool:
        return self._compare(other, operator.lt)

    __hash__ = None  # type: ignore[assignment]

    def to_msg(self) -> Any:
        """The same time as a `builtin_interfaces/msg/Time`."""
        from builtin_interfaces.msg import Time as TimeMessage

        seconds, nanoseconds = self.seconds_nanoseconds()
        return TimeMessage(sec=seconds, nanosec=nanoseconds)

    @classmethod
    def from_msg(cls, msg: Any, clock_type: ClockType = ClockType.ROS_TIME) -> Time:
        """Time of a `builtin_interfaces/msg/Time`.

        Raises:
            TypeError: `msg` is something else.
        """
        from builtin_interfaces.msg import Time as TimeMessage

        if not isinstance(msg, TimeMessage):
            raise TypeError('Must pass a builtin_interfaces.msg.Time object')
        return cls(seconds=msg.sec, nanoseconds=msg.nanosec, clock_type=clock_type)
