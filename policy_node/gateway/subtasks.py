"""The subtasks of the gateway's sessions: what clients set, see, and are told."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from policy_node.gateway.jobs import GatewayJob
from policy_node.gateway.messages import InferRequest, Pursued
from policy_node.policy import Observation, SubtaskPolicy
from policy_node.server import PolicyServer
from policy_node.subtasks import CurrentSubtask, Provenance, SubtaskSettings, View
from segue_core.chunk import Chunk


def settings_of(request: InferRequest, common: SubtaskSettings) -> SubtaskSettings:
    """What a request sets for its session; the rest as for all."""
    return replace(
        common, generate_subtask=request.generate_subtask,
        low_level_prompt='' if request.generate_subtask else request.low_level_prompt,
        subtask_refresh_interval=request.refresh_interval or 0.0,
        max_decoding_steps=request.decoding.max_decoding_steps,
        temperature=request.decoding.temperature)


def pursued(server: PolicyServer, request: InferRequest, job: GatewayJob, chunk: Chunk) -> Pursued:
    """What a chunk was made for."""
    renewed = request.generate_subtask and isinstance(server.policy, SubtaskPolicy)
    interval = request.refresh_interval if renewed else None
    current = server.subtasks.current(job.session_id)
    if current is None or current.text != chunk.subtask:
        return Pursued(chunk.subtask, interval=interval)
    # One that was decoded from an earlier observation was there already.
    own = current.stamp_ns == job.stamp_ns and current.provenance is Provenance.DECODED
    return Pursued(current.text, current.tokens, current.decoding_ns if own else 0, interval)


@dataclass(slots=True, eq=False)
class Session:
    """A session as who refreshes subtasks knows it; from any thread.

    Attributes:
        session_id: Its name.
        changed: Told of each refresh.
        newest: Its newest request, if the client wants refreshes.
    """

    session_id: str
    changed: Callable[[CurrentSubtask], None]
    newest: GatewayJob | None = None

    def view(self) -> View | None:
        """What it sees now: what its client sent last."""
        job, now_ns = self.newest, time.monotonic_ns()
        if job is None:
            return None
        return View(now_ns, lambda: Observation(now_ns, 0, job.prompt, job.features,
                                                self.session_id))

    def tell(self, session_id: str, new: CurrentSubtask) -> None:
        """It has a new subtask; the first one is in the answer."""
        if self.newest and new.refresh_count:
            self.changed(new)
