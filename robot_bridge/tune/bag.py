"""Chunks and delays from a bag. The only module of the tuner that needs ROS's files, not ROS."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from robot_bridge.tune.errors import TuneError
from robot_bridge.tune.recording import Recording
from robot_bridge.tune.sources import RecordedPolicy

if TYPE_CHECKING:
    from rosbags.highlevel import AnyReader
    from rosbags.interfaces import Connection
    from rosbags.typesys.store import Typestore

CHUNK_TYPE = 'segue/msg/ActionChunk'
REQUEST_TYPE = 'segue/msg/ChunkRequest'
NS = 1_000_000_000
_Key = tuple[str, int]
"""Session and request id."""


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
        from rosbags.highlevel import AnyReader, AnyReaderError
        from rosbags.rosbag2 import ReaderError
    except ImportError as error:
        raise TuneError('reading a bag needs the Python package rosbags: pip install rosbags'
                        ) from error
    try:
        with AnyReader([path], default_typestore=_typestore()) as reader:
            chunks, sent = _read(reader, chunk_topic, request_topic)
    except (AnyReaderError, ReaderError, OSError) as error:
        raise TuneError(f'cannot read {path} as a bag: {error}') from error
    if not chunks:
        raise TuneError(f'{path} has no chunk with actions')
    return _recording(chunks, sent)


def _typestore() -> Typestore:
    """Types of ROS and of this project, for bags that do not carry their own definitions."""
    from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore
    try:
        share = Path(get_package_share_directory('segue'))
    except PackageNotFoundError as error:
        raise TuneError('the message definitions of package segue are not found: source its '
                        'workspace or install it with pip') from error
    store = get_typestore(Stores.LATEST)
    types = {}
    for file in sorted(share.glob('msg/*.msg')):
        types.update(get_types_from_msg(file.read_text(), f'segue/msg/{file.stem}'))
    store.register(types)
    return store


def _read(reader: AnyReader, chunk_topic: str, request_topic: str
          ) -> tuple[dict[_Key, tuple[Any, int]], dict[_Key, int]]:
    """Chunks with actions and the times of chunks and requests [ns], the first of each."""
    chunk_connections = _choose(reader, CHUNK_TYPE, chunk_topic, '--chunk-topic')
    if not chunk_connections:
        raise TuneError(f'the bag has no topic of type {CHUNK_TYPE}; its topics are '
                        f'{", ".join(sorted(reader.topics)) or "none"}')
    request_connections = _choose(reader, REQUEST_TYPE, request_topic, '--request-topic')
    chunks: dict[_Key, tuple[Any, int]] = {}
    sent: dict[_Key, int] = {}
    for connection, time_ns, raw in reader.messages(chunk_connections + request_connections):
        message: Any = reader.deserialize(raw, connection.msgtype)
        key = message.session_id, message.request_id
        if connection.msgtype == REQUEST_TYPE:
            sent.setdefault(key, time_ns)
        elif not message.error:
            chunks.setdefault(key, (message, time_ns))
    return chunks, sent


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


def _recording(chunks: dict[_Key, tuple[Any, int]], sent: dict[_Key, int]) -> Recording:
    sessions: dict[str, list[Any]] = defaultdict(list)
    for message, _ in chunks.values():
        sessions[message.session_id].append(message)
    messages = [message for message, _ in chunks.values()]
    steps = {m.step.sec * NS + m.step.nanosec for m in messages}
    columns = {(tuple(m.names), tuple(m.units)) for m in messages}
    if len(steps) > 1 or len(columns) > 1:
        raise TuneError('the chunks of the bag have different steps or columns: record one robot '
                        'with one contract')
    step_ns, (names, units) = steps.pop(), columns.pop()
    delays = [-((sent[key] - time_ns) // step_ns) for key, (_, time_ns) in chunks.items()
              if key in sent and sent[key] <= time_ns]
    policies = tuple(
        RecordedPolicy(names, units, [m.first_timestep for m in chosen],
                       [np.asarray(m.actions, np.float64).reshape(-1, len(names)) for m in chosen])
        for chosen in sessions.values())
    return Recording(policies, step_ns, np.array(delays, dtype=np.int64))
