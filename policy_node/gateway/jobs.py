"""One request of a client on its way through the inference thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from policy_node.inference import InferenceThread
from policy_node.policy import PolicyError
from policy_node.server import Asked
from policy_node.subtasks import SubtaskSettings
from segue_core.chunk import Chunk, Request


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class GatewayJob:
    """A `policy_node.inference.Job`. Each stands for itself: no prefix, timestep 0.

    Attributes:
        inference: Where it is inferred.
        session_id: Of the connection, or of the place in its batches.
        stamp_ns: When it came [ns, steady clock].
        deadline_ns: How long its answer is waited for [ns].
        features: What the policy needs.
        prompt: Instruction.
        settings: What its session's subtasks are to be like, given what holds for all; None for
            the same.
        result: The answer; cancelled when nobody waits for it any more.
    """

    inference: InferenceThread
    session_id: str
    stamp_ns: int
    deadline_ns: int
    features: Mapping[str, Any]
    prompt: str
    settings: Callable[[SubtaskSettings], SubtaskSettings] | None = None
    result: Future[Chunk | Exception] = field(default_factory=Future)

    def asked(self) -> Asked:
        """The request, with the columns of the policy that is loaded now."""
        if self.result.cancelled():
            raise PolicyError('the client is gone')
        server = self.inference.server
        if self.settings is not None:
            server.subtasks.set(self.session_id, self.settings(server.subtasks.settings))
        names = server.loaded().metadata.action_names
        request = Request(
            session_id=self.session_id, session_start_ns=0, request_id=0, stamp_ns=self.stamp_ns,
            timestep=0, task=self.prompt, must_go=False, queue_size=0, estimated_delay=0.0,
            deadline_ns=self.deadline_ns, names=names, prefix=np.empty((0, len(names))))
        return Asked(request, self.features, self.prompt)

    def answer(self, answer: Chunk | Exception) -> None:
        """Keep the answer, if somebody still waits for it."""
        with suppress(InvalidStateError):
            self.result.set_result(answer)
