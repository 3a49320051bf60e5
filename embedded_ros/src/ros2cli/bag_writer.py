"""Writing of a bag beside the thread that receives the messages."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rosbags.interfaces import Connection, Qos
from rosbags.rosbag2 import StoragePlugin, Writer

from ros2cli.bag_topics import definition_text, hash_text

VERSION: Any = 9
"""Of the format."""


@contextlib.contextmanager
def recording(path: Path) -> Iterator[None]:
    """Keep other processes from writing to a bag; ends with the process, however that ends.

    Raises:
        RuntimeError: Another process writes to it.
    """
    folder = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise RuntimeError(f"bag '{path}' is being written by another process") from error
    finally:
        os.close(folder)


class BagWriter:
    """Writes a bag in a thread of its own; a context manager that closes the bag.

    Messages wait in memory while the disk is slow; what comes when that is full is lost and
    counted. One thread calls all methods.
    """

    def __init__(self, path: Path, storage: str, cache_size: int) -> None:
        """Create the bag.

        Args:
            path: Folder to create.
            storage: 'mcap' or 'sqlite3'.
            cache_size: Messages that may wait [bytes].

        Raises:
            RuntimeError: The folder exists or cannot be created.
        """
        self.lost: Counter[str] = Counter()
        self._path = path
        self._cache_size = cache_size
        self._received = 0  # [bytes]
        self._written = 0  # [bytes], counted by the writing thread
        self._connections: dict[str, Connection] = {}
        self._error: Exception | None = None
        self._held = contextlib.ExitStack()
        # All in that thread, since SQLite objects may not change theirs.
        self._thread = ThreadPoolExecutor(1, 'bag_writer')
        self._do(self._open, StoragePlugin[storage.upper()]).result()
        self.check()

    def add_topic(self, name: str, type_name: str, offers: Sequence[Qos]) -> None:
        """Add a topic, before its messages."""
        self._do(self._connect, name, type_name, offers)

    def write(self, topic: str, stamp_ns: int, data: bytes) -> None:
        """Add a message, with its time [ns since 1970]; returns at once."""
        waiting = self._received - self._written
        if waiting and waiting + len(data) > self._cache_size:
            self.lost[topic] += 1
            return
        self._received += len(data)
        self._do(self._write, topic, stamp_ns, data)

    def check(self) -> None:
        """Tell an error of the writing thread.

        Raises:
            RuntimeError: The bag cannot be written any more.
        """
        if self._error is not None:
            raise RuntimeError(f"cannot write bag '{self._path}': {self._error}") from self._error

    def __enter__(self) -> BagWriter:
        return self

    def __exit__(self, *exception: object) -> None:
        """Write what waits, and close the bag.

        Raises:
            RuntimeError: The bag could not be written.
        """
        self._do(self._bag.close)
        self._do(self._held.close)
        self._thread.shutdown()
        self.check()

    def _do(self, action: Callable[..., None], *arguments: Any) -> Future[None]:
        """Let the writing thread do something."""

        def attempt() -> None:
            try:
                action(*arguments)
            except Exception as error:  # told to the caller, who checks
                self._error = self._error or error

        return self._thread.submit(attempt)

    def _open(self, storage: StoragePlugin) -> None:
        self._bag = Writer(self._path, version=VERSION, storage_plugin=storage)
        self._bag.open()
        self._held.enter_context(recording(self._path))

    def _connect(self, name: str, type_name: str, offers: Sequence[Qos]) -> None:
        self._connections[name] = self._bag.add_connection(
            name,
            type_name,
            msgdef=definition_text(type_name),
            rihs01=hash_text(type_name),
            offered_qos_profiles=offers,
        )

    def _write(self, topic: str, stamp_ns: int, data: bytes) -> None:
        self._bag.write(self._connections[topic], stamp_ns, data)
        self._written += len(data)
