"""A policy in training drives before the expert takes over, so that its own mistakes are shown.

The idea of DAgger (Ross, Gordon and Bagnell 2011): a policy comes to states that no expert would
come to, and only demonstrations that begin there teach it the way back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy_node.server import PolicyServer
from segue_core.chunk import Chunk, Request

_SOONEST = 16
"""Control steps after which the expert takes over at the soonest."""
_ROWS = (4, 28)
"""Rows of a chunk that are executed before the next one is asked for."""
_LATEST_DELAY = 12
"""Control steps from a request to its chunk at most."""
_SHARES = (1.0, 1.0, 0.7, 0.3)
"""Shares of new rows in the merge with old ones; half of the episodes replace them."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How a student executes its chunks in one episode.

    Attributes:
        until: Control steps after which the expert takes over.
        rows: Control steps from one request to the next.
        delay: Control steps from a request to its chunk.
        share: Share of new rows where old ones are queued, 0..1.
        continues: The policy is told what is queued, and how long its chunk will take.
    """

    until: int
    rows: int
    delay: int
    share: float
    continues: bool

    @classmethod
    def drawn(cls, seed: int, latest: int) -> Rhythm:
        """One of an episode: half of them wait for each chunk, the others are asynchronous.

        Args:
            seed: Of the episode.
            latest: Control steps after which the expert takes over at the latest.
        """
        random = np.random.default_rng(seed)
        until = int(random.integers(_SOONEST, max(_SOONEST, latest) + 1))
        rows = int(random.integers(*_ROWS))
        if random.random() < 0.5:
            return cls(until, rows, 0, 1.0, continues=False)
        delay = int(random.integers(1, _LATEST_DELAY + 1))
        continues = bool(random.random() < 0.5)
        share = 1.0 if continues else float(random.choice(_SHARES))
        return cls(until, rows, delay, share, continues)


class Student:
    """Drives the first part of an episode.

    Args:
        server: With its policy loaded.
        latest: Control steps after which the expert takes over at the latest.
    """

    def __init__(self, server: PolicyServer, latest: int) -> None:
        self._server, self._latest = server, latest
        self.begin(0)

    def begin(self, seed: int) -> None:
        """Draw how long to drive, and how chunks are executed."""
        self.rhythm = Rhythm.drawn(seed, self._latest)
        self._chunk: Chunk | None = None

    def drive(self, request: Request, features: Mapping[str, Any], prompt: str) -> Chunk | None:
        """Rows to execute from the request's timestep on; None once the expert drives."""
        now = request.timestep
        if now >= self.rhythm.until:
            return None
        if self._chunk is None or now - self._chunk.first_timestep >= self.rhythm.rows:
            queued = self._queued(now)
            chunk = self._server.infer(self._asking(request, queued), features, prompt)
            self._chunk = replace(chunk, actions=self._merged(queued, chunk.actions))
        left = self._queued(now)
        done = self._chunk.horizon - len(left)
        return replace(self._chunk, request_id=request.request_id, stamp_ns=request.stamp_ns,
                       first_timestep=now, frozen_rows=0,
                       actions=np.concatenate([left, np.repeat(left[-1:], done, axis=0)]))

    def _queued(self, now: int) -> NDArray[np.float64]:
        """Rows that are left of the chunk."""
        if self._chunk is None:
            return np.empty((0, 1))
        return self._chunk.actions[now - self._chunk.first_timestep:]

    def _asking(self, request: Request, queued: NDArray[np.float64]) -> Request:
        if self._chunk and self.rhythm.continues:
            return replace(request, names=self._chunk.names, prefix=queued,
                           estimated_delay=float(self.rhythm.delay))
        return replace(request, prefix=np.empty((0, len(request.names))), estimated_delay=0.0)

    def _merged(self, queued: NDArray[np.float64], new: NDArray[np.float64]) -> NDArray[np.float64]:
        """Rows of a chunk that came after the delay, as they are executed."""
        rows, share = new.copy(), self.rhythm.share
        both, late = min(len(queued), len(rows)), min(len(queued), self.rhythm.delay)
        rows[:both] = (1 - share) * queued[:both] + share * new[:both]
        rows[:late] = queued[:late]
        return rows
