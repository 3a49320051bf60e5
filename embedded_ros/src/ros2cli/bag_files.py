"""Reading of bags: a folder, or one .mcap or .db3 file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from rosbags.interfaces import Connection
from rosbags.rosbag2 import Reader

from ros2cli.arguments import argument

STORAGES = ('mcap', 'sqlite3')
PATH = argument('bag_path', type=Path, help='Bag to open')
STORAGE = argument('-s', '--storage', choices=STORAGES, help='Ignored; the bag tells it')


@contextlib.contextmanager
def open_bag(path: Path) -> Iterator[Reader]:
    """A bag that is open for reading.

    Raises:
        RuntimeError: There is no such bag, or it is damaged.
    """
    if not path.exists():
        raise RuntimeError(f"Bag path '{path}' does not exist!")
    with _damage_as_runtime_error(path):
        reader = Reader(path)
        reader.open()
    with contextlib.closing(reader):
        yield reader


def messages(
    reader: Reader, connections: list[Connection], start_ns: int
) -> Iterator[tuple[Connection, int, bytes]]:
    """Messages of a bag in the order of their times.

    Args:
        reader: The bag.
        connections: Which topics; not empty.
        start_ns: Time of the first message at the earliest [ns].

    Yields:
        Topic, time [ns], serialised message.

    Raises:
        RuntimeError: The bag is damaged.
    """
    found = reader.messages(connections, start=start_ns)
    while True:
        with _damage_as_runtime_error(Path(str(reader.path))):
            message = next(found, None)
        if message is None:
            return
        yield message


@contextlib.contextmanager
def _damage_as_runtime_error(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # a damaged file makes rosbags raise nearly anything
        reason = ' '.join(str(error).split()) or type(error).__name__
        raise RuntimeError(
            f"cannot read '{path}' as a bag, it is damaged or was not closed: {reason}; "
            'if its recorder was killed, ros2 bag reindex helps'
        ) from error
