"""One session's stream of requests and chunks: when to ask, what to accept, what was counted.

Pure: time is passed in. `ChunkStream` joins the buffer with the rules for requests; the node calls
it from its control tick and its chunk callback.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_bridge.chunk_buffer import ChunkBuffer, Merge
from robot_bridge.delay import DelayEstimator
from robot_bridge.similarity import SimilarityFilter
from segue_core.chunk import Chunk, ChunkError, Request

MAX_OPEN = 16
"""Requests whose answers are still welcome; beyond it the oldest is forgotten."""


@dataclass(slots=True)
class Counters:
    """Counted since the session began."""

    requests: int = 0
    chunks: int = 0
    refused_chunks: int = 0
    lost_requests: int = 0
    late_rows: int = 0
    merged_rows: int = 0
    broken_prefixes: int = 0
    expired_rows: int = 0
    starved_ticks: int = 0
    ticks: int = 0
    level_sum: float = 0.0
    seam_jump: float = 0.0
    seam_jump_sum: float = 0.0
    merges: int = 0
    last_refusal: str = ''

    @property
    def mean_level(self) -> float:
        """Mean queue level over the control ticks [0..1]."""
        return self.level_sum / self.ticks if self.ticks else 0.0

    @property
    def mean_seam_jump(self) -> float:
        """Mean over the merges of the largest |new - old| [column's unit]."""
        return self.seam_jump_sum / self.merges if self.merges else 0.0


@dataclass(frozen=True, slots=True)
class _Asked:
    timestep: int
    sent_at_ns: int
    prefix: NDArray[np.float64]


class ChunkStream:
    """Requests and chunks of the current session.

    Args:
        buffer: Queue of rows.
        threshold: Ask when ``queued / horizon`` is at most this [0..1]; higher asks earlier.
        deadline_ns: How long an answer may take before the request counts as lost [ns]. A lost
            request is asked again; its answer is still welcome until a newer one arrives.
        backoff_ns: Pause after an answer without usable rows [ns].
        step_ns: Row spacing that chunks must have [ns].
        units: Unit that chunks must give each column of the buffer, D units.
        similarity: Skips requests while rows are queued and the robot stands still; None to ask
            whenever the threshold says so.
    """

    def __init__(self, buffer: ChunkBuffer, *, threshold: float, deadline_ns: int,
                 backoff_ns: int, step_ns: int, units: tuple[str, ...],
                 similarity: SimilarityFilter | None = None) -> None:
        self.buffer = buffer
        self.similarity = similarity or SimilarityFilter(buffer.lower, buffer.upper, 0.0)
        self.threshold = threshold
        self.deadline_ns = deadline_ns
        self.backoff_ns = backoff_ns
        self.step_ns = step_ns
        self._units = dict(zip(buffer.names, units, strict=True))
        self.delay_steps = DelayEstimator()
        self.round_trip_ns = DelayEstimator()
        self.session_id = self._previous_id = ''
        self.start('', 0, '')

    def start(self, session_id: str, stamp_ns: int, task: str) -> None:
        """Begin a session: nothing queued, nothing asked, all counters zero.

        Args:
            session_id: Unlike any other.
            stamp_ns: Now [ns, the bridge's clock].
            task: Instruction for the policy; empty for the policy_node's own.
        """
        if self.session_id:
            self._previous_id = self.session_id
        self.session_id = session_id
        self.session_start_ns = stamp_ns
        self.task = task
        self.counters = Counters()
        self.buffer.clear()
        self.similarity.reset()
        self._asked: dict[int, _Asked] = {}
        self._in_flight: int | None = None
        self._next_id = 0
        self._accepted_at_ns = 0
        self._not_before_ns: int | None = None

    @property
    def in_flight(self) -> bool:
        """Whether an answer is awaited."""
        return self._in_flight is not None

    @property
    def asking(self) -> bool:
        """Whether rows are wanted: an answer is awaited, or the next request waits its pause."""
        return self.in_flight or len(self.buffer) == 0 or (
            self.buffer.level <= self.threshold and not self.similarity.similar)

    def waited_ns(self, now_ns: int) -> int:
        """How long the request in flight has waited [ns], 0 without one."""
        if self._in_flight is None:
            return 0
        return now_ns - self._asked[self._in_flight].sent_at_ns

    def awaits(self, session_id: str, request_id: int) -> bool:
        """Whether an answer to this request would be accepted."""
        return session_id == self.session_id and request_id in self._asked

    def request_due(self, now_ns: int, stamp_ns: int) -> Request | None:
        """The request to send now, or None when none is due.

        Args:
            now_ns: Steady clock [ns], for deadlines.
            stamp_ns: The instant to observe [ns, the bridge's clock].
        """
        if self._in_flight is not None:
            if now_ns - self._asked[self._in_flight].sent_at_ns < self.deadline_ns:
                return None
            self._in_flight = None
            self.counters.lost_requests += 1
        if self._not_before_ns is not None and now_ns < self._not_before_ns:
            return None
        if not self.asking:
            return None
        request = Request(
            session_id=self.session_id, session_start_ns=self.session_start_ns,
            request_id=self._next_id, stamp_ns=stamp_ns, timestep=self.buffer.timestep,
            task=self.task, must_go=len(self.buffer) == 0,
            queue_size=len(self.buffer), estimated_delay=self.delay_steps.estimate,
            deadline_ns=self.deadline_ns, names=self.buffer.names, prefix=self.buffer.queued())
        self._in_flight = self._next_id
        self._asked[self._next_id] = _Asked(request.timestep, now_ns, request.prefix)
        if len(self._asked) > MAX_OPEN:
            del self._asked[next(iter(self._asked))]
        self.similarity.asked()
        self._next_id += 1
        self.counters.requests += 1
        return request

    def accept(self, chunk: Chunk, now_ns: int) -> Merge | None:
        """Queue a chunk; None when it was refused, with the reason in the counters.

        A chunk whose rows are all late answers the request, but brings nothing: the next request
        waits its pause, and what is queued is no fresher.

        Args:
            chunk: What arrived.
            now_ns: Steady clock [ns].
        """
        asked = self._asked_for(chunk.session_id, chunk.request_id)
        if asked is None:
            return None
        try:
            merge = self._merge(chunk, asked)
        except ChunkError as error:
            self.fail(chunk.session_id, chunk.request_id, str(error), now_ns)
            return None
        self._close(chunk.request_id)
        if merge.usable_rows:
            self._not_before_ns = None
            self._accepted_at_ns = now_ns
            self.similarity.answered()
        else:
            self._not_before_ns = now_ns + self.backoff_ns
        self.delay_steps.add(self.buffer.timestep - asked.timestep)
        self.round_trip_ns.add(now_ns - asked.sent_at_ns)
        self._count(merge)
        return merge

    def fail(self, session_id: str, request_id: int, reason: str, now_ns: int) -> bool:
        """An answer came without usable rows: ask again after a pause.

        Returns:
            Whether it answers an open request; if not it was refused and nothing changes.
        """
        if self._asked_for(session_id, request_id) is None:
            return False
        self._close(request_id)
        self._not_before_ns = now_ns + self.backoff_ns
        self._refuse(reason)
        return True

    def expire(self, now_ns: int, max_age_ns: int) -> None:
        """Drop what is queued if the newest usable rows are older than ``max_age_ns`` [ns]."""
        if len(self.buffer) and now_ns - self._accepted_at_ns > max_age_ns:
            self.counters.expired_rows += len(self.buffer)
            self.buffer.flush()

    def forget(self) -> None:
        """Answers to what was asked so far are refused."""
        self._asked.clear()
        self._in_flight = None

    def give_up(self) -> None:
        """No answer will come to what was asked: ask anew when somebody listens."""
        if self._in_flight is not None:
            self._in_flight = None
            self.counters.lost_requests += 1
        self.delay_steps.restart()
        self.round_trip_ns.restart()

    def count_tick(self, starved: bool) -> None:
        """One control tick was done, with an action or without."""
        self.counters.ticks += 1
        self.counters.level_sum += self.buffer.level
        self.counters.starved_ticks += starved

    def _merge(self, chunk: Chunk, asked: _Asked) -> Merge:
        if chunk.first_timestep != asked.timestep:
            raise ChunkError(f'first_timestep must be {asked.timestep} as requested, '
                             f'got {chunk.first_timestep}')
        if chunk.step_ns != self.step_ns:
            raise ChunkError(f'step must be {self.step_ns} ns as in the contract, '
                             f'got {chunk.step_ns}')
        if chunk.names == self.buffer.names and chunk.units == tuple(self._units.values()):
            return self.buffer.merge(chunk, asked.prefix)
        for name, unit in zip(chunk.names, chunk.units, strict=True):
            if unit != (wanted := self._units.get(name, unit)):
                raise ChunkError(f'{name} must be in {wanted!r} as in contract.action_units, '
                                 f'got {unit!r}')
        return self.buffer.merge(chunk, asked.prefix)

    def _asked_for(self, session_id: str, request_id: int) -> _Asked | None:
        if session_id != self.session_id:
            if session_id == self._previous_id != '':
                return None     # the answer to an episode that is over: expected, and of no use
            self._refuse(f'session_id {session_id!r} is not the current {self.session_id!r}')
        elif request_id not in self._asked:
            self._refuse(f'request_id {request_id} was answered or overtaken already, '
                         'or never sent')
        return self._asked.get(request_id) if session_id == self.session_id else None

    def _close(self, request_id: int) -> None:
        """A request was answered: older ones are overtaken."""
        for older in [k for k in self._asked if k <= request_id]:
            del self._asked[older]
        if self._in_flight is not None and self._in_flight <= request_id:
            self._in_flight = None

    def _refuse(self, reason: str) -> None:
        self.counters.refused_chunks += 1
        self.counters.last_refusal = reason

    def _count(self, merge: Merge) -> None:
        c = self.counters
        c.chunks += 1
        c.late_rows += merge.late_rows
        c.merged_rows += merge.merged_rows
        c.broken_prefixes += merge.prefix_broken
        if merge.merged_rows:
            c.merges += 1
            c.seam_jump = merge.seam_jump
            c.seam_jump_sum += merge.seam_jump
