"""A span of time in integer nanoseconds, with the behaviour of `rclpy.duration.Duration`."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from typing import Any

_NS_PER_S = 10**9
_LIMIT_NS = 2**63


@functools.total_ordering
class Duration:
    """A span of time, possibly negative; comparable, addable, and scalable by a number."""

    __slots__ = ('_nanoseconds',)

    def __init__(self, *, seconds: int | float = 0, nanoseconds: int = 0) -> None:
        """Build a duration as the sum of both arguments.

        Args:
            seconds: Seconds, a fraction included [s].
            nanoseconds: Nanoseconds, a fraction is cut off [ns].

        Raises:
            OverflowError: The sum does not fit into 64 bits.
        """
        total = int(seconds * _NS_PER_S) + int(nanoseconds)
        if not -_LIMIT_NS <= total < _LIMIT_NS:
            raise OverflowError('Total nanoseconds value is too large to store in C duration.')
        self._nanoseconds = total

    @property
    def nanoseconds(self) -> int:
        """Length [ns]."""
        return self._nanoseconds

    def __repr__(self) -> str:
        return f'Duration(nanoseconds={self._nanoseconds})'

    def __str__(self) -> str:
        return 'Infinite' if self == Infinite else f'{self._nanoseconds} nanoseconds'

    def __hash__(self) -> int:
        return hash(self._nanoseconds)

    def __add__(self, other: Duration) -> Duration:
        return self._combine(other, lambda own, theirs: Duration(nanoseconds=own + theirs))

    def __sub__(self, other: Duration) -> Duration:
        return self._combine(other, lambda own, theirs: Duration(nanoseconds=own - theirs))

    def _combine(self, other: object, combine: Callable[[int, int], Any]) -> Any:
        if isinstance(other, Duration):
            return combine(self._nanoseconds, other._nanoseconds)
        return NotImplemented

    def __mul__(self, other: int | float) -> Duration:
        if isinstance(other, int):
            return Duration(nanoseconds=self._nanoseconds * other)
        if not isinstance(other, float):
            return NotImplemented
        if math.isfinite(other):
            return Duration(nanoseconds=int(self._nanoseconds * other))
        if other == math.inf:
            return Infinite
        raise ValueError("Can't multiply duration with nan")

    def __eq__(self, other: object) -> bool:
        return self._combine(other, operator.eq)

    def __lt__(self, other: Duration) -> bool:
        return self._combine(other, operator.lt)

    def to_msg(self) -> Any:
        """The same span as a `builtin_interfaces/msg/Duration`."""
        from builtin_interfaces.msg import Duration as DurationMessage

        seconds, nanoseconds = divmod(self._nanoseconds, _NS_PER_S)
        return DurationMessage(sec=seconds, nanosec=nanoseconds)

    @classmethod
    def from_msg(cls, msg: Any) -> Duration:
        """Duration of a `builtin_interfaces/msg/Duration`.

        Raises:
            TypeError: `msg` is something else.
        """
        from builtin_interfaces.msg import Duration as DurationMessage

        if not isinstance(msg, DurationMessage):
            raise TypeError('Must pass a builtin_interfaces.msg.Duration object')
        return cls(seconds=msg.sec, nanoseconds=msg.nanosec)


# Longest span that ROS tells from "for ever": 2**63 - 1 ns.
Infinite = Duration(nanoseconds=_LIMIT_NS - 1)
