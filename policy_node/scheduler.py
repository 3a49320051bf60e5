"""Which requests are inferred next, and together. Pure: time is passed in.

Each robot has at most one request here. Who waits is overtaken at most once by each other robot,
whatever that one does: with R robots and batches of B a request is in one of the next ceil(R / B)
batches.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

T = TypeVar('T')

ALIVE_NS = 10_000_000_000
"""A robot that asked within this time is expected to ask again [ns]."""


@dataclass(frozen=True, slots=True)
class Waiting(Generic[T]):
    """A request whose samples are there.

    Attributes:
        robot: Who asks.
        request: Anything; handed out as it came.
        must_go: The robot has nothing left to execute.
        expires_ns: From when on its answer is of no use [ns]; must-go never expires.
        since_ns: When it, or the request that it replaces, came [ns]; set by `Scheduler.add`.
        since: The same in the scheduler's own counting, in which nothing happens at once.
    """

    robot: str
    request: T
    must_go: bool
    expires_ns: int
    since_ns: int = 0
    since: int = 0


@dataclass(frozen=True, slots=True)
class Batch(Generic[T]):
    """What `Scheduler.take` hands out: requests to infer, and those that waited too long."""

    chosen: tuple[Waiting[T], ...]
    expired: tuple[Waiting[T], ...]


class Scheduler(Generic[T]):
    """Waiting requests of several robots.

    Args:
        max_batch_size: Requests inferred at once, >= 1; may be changed.
        batch_wait_ns: How long the oldest request waits for others to join it [ns]; may be
            changed.
    """

    def __init__(self, max_batch_size: int, batch_wait_ns: int) -> None:
        self.max_batch_size = max_batch_size
        self.batch_wait_ns = batch_wait_ns
        self._waiting: dict[str, Waiting[T]] = {}
        self._count = 0
        self._served: dict[str, int] = {}
        self._asked_ns: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, waiting: Waiting[T], now_ns: int) -> Waiting[T] | None:
        """Let a request wait; it takes the place of an older one of its robot.

        Returns:
            The request that it replaces, None without one.
        """
        self._asked_ns[waiting.robot] = now_ns
        old = self._waiting.get(waiting.robot)
        since = (now_ns, self._next()) if old is None else (old.since_ns, old.since)
        self._waiting[waiting.robot] = replace(waiting, since_ns=since[0], since=since[1])
        return old

    def clear(self) -> tuple[Waiting[T], ...]:
        """Forget what waits, and return it."""
        waiting = tuple(self._waiting.values())
        self._waiting.clear()
        return waiting

    def alive(self, now_ns: int) -> int:
        """How many robots asked lately."""
        return sum(now_ns - asked_ns <= ALIVE_NS for asked_ns in self._asked_ns.values())

    def wait_ns(self, now_ns: int) -> int:
        """How long `take` had better wait for more requests [ns]; 0 to take now."""
        enough = min(self.max_batch_size, self.alive(now_ns))
        if not self._waiting or len(self._waiting) >= enough:
            return 0
        oldest_ns = min(w.since_ns for w in self._waiting.values())
        return max(0, oldest_ns + self.batch_wait_ns - now_ns)

    def take(self, now_ns: int) -> Batch[T]:
        """Take what is to be inferred now, the most urgent first.

        Must-go comes first, but only once while others wait: a robot that never has anything left
        to execute would else keep them waiting for ever. Then comes who was served longest ago.
        """
        expired = tuple(w for w in self._waiting.values()
                        if not w.must_go and now_ns >= w.expires_ns)
        self._drop(expired)
        oldest = min((w.since for w in self._waiting.values()), default=0)

        def turn(w: Waiting[T]) -> tuple[bool, int, int]:
            served = self._served.get(w.robot, 0)
            return not (w.must_go and served < oldest), served, w.since

        chosen = tuple(sorted(self._waiting.values(), key=turn)[:self.max_batch_size])
        self._drop(chosen)
        for w in chosen:
            self._served[w.robot] = self._next()
        return Batch(chosen, expired)

    def _drop(self, taken: Iterable[Waiting[T]]) -> None:
        for w in taken:
            del self._waiting[w.robot]

    def _next(self) -> int:
        self._count += 1
        return self._count
