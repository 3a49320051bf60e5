"""Answers questions with one loaded policy: sessions, deadlines, health. No Ray, no network."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import numpy as np

from policy_node.policies.ray.wire import Answer, Description, Question, WireError, received
from policy_node.policy import PolicyConfig, PolicyError
from policy_node.server import Asked, PolicyServer
from segue_core.chunk import Chunk, ChunkError, Request

STUCK_AFTER = 60.0
"""An inference that takes longer never ends [s]."""
BROKEN_AFTER = 10
"""Failures in a row, other than refusals, after which a model is given up."""


@dataclass(frozen=True, slots=True, eq=False)
class Arrived:
    """A question, and when it came.

    Attributes:
        question: What is asked.
        since: When it came [s, time.monotonic].
    """

    question: Question
    since: float


class Answers:
    """One loaded policy and its sessions. Used from one thread; `check` from any.

    Args:
        config: What to load.

    Attributes:
        replica: Its name, new for each loaded policy.

    Raises:
        PolicyError: It cannot be loaded.
    """

    def __init__(self, config: PolicyConfig) -> None:
        self.replica = uuid4().hex
        self._server = PolicyServer(config)
        self._metadata = self._server.load(config).metadata
        self._began: float | None = None
        self._failures = 0

    @property
    def batches(self) -> bool:
        """Whether the policy infers several questions at the cost of little more than one."""
        return self._server.batches

    def close(self) -> None:
        """Unload the policy."""
        self._server.close()

    def describe(self) -> Description:
        """What is loaded."""
        m = self._metadata
        return Description(name=m.name, names=m.action_names, units=m.action_units,
                           horizon=m.horizon, features=m.features,
                           step_ns=self._server.config.step_ns)

    def check(self, now: float) -> None:
        """Tell whether it can go on.

        Raises:
            RuntimeError: The model hangs, or fails whatever it is asked.
        """
        began = self._began
        if began is not None and now - began > STUCK_AFTER:
            raise RuntimeError(f'an inference has not ended for {now - began:.0f} s')
        if self._failures >= BROKEN_AFTER:
            raise RuntimeError(f'the last {self._failures} inferences failed; the reasons are in '
                               'the answers')

    def answer(self, arrived: Sequence[Arrived]) -> list[Answer]:
        """Answer a batch; one that fails does not touch the others.

        Returns:
            For each question its answer, in the same order.
        """
        self._began = began = time.monotonic()
        newest = {each.question.session: each for each in arrived}
        asked: dict[int, Asked] = {}
        answers: dict[int, Answer] = {}
        for i, each in enumerate(arrived):
            try:
                if newest[each.question.session] is not each:
                    raise PolicyError('a newer request of the same session came')
                if began - each.since > each.question.seconds:
                    raise PolicyError('the deadline passed while earlier requests were inferred')
                asked[i] = self._asked(each.question)
            except (PolicyError, ChunkError, WireError) as error:
                answers[i] = self._refusal(error)
        chunks = self._server.infer_batch(list(asked.values())) if asked else []
        for i, chunk in zip(asked, chunks, strict=True):
            answers[i] = self._answer(chunk, began - arrived[i].since)
        self._began = None
        return [answers[i] for i in range(len(arrived))]

    def _asked(self, question: Question) -> Asked:
        """A question as policy_node's own server takes it; begins its session if need be."""
        q = question
        request = Request(
            session_id=q.session, session_start_ns=0, request_id=0, stamp_ns=q.stamp_ns,
            timestep=q.timestep, task=q.prompt, must_go=False, queue_size=len(q.prefix),
            estimated_delay=q.delay, deadline_ns=max(round(q.seconds * 1e9), 1), names=q.names,
            prefix=q.prefix)
        features = {name: received(value) for name, value in q.features.items()}
        if q.continues != self.replica:
            self._server.forget(q.session)
        return Asked(request, features, q.prompt)

    def _answer(self, chunk: Chunk | Exception, waited: float) -> Answer:
        if isinstance(chunk, Exception):
            return self._refusal(chunk)
        self._failures = 0
        return Answer(
            replica=self.replica, names=chunk.names, units=chunk.units,
            actions=np.asarray(chunk.actions), frozen_rows=chunk.frozen_rows,
            subtask=chunk.subtask,
            timings={'replica.wait': waited, 'replica.infer': chunk.inference_ns / 1e9})

    def _refusal(self, error: Exception) -> Answer:
        if isinstance(error, (PolicyError, ChunkError, WireError)):
            return Answer(replica=self.replica, error=str(error))
        self._failures += 1
        return Answer(replica=self.replica, error=f'{type(error).__name__}: {error}')
