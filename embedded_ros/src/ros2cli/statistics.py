"""Statistics of message streams; times are integer nanoseconds."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection
from typing import NamedTuple


class Summary(NamedTuple):
    """Statistics of the values in a window."""

    mean: float
    least: float
    greatest: float
    std_dev: float
    number: int


def summarize(values: Collection[float]) -> Summary:
    """Statistics of one or more values."""
    mean = sum(values) / len(values)
    variance = sum((value - mean) ** 2 for value in values) / len(values)
    return Summary(mean, min(values), max(values), math.sqrt(variance), len(values))


class Window:
    """The last values of a series."""

    def __init__(self, size: int) -> None:
        """Make an empty window.

        Args:
            size: Number of values to keep.
        """
        self._values: deque[int] = deque(maxlen=size)
        self._has_news = False

    def add(self, value: int) -> None:
        """Add a value."""
        self._values.append(value)
        self._has_news = True

    def __len__(self) -> int:
        """Number of values in the window."""
        return len(self._values)

    def clear(self) -> None:
        """Forget all values."""
        self._values.clear()

    def news(self) -> Summary | None:
        """Statistics, None if nothing was added since the last call."""
        if not self._has_news or not self._values:
            return None
        self._has_news = False
        return summarize(self._values)


class Rate:
    """Intervals between messages [ns]."""

    def __init__(self, window_size: int) -> None:
        """Make a rate of nothing.

        Args:
            window_size: Number of intervals to keep.
        """
        self._intervals = Window(window_size)
        self._last: int | None = None

    def add(self, now_ns: int) -> None:
        """A message arrived; time that goes back starts all over."""
        if self._last is not None and now_ns < self._last:
            self._intervals.clear()
        elif self._last is not None:
            self._intervals.add(now_ns - self._last)
        self._last = now_ns

    def news(self) -> Summary | None:
        """Statistics of the intervals, None without news."""
        return self._intervals.news()


class Bandwidth:
    """Sizes of messages [bytes] and when they arrived."""

    def __init__(self, window_size: int) -> None:
        """Make a bandwidth of nothing.

        Args:
            window_size: Number of messages to keep.
        """
        self._messages: deque[tuple[int, int]] = deque(maxlen=window_size)

    def add(self, now_ns: int, size: int) -> None:
        """A message arrived."""
        self._messages.append((now_ns, size))

    def per_second(self, now_ns: int) -> tuple[float, Summary] | None:
        """Bytes per second, with statistics of the sizes; None for fewer than two messages."""
        if len(self._messages) < 2 or now_ns <= self._messages[0][0]:
            return None
        sizes = [size for _, size in self._messages]
        seconds = (now_ns - self._messages[0][0]) * 1e-9
        return sum(sizes) / seconds, summarize(sizes)
