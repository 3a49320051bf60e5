"""The subtasks of the gateway's sessions: what clients set, and what they are told."""

from __future__ import annotations

from typing import Protocol

from policy_node.gateway.messages import InferRequest, Pursued
from segue_core.chunk import Chunk


class Subtasks(Protocol):
    """Who keeps subtasks; may be called from any thread."""

    def want(self, session_id: str, request: InferRequest) -> None:
        """A request is about to be inferred: take its settings over."""

    def pursued(self, session_id: str, request: InferRequest, chunk: Chunk) -> Pursued:
        """What a chunk was made for."""

    def forget(self, session_id: str) -> None:
        """A session is over."""


class PolicysOwn:
    """Without a keeper: whatever subtask the policy says that it pursues."""

    def want(self, session_id: str, request: InferRequest) -> None:
        """Do nothing."""

    def pursued(self, session_id: str, request: InferRequest, chunk: Chunk) -> Pursued:
        """What the policy said with its actions."""
        return Pursued(chunk.subtask)

    def forget(self, session_id: str) -> None:
        """Do nothing."""
