"""Bags on disk."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from rosbags.interfaces import Connection
from rosbags.rosbag2 import Reader

STORAGES = ('mcap', 'sqlite3')
_SUFFIXES = {'.mcap': 'mcap', '.db3': 'sqlite3'}
_COMPRESSED = '.zstd'


@contextlib.contextmanager
def open_bag(path: Path) -> Iterator[Reader]:
    """A bag that is open for reading: a folder, or one .mcap or .db3 file.

    Raises:
        RuntimeError: There is no such bag, or it is damaged.
    """
    if not path.exists():
        raise RuntimeError(f"Bag path '{path}' does not exist!")
    try:
        reader = Reader(path)
        reader.open()
    except Exception as error:  # a damaged file makes rosbags raise nearly anything
        raise _damaged(path, error) from error
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
        try:
            message = next(found, None)
        except Exception as error:  # see open_bag
            raise _damaged(Path(str(reader.path)), error) from error
        if message is None:
            return
        yield message


def storage_files(path: Path) -> list[Path]:
    """Files with the messages of a bag, in the order of recording."""
    if path.is_file():
        return [path]
    files = [file for file in path.iterdir() if _storage(file) is not None]
    return sorted(files, key=lambda file: (len(file.name), file.name))


def storage_id(files: list[Path]) -> str:
    """Format of a bag's files: 'mcap', 'sqlite3', or 'unknown' without files."""
    return next((storage for file in files if (storage := _storage(file))), 'unknown')


def _storage(file: Path) -> str | None:
    return _SUFFIXES.get(Path(file.name.removesuffix(_COMPRESSED)).suffix)


def _damaged(path: Path, error: Exception) -> RuntimeError:
    reason = f'{error}'.strip() or type(error).__name__
    return RuntimeError(
        f"cannot read '{path}' as a bag, it is damaged or was not closed: "
        f'{" ".join(reason.split())}'
    )
