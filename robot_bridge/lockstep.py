"""Simulated time: a chunk is usable a given number of control steps after its observation. Pure."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

from segue_core.chunk import Chunk


def draw_delays(delays: Sequence[int], seed: int) -> Iterator[int]:
    """Delays at random, each one as likely as any other; the same ones on every machine.

    Args:
        delays: What to draw from [control steps]; one that is listed twice is twice as likely.
        seed: Another one gives another order.
    """
    rng = random.Random(seed)
    while True:
        yield delays[int(rng.random() * len(delays))]


class Lockstep:
    """Makes each chunk usable exactly so many control steps after its observation as is drawn.

    Args:
        delays: Seed of a session -> delays of its chunks in turn [control steps], each >= 0,
            without end.
    """

    def __init__(self, delays: Callable[[int], Iterator[int]]) -> None:
        self._make_delays = delays
        self.reset(0)

    def reset(self, seed: int) -> None:
        """Begin a session."""
        self._delays = self._make_delays(seed)
        self.next_delay = next(self._delays)
        self._due_tick = 0
        self._arrived: tuple[Chunk, int] | None = None

    def asked(self, tick: int) -> None:
        """A request was sent at this tick."""
        self._due_tick = tick + self.next_delay
        self.next_delay = next(self._delays)

    def keep(self, chunk: Chunk, now_ns: int) -> None:
        """A chunk arrived at ``now_ns`` [steady clock]; it waits until it is due."""
        self._arrived = chunk, now_ns

    def due(self, tick: int) -> bool:
        """Whether the chunk that was asked for belongs into the buffer at this tick."""
        return tick >= self._due_tick

    def take(self, tick: int) -> tuple[Chunk, int] | None:
        """The chunk that arrived, once and when due, with its arrival [ns, steady clock]."""
        if not self.due(tick):
            return None
        arrived, self._arrived = self._arrived, None
        return arrived
