"""A bag as episodes of frames on an even grid, sampled by stamp as policy_node samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from policy_node.decode import DecodeError, decode
from policy_node.observation import ObservationBuffer, Sampled
from segue_core.bags import absolute, in_sessions
from segue_core.contract import IMAGES, Contract, Input
from segue_recording.export.errors import ExportError
from segue_recording.views import camera_inputs, vector_inputs

if TYPE_CHECKING:
    from rosbags.highlevel import AnyReader

NS = 1_000_000_000
SETTLE_NS = NS
"""How much later than a command what belongs to its instant may have been recorded [ns]."""
COMMANDS, REQUESTS = 'commanded_joint_states', 'chunk_request'
VECTOR_DEPTH, IMAGE_DEPTH = 4096, 128


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a bag is read.

    Attributes:
        contract: Which topics are observed and which columns an action has.
        step_ns: Time between two frames [ns].
        max_age_ns: How much older than a frame a sample may be [ns].
        namespace: Of the robot's topics.
    """

    contract: Contract
    step_ns: int
    max_age_ns: int
    namespace: str = ''

    def topic(self, name: str) -> str:
        """Absolute name of a topic."""
        return absolute(name, self.namespace)

    @property
    def inputs(self) -> tuple[Input, ...]:
        """What becomes features of the dataset."""
        return camera_inputs(self.contract) + vector_inputs(self.contract)


@dataclass(slots=True)
class Episode:
    """What one session of the bag gives.

    Attributes:
        stamps: Of the commands [ns, the bridge's clock], increasing.
        heard: When they were recorded [ns, the recorder's clock].
        actions: One row for each command, in the contract's order.
        task: Instruction of the first request that has one.
    """

    stamps: list[int] = field(default_factory=list)
    heard: list[int] = field(default_factory=list)
    actions: list[NDArray[np.float64]] = field(default_factory=list)
    task: str = ''

    def instants(self, step_ns: int) -> Iterator[tuple[int, int, NDArray[np.float64]]]:
        """Frames on a grid that begins with the first command.

        Yields:
            Stamp to observe [ns], when it had been recorded [ns], the action that was then
            commanded. The stamp is that of the nearest command, or that of the grid where none is
            within half a step: then the action is the last one before.
        """
        stamps = np.array(self.stamps)
        for due in range(self.stamps[0], self.stamps[-1] + step_ns // 2, step_ns):
            after = min(int(np.searchsorted(stamps, due)), len(stamps) - 1)
            before = max(after - 1, 0)
            near = min(after, before, key=lambda k: abs(self.stamps[k] - due))
            if abs(self.stamps[near] - due) <= step_ns // 2:
                yield self.stamps[near], self.heard[near], self.actions[near]
            else:
                yield due, self.heard[before] + due - self.stamps[before], self.actions[before]


@dataclass(frozen=True, slots=True)
class SampledFrame:
    """One frame.

    Attributes:
        episode: Counts those that have commands from 0.
        number: Counts the frames of the episode from 0, with those that are left out.
        features: Feature name of the contract -> value, as policies see it.
        action: Shape (D,).
    """

    episode: int
    number: int
    features: Mapping[str, Any]
    action: NDArray[np.float64]


def read_episodes(reader: AnyReader, sampling: Sampling) -> dict[int, Episode]:
    """First pass: commands and tasks of each session that has commands.

    Raises:
        ExportError: The commands lack a column of the contract.
        BagError: The bag has no commands.
    """
    commands, requests = sampling.topic(COMMANDS), sampling.topic(REQUESTS)
    wanted = [commands, *([requests] if requests in reader.topics else [])]
    episodes: dict[int, Episode] = {}
    tasks: dict[int, str] = {}
    for recorded in in_sessions(reader, wanted, sampling.namespace):
        msg = recorded.message
        if recorded.topic == requests:
            tasks[recorded.episode] = tasks.get(recorded.episode) or msg.task
            continue
        episode = episodes.setdefault(recorded.episode, Episode())
        stamp = _stamp(msg)
        if episode.stamps and stamp <= episode.stamps[-1]:
            continue
        episode.stamps.append(stamp)
        episode.heard.append(recorded.time_ns)
        episode.actions.append(_action(msg, sampling.contract.action_names))
    for number, episode in episodes.items():
        episode.task = tasks.get(number, '')
    return episodes


def sample_frames(reader: AnyReader, sampling: Sampling, episodes: Mapping[int, Episode]
                  ) -> Iterator[SampledFrame]:
    """Second pass: the frames of all episodes, in order.

    Frames before every input was seen are left out.

    Raises:
        ExportError: A sample is missing later on or cannot be decoded, or an episode has no frame.
        BagError: A topic of the contract is not in the bag.
    """
    by_topic: dict[str, list[Input]] = {}
    for i in sampling.inputs:
        by_topic.setdefault(sampling.topic(i.topic), []).append(i)
    _check_types(reader, by_topic)
    buffers = _Buffers(sampling)
    due = iter(_due(episodes, sampling.step_ns))
    pending = next(due, None)
    for connection, time_ns, raw in reader.messages(
            [c for c in reader.connections if c.topic in by_topic]):
        while pending and time_ns > pending.heard_ns + SETTLE_NS:
            yield from buffers.frame(pending)
            pending = next(due, None)
        msg: Any = reader.deserialize(raw, connection.msgtype)
        for i in by_topic[connection.topic]:
            buffers.add(i, _stamp(msg), msg)
    while pending:
        yield from buffers.frame(pending)
        pending = next(due, None)
    buffers.end_episode()


@dataclass(frozen=True, slots=True)
class _Due:
    """A frame to be sampled."""

    episode: int
    number: int
    stamp_ns: int
    heard_ns: int
    action: NDArray[np.float64]


def _due(episodes: Mapping[int, Episode], step_ns: int) -> Iterator[_Due]:
    for episode, found in enumerate(episodes.values()):
        for number, (stamp, heard, action) in enumerate(found.instants(step_ns)):
            yield _Due(episode, number, stamp, heard, action)


class _Buffers:
    """Samples of every input; images and vectors apart, since images take memory."""

    def __init__(self, sampling: Sampling) -> None:
        make = partial(ObservationBuffer, decode=decode, max_age_ns=sampling.max_age_ns)
        images = make(camera_inputs(sampling.contract), depth=IMAGE_DEPTH)
        vectors = make(vector_inputs(sampling.contract), depth=VECTOR_DEPTH)
        self._buffers = images, vectors
        self._episode, self._begun, self._missing = 0, False, ''

    def add(self, i: Input, stamp_ns: int, msg: Any) -> None:
        """Keep a sample."""
        self._buffers[i.type not in IMAGES].add(i.name, stamp_ns, msg)

    def frame(self, due: _Due) -> Iterator[SampledFrame]:
        """The frame, or none as long as its episode has not been seen by all inputs."""
        if due.episode != self._episode:
            self.end_episode()
            self._episode, self._begun = due.episode, False
        sampled = [buffer.sample(due.stamp_ns, 0) for buffer in self._buffers]
        self._missing = '; '.join(text for each in sampled for text in each.missing)
        if not self._missing:
            self._begun = True
            yield SampledFrame(due.episode, due.number, self._features(sampled), due.action)
        elif self._begun:
            raise ExportError(f'episode {due.episode}, frame {due.number}: {self._missing}; allow '
                              'older samples with --max-age')

    def _features(self, sampled: list[Sampled]) -> dict[str, Any]:
        try:
            return {name: value for buffer, each in zip(self._buffers, sampled, strict=True)
                    for name, value in buffer.features(each).items()}
        except DecodeError as error:
            raise ExportError(str(error)) from error

    def end_episode(self) -> None:
        """Refuse an episode without frames."""
        if not self._begun:
            raise ExportError(f'episode {self._episode} has no frame: {self._missing}; allow older '
                              'samples with --max-age, or take the input out of '
                              'contract.observations')


def _check_types(reader: AnyReader, by_topic: Mapping[str, list[Input]]) -> None:
    for topic, inputs in by_topic.items():
        if topic not in reader.topics:
            raise ExportError(f'the bag has no topic {topic} (contract.{inputs[0].name}); its '
                              f'topics are {", ".join(sorted(reader.topics)) or "none"}')
        for i in inputs:
            if reader.topics[topic].msgtype != i.type:
                raise ExportError(f'contract.{i.name}.type is {i.type}, the bag has {topic} as '
                                  f'{reader.topics[topic].msgtype}')


def _action(msg: Any, names: tuple[str, ...]) -> NDArray[np.float64]:
    columns = dict(zip(msg.name, msg.position, strict=False))
    missing = [name for name in names if name not in columns]
    if missing:
        raise ExportError(f'the commands have no column {missing[0]!r} of contract.actions; they '
                          f'have {", ".join(columns)}')
    return np.array([columns[name] for name in names], dtype=np.float64)


def _stamp(msg: Any) -> int:
    return int(msg.header.stamp.sec * NS + msg.header.stamp.nanosec)
