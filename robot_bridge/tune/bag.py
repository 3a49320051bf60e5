"""Chunks and delays from a bag. The only module of the tuner that needs ROS's files, not ROS."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from robot_bridge.tune.errors import TuneError
from robot_bridge.tune.recording import Recording
from robot_bridge.tune.sources import RecordedPolicy
from segue_core.bags import BagError, open_bag
from segue_core.chunk import Chunk, ChunkError

if TYPE_CHECKING:
    from rosbags.highlevel import AnyReader
    from rosbags.interfaces import Connection

CHUNK_TYPE = 'segue/msg/ActionChunk'
REQUEST_TYPE = 'segue/msg/ChunkRequest'
NS = 1_000_000_000
_Key = tuple[str, int]
"""Session and request id."""


@dataclass(slots=True)
class _Found:
    """What the bag has: of each request the first chunk and the times on the recorder's clock."""

    chunks: dict[_Key, Chunk] = field(default_factory=dict)
    arrived_ns: dict[_Key, int] = field(default_factory=dict)
    sent_ns: dict[_Key, int] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)


def read_bag(path: Path, chunk_topic: str = '', request_topic: str = '') -> Recording:
    """Read the chunks of a bag, and the delays when it has the requests too.

    A delay is the time from request to chunk on the clock of the recorder.

    Args:
        path: Folder of a rosbag2 bag, or one of its .mcap or .db3 files.
        chunk_topic: Topic of the chunks; empty for the only one of their type.
        request_topic: Topic of the requests; empty for the only one of their type, if any.

    Raises:
        TuneError: The bag cannot be read, or has no chunks, or several topics to choose from.
    """
    try:
        with open_bag(path) as reader:
            found = _read(reader, chunk_topic, request_topic)
    except BagError as error:
        raise TuneError(str(error)) from error
    if not found.chunks:
        reason = f'; the last was refused: {found.refusals[-1]}' if found.refusals else ''
        raise TuneError(f'{path} has no chunk with usable actions{reason}')
    return _recording(found)


def _read(reader: AnyReader, chunk_topic: str, request_topic: str) -> _Found:
    chunk_connections = _choose(reader, CHUNK_TYPE, chunk_topic, '--chunk-topic')
    if not chunk_connections:
        raise TuneError(f'the bag has no topic of type {CHUNK_TYPE}; its topics are '
                        f'{", ".join(sorted(reader.topics)) or "none"}')
    request_connections = _choose(reader, REQUEST_TYPE, request_topic, '--request-topic')
    found = _Found()
    for connection, time_ns, raw in reader.messages(chunk_connections + request_connections):
        message: Any = reader.deserialize(raw, connection.msgtype)
        key = message.session_id, message.request_id
        if connection.msgtype == REQUEST_TYPE:
            found.sent_ns.setdefault(key, time_ns)
        elif key not in found.chunks and not message.error:
            try:
                found.chunks[key] = _chunk(message)
                found.arrived_ns[key] = time_ns
            except ChunkError as error:
                found.refusals.append(str(error))
    return found


def _chunk(message: Any) -> Chunk:
    """The chunk of a message; the bridge would refuse it where this raises `ChunkError`."""
    columns = len(message.names)
    if columns == 0 or len(message.actions) % columns:
        raise ChunkError(f'actions has {len(message.actions)} numbers, not a multiple of the '
                         f'{columns} names')
    return Chunk(
        session_id=message.session_id, request_id=message.request_id, stamp_ns=0,
        first_timestep=message.first_timestep, step_ns=message.step.sec * NS + message.step.nanosec,
        names=tuple(message.names), units=tuple(message.units),
        actions=np.asarray(message.actions, dtype=np.float64).reshape(-1, columns))


def _choose(reader: AnyReader, kind: str, wanted: str, option: str) -> list[Connection]:
    """Connections of the wanted topic, or of the only topic of that type."""
    found = [c for c in reader.connections if c.msgtype == kind]
    topics = sorted({c.topic for c in found})
    if wanted:
        topic = '/' + wanted.strip('/')
        if topic not in topics:
            raise TuneError(f'{option} must be one of {", ".join(topics) or "none"} (type {kind}); '
                            f'got {wanted!r}')
        return [c for c in found if c.topic == topic]
    if len(topics) > 1:
        raise TuneError(f'the bag has several topics of type {kind}: choose one with {option}: '
                        f'{", ".join(topics)}')
    return found


def _recording(found: _Found) -> Recording:
    sessions: dict[str, list[Chunk]] = defaultdict(list)
    for chunk in found.chunks.values():
        sessions[chunk.session_id].append(chunk)
    layouts = {(c.step_ns, c.names, c.units) for c in found.chunks.values()}
    if len(layouts) > 1:
        raise TuneError('the chunks of the bag have different steps or columns: record one robot '
                        'with one contract')
    step_ns, names, units = layouts.pop()
    delays = [-((found.sent_ns[key] - arrived_ns) // step_ns)
              for key, arrived_ns in found.arrived_ns.items()
              if found.sent_ns.get(key, arrived_ns + 1) <= arrived_ns]
    policies = tuple(RecordedPolicy(names, units, [c.first_timestep for c in chunks],
                                    [c.actions for c in chunks]) for chunks in sessions.values())
    return Recording(policies, step_ns, np.array(delays, dtype=np.int64), len(found.refusals))
