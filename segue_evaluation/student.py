"""A policy in training drives before the expert takes over, so that its own mistakes are shown.

The idea of DAgger (Ross, Gordon and Bagnell 2011): a policy comes to states that no expert would
come to, and only demonstrations that begin there teach it the way back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from policy_node.server import PolicyServer
from segue_core.chunk import Chunk, Request

_SOONEST = 16
"""Control steps after which the expert takes over at the soonest."""
_ROWS = (4, 28)
"""Rows of a chunk that are executed before the next one is asked for."""


class Student:
    """Drives the first part of an episode.

    Args:
        server: With its policy loaded.
        latest: Control steps after which the expert takes over at the latest.
    """

    def __init__(self, server: PolicyServer, latest: int) -> None:
        self._server, self._latest = server, latest
        self._chunk: Chunk | None = None
        self.until = self._rows = 0

    def begin(self, seed: int) -> None:
        """Draw how long to drive, and how many rows of a chunk to execute."""
        random = np.random.default_rng(seed)
        self.until = int(random.integers(_SOONEST, max(_SOONEST, self._latest) + 1))
        self._rows = int(random.integers(*_ROWS))
        self._chunk = None

    def drive(self, request: Request, features: Mapping[str, Any], prompt: str) -> Chunk | None:
        """Rows to execute from the request's timestep on; None once the expert drives."""
        if request.timestep >= self.until:
            return None
        if self._chunk is None or request.timestep - self._chunk.first_timestep >= self._rows:
            self._chunk = self._server.infer(request, features, prompt)
        done = request.timestep - self._chunk.first_timestep
        actions = self._chunk.actions
        left = np.concatenate([actions[done:], np.repeat(actions[-1:], done, axis=0)])
        return replace(self._chunk, request_id=request.request_id, stamp_ns=request.stamp_ns,
                       first_timestep=request.timestep, actions=left)
