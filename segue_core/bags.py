"""Bags as ROS records them, read without ROS: topics, messages, and the sessions in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from segue_core.sessions import SessionTracker

if TYPE_CHECKING:
    from rosbags.highlevel import AnyReader
    from rosbags.typesys.store import Typestore

TELLING = ('bridge_status', 'chunk_request')
"""Topics of a bridge that say which session runs."""


class BagError(ValueError):
    """A bag cannot be read; the message names it and the remedy."""


class Recorded(NamedTuple):
    """One message of a bag.

    Attributes:
        episode: Counts the sessions from 0.
        topic: Absolute name.
        time_ns: When it was recorded [ns, the recorder's clock].
        message: Fields as in the definition; sequences of numbers are arrays.
    """

    episode: int
    topic: str
    time_ns: int
    message: Any


@contextmanager
def open_bag(path: Path) -> Iterator[AnyReader]:
    """Open a bag for reading.

    Args:
        path: Folder of a rosbag2 bag, or one of its .mcap or .db3 files.

    Raises:
        BagError: rosbags is missing, or the bag cannot be read.
    """
    try:
        from rosbags.highlevel import AnyReader, AnyReaderError
        from rosbags.rosbag2 import ReaderError
    except ImportError as error:
        raise BagError('reading a bag needs the Python package rosbags: pip install rosbags'
                       ) from error
    try:
        reader = AnyReader([path], default_typestore=_typestore())
        reader.open()
    except (AnyReaderError, ReaderError, OSError) as error:
        raise BagError(f'cannot read {path} as a bag: {error} If its recorder was killed, run '
                       f'ros2 bag reindex {path}') from error
    try:
        yield reader
    except (AnyReaderError, ReaderError) as error:
        raise BagError(f'cannot read {path} as a bag: {error}') from error
    finally:
        reader.close()


def absolute(topic: str, namespace: str = '') -> str:
    """Name of a topic as bags have it.

    Args:
        topic: As in a parameter, relative or absolute.
        namespace: Of the node that uses it.
    """
    if topic.startswith('/'):
        return topic
    return '/' + '/'.join(part.strip('/') for part in (namespace, topic) if part.strip('/'))


def in_sessions(reader: AnyReader, topics: Sequence[str], namespace: str = ''
                ) -> Iterator[Recorded]:
    """Messages of some topics that were recorded while a session ran.

    Sessions are known from the bridge's status and requests. A bag without these is one session.

    Args:
        reader: An open bag.
        topics: Absolute names.
        namespace: Of the bridge.

    Raises:
        BagError: A topic is not in the bag.
    """
    missing = [topic for topic in topics if topic not in reader.topics]
    if missing:
        raise BagError(f'the bag has no topic {missing[0]}; its topics are '
                       f'{", ".join(sorted(reader.topics)) or "none"}')
    names = [absolute(topic, namespace) for topic in TELLING]
    telling = [c for c in reader.connections if c.topic in names]
    wanted = [c for c in reader.connections if c.topic in topics and c not in telling]
    sessions, episode = SessionTracker(), -1 if telling else 0
    for connection, time_ns, raw in reader.messages(telling + wanted):
        message: Any = reader.deserialize(raw, connection.msgtype)
        if connection in telling:
            episode += sessions.see(message.session_id)
        if connection.topic in topics and (sessions.current or not telling):
            yield Recorded(episode, connection.topic, time_ns, message)


def _typestore() -> Typestore:
    """Types of ROS and of this project, for bags that do not carry their own definitions."""
    from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore
    try:
        share = Path(get_package_share_directory('segue'))
    except PackageNotFoundError as error:
        raise BagError('the message definitions of package segue are not found: source its '
                       'workspace or install it with pip') from error
    store = get_typestore(Stores.LATEST)
    types = {}
    for file in sorted(share.glob('msg/*.msg')):
        types.update(get_types_from_msg(file.read_text(), f'segue/msg/{file.stem}'))
    store.register(types)
    return store
