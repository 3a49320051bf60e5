"""From what is heard on the topics to the frames of the log. Pure: no ROS, time passed in."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy_node.observation import ObservationBuffer
from segue_core.contract import Contract, Input
from segue_core.sessions import SessionTracker
from segue_recording.session_log.frame import Frame, Session, Unusable
from segue_recording.views import camera_inputs, state_inputs

SETTLE_NS = 100_000_000
"""How long a frame waits for samples that arrive after its command [ns]."""
IMAGE_DEPTH = 16
NEVER = 2**63
"""Later than any stamp [ns]."""
MAX_ASKED = 8
"""Requests that may wait for the first command; of more only the last ones are kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Command:
    """What the robot was commanded in one control step.

    Attributes:
        session: That it belongs to.
        index: Of its frame.
        stamp_ns: The instant before the action [ns, the bridge's clock].
        heard_ns: When it arrived [ns, steady clock].
        timestamp: The same [s since 1970].
        action: Shape (D,).
    """

    session: Session
    index: int
    stamp_ns: int
    heard_ns: int
    timestamp: float
    action: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: its id, its stamp, when it arrived [ns, steady clock], the prompt."""

    request_id: int
    stamp_ns: int
    heard_ns: int
    prompt: str


class Follower:
    """Makes one frame for each control step in which the robot was commanded.

    Args:
        contract: Which inputs are state and which cameras; which columns an action has.
        decode: Makes a value of a raw sample; a ValueError says why it cannot.
        max_age_ns: How much older than a frame its samples may be [ns].
        describe: Metadata of a session.

    Attributes:
        prompt: Overrides the prompt of requests; empty for none.
    """

    def __init__(self, contract: Contract, decode: Callable[[Input, Any], Any], max_age_ns: int,
                 describe: Callable[[], Mapping[str, Any]]) -> None:
        self._contract, self._describe = contract, describe
        states, cameras = state_inputs(contract), camera_inputs(contract)
        self._state = ObservationBuffer(states, decode, max_age_ns)
        self._cameras = {i.name: ObservationBuffer((i,), decode, max_age_ns, IMAGE_DEPTH)
                         for i in cameras}
        self._buffers = {**{i.name: self._state for i in states}, **self._cameras}
        self._sessions = SessionTracker()
        self._session: Session | None = None
        self._begun = 0
        self._pending: deque[Command] = deque()
        self._ready: deque[Frame | Unusable] = deque()
        self._asked: deque[Asked] = deque(maxlen=MAX_ASKED)
        self._seen: dict[int, Mapping[str, Any]] = {}
        self._sent: dict[int, int] = {}
        self._chunks: deque[tuple[int, float | None, Mapping[str, Any]]] = deque()
        self._due_ns = self._index = self._stamp_ns = 0
        self._period_ns = self._driven_ns = NEVER
        self._request_prompt = ''
        self.prompt = ''
        self._status: Mapping[str, Any] = {}

    @property
    def inputs(self) -> tuple[Input, ...]:
        """What must be sampled."""
        return tuple(i for i in self._contract.inputs if i.name in self._buffers)

    def sample(self, name: str, stamp_ns: int, raw: Any) -> None:
        """A sample of an input arrived."""
        self._buffers[name].add(name, stamp_ns, raw)

    def session(self, session_id: str) -> bool:
        """A message named the session that runs; empty for none.

        Returns:
            Whether a session has ended.
        """
        before = self._sessions.current
        begins = self._sessions.see(session_id)
        if self._sessions.current != before:
            self._settle()
        if begins:
            self._session = Session(session_id, self._begun, self._describe)
            self._begun += 1
            self._due_ns = self._index = self._stamp_ns = 0
            self._period_ns = NEVER
            self._asked.clear()
            self._seen.clear()
            self._sent.clear()
            self._chunks.clear()
        return bool(before) and not self._sessions.current

    def status(self, figures: Mapping[str, Any], stamp_ns: int, *, driven: bool) -> None:
        """The bridge told how it does.

        Args:
            figures: To be kept in each frame.
            stamp_ns: When [ns, the bridge's clock].
            driven: Whether it commands the robot in each of its periods now.
        """
        self._status = figures
        if not driven:
            self._driven_ns = NEVER
        elif self._driven_ns == NEVER:
            self._driven_ns = stamp_ns

    def request(self, asked: Asked) -> None:
        """A chunk was asked for."""
        self._asked.append(asked)
        self._sent[asked.request_id] = asked.heard_ns
        self._request_prompt = asked.prompt

    def chunk(self, request_id: int, heard_ns: int, info: Mapping[str, Any]) -> None:
        """A chunk or an error arrived.

        Args:
            request_id: That it answers.
            heard_ns: When [ns, steady clock].
            info: To be kept of it.
        """
        sent = self._sent.pop(request_id, None)
        latency = (heard_ns - sent) / 1e6 if sent is not None else None
        self._chunks.append((heard_ns, latency, info))

    def command(self, columns: Mapping[str, float], stamp_ns: int, heard_ns: int,
                timestamp: float) -> None:
        """The robot was commanded; at most one frame for each control step comes of it.

        Args:
            columns: Column name -> value.
            stamp_ns: The instant before the action [ns, the bridge's clock].
            heard_ns: When it arrived [ns, steady clock].
            timestamp: The same [s since 1970].
        """
        if self._session is None or not self._sessions.current:
            return
        step = self._contract.step_ns
        early = self._due_ns - stamp_ns
        self._count_missed(stamp_ns)
        if self._index and early > step // 2:
            return      # the robot is driven faster than the policy steps
        on_grid = self._index and abs(early) <= step // 2
        self._due_ns = (self._due_ns if on_grid else stamp_ns) + step
        names = self._contract.action_names
        if not set(names) <= set(columns):
            names = tuple(columns)
        self._pending.append(Command(
            self._session, self._index, stamp_ns, heard_ns, timestamp,
            np.array([columns[name] for name in names], dtype=np.float64)))
        self._index += 1

    def _count_missed(self, stamp_ns: int) -> None:
        """Count the frames of steps of which no command arrived.

        That can be told while the robot is driven faster than the policy steps: then each step has
        several.
        """
        assert self._session is not None
        step, before = self._contract.step_ns, self._stamp_ns
        self._stamp_ns = stamp_ns
        if not self._index or stamp_ns <= before:
            return
        self._period_ns = min(self._period_ns, stamp_ns - before)
        missed = round((stamp_ns - self._due_ns) / step)
        if missed > 0 and self._period_ns <= step // 2 and self._driven_ns < before:
            self._index += missed
            self._ready.append(Unusable(
                self._session, f'no command was heard of for {(stamp_ns - before) / 1e9:.2f} s: '
                'the logger or the bridge had to wait for the CPU', missed))

    def take(self, now_ns: int) -> Iterator[Frame | Unusable]:
        """Frames whose samples have arrived, in order.

        Args:
            now_ns: Steady clock [ns].
        """
        self._settle(now_ns - SETTLE_NS)
        while self._ready:
            yield self._ready.popleft()

    def _settle(self, heard_ns: float = math.inf) -> None:
        """Make the frames of what was heard until then.

        The images of a request are picked at once: its frame comes with the next command, which may
        be long after they are forgotten.
        """
        for asked in self._asked:
            if asked.heard_ns <= heard_ns:
                self._look(asked)
        while self._pending and self._pending[0].heard_ns <= heard_ns:
            command = self._pending.popleft()
            try:
                self._ready.append(self._frame(command))
            except ValueError as error:
                self._ready.append(Unusable(command.session, str(error)))

    def _frame(self, command: Command) -> Frame:
        asked = None
        while self._asked and self._asked[0].stamp_ns <= command.stamp_ns:
            asked = self._asked.popleft()
        chunks, latency = [], None
        while self._chunks and self._chunks[0][0] <= command.heard_ns:
            _, latency, info = self._chunks.popleft()
            chunks.append(info)
        sampled = self._state.sample(command.stamp_ns, 0)
        if sampled.missing:
            raise ValueError('; '.join(sampled.missing))
        extra: dict[str, Any] = {'use_chunk': True, 'is_inference_frame': asked is not None,
                                 'stamp': command.stamp_ns / 1e9, 'chunks': chunks,
                                 'status': self._status}
        images: Mapping[str, Any] = {}
        if asked:
            images = self._look(asked)
            waiting = {each.request_id for each in self._asked}
            self._seen = {k: seen for k, seen in self._seen.items() if k in waiting}
            extra |= {'request_id': asked.request_id, 'observation_stamp': asked.stamp_ns / 1e9}
        features = self._state.features(sampled).values()
        return Frame(
            session=command.session, index=command.index, timestamp=command.timestamp,
            state=np.concatenate(list(features)) if features else np.empty(0),
            action=command.action, prompt=self.prompt or self._request_prompt,
            images=images, latency_ms=latency, extra_info=extra)

    def _look(self, asked: Asked) -> Mapping[str, Any]:
        """What each camera saw at the instant of a request; those without a sample are left out."""
        if asked.request_id not in self._seen:
            self._seen[asked.request_id] = {
                name: image for name, camera in self._cameras.items()
                for image in camera.features(camera.sample(asked.stamp_ns, 0)).values()}
        return self._seen[asked.request_id]
