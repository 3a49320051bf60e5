"""Writing of a bag beside the thread that receives the messages."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Literal, NamedTuple

from rosbags.interfaces import Connection, Qos
from rosbags.rosbag2 import StoragePlugin, Writer

from ros2cli.bag_types import definition_text, hash_text

_VERSION: Literal[9] = 9


class BagTopic(NamedTuple):
    """A topic that is recorded.

    Attributes:
        name: Name, such as '/chatter'.
        type_name: Type of its messages, such as 'std_msgs/msg/String'.
        offers: What its publishers offer.
    """

    name: str
    type_name: str
    offers: tuple[Qos, ...]


class BagMessage(NamedTuple):
    """A message that is recorded: its topic, when it came [ns since 1970], its bytes."""

    topic: str
    stamp_ns: int
    data: bytes


class BagWriter:
    """Writes a bag in a thread of its own; a context manager that closes the bag.

    Messages wait in memory while the disk is slow; what comes when that is full is lost and
    counted.
    """

    def __init__(self, path: Path, storage: str, cache_size: int) -> None:
        """Create the bag.

        Args:
            path: Folder to create.
            storage: 'mcap' or 'sqlite3'.
            cache_size: Messages that may wait [bytes]; as many again may be being written.

        Raises:
            RuntimeError: The folder exists or cannot be created.
        """
        self.lost: Counter[str] = Counter()
        self._path = path
        self._storage = StoragePlugin[storage.upper()]
        self._cache_size = cache_size
        self._condition = threading.Condition()
        self._waiting: list[BagTopic | BagMessage] = []
        self._size = 0
        self._is_closing = False
        self._error: Exception | None = None
        opened = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(opened,), name='bag_writer')
        self._thread.start()
        opened.wait()
        self.check()

    def add_topic(self, topic: BagTopic) -> None:
        """Add a topic, before its messages."""
        with self._condition:
            self._waiting.append(topic)

    def write(self, message: BagMessage) -> None:
        """Add a message; returns at once."""
        with self._condition:
            if self._size and self._size + len(message.data) > self._cache_size:
                self.lost[message.topic] += 1
                return
            self._size += len(message.data)
            self._waiting.append(message)
            self._condition.notify()

    def check(self) -> None:
        """Tell an error of the writing thread.

        Raises:
            RuntimeError: The bag cannot be written any more.
        """
        if self._error is not None:
            raise RuntimeError(f"cannot write bag '{self._path}': {self._error}") from self._error

    def close(self) -> None:
        """Write what waits, and close the bag.

        Raises:
            RuntimeError: The bag could not be written.
        """
        with self._condition:
            self._is_closing = True
            self._condition.notify()
        self._thread.join()
        self.check()

    def __enter__(self) -> BagWriter:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self, opened: threading.Event) -> None:
        # All in this thread, since SQLite objects may not change theirs.
        try:
            with Writer(self._path, version=_VERSION, storage_plugin=self._storage) as bag:
                opened.set()
                self._write_all(bag)
        except Exception as error:  # told to the caller, who checks
            self._error = error
        finally:
            opened.set()

    def _write_all(self, bag: Writer) -> None:
        connections: dict[str, Connection] = {}
        while batch := self._next_batch():
            for item in batch:
                if isinstance(item, BagTopic):
                    connections[item.name] = _connect(bag, item)
                else:
                    bag.write(connections[item.topic], item.stamp_ns, item.data)

    def _next_batch(self) -> list[BagTopic | BagMessage]:
        """All that waits, as soon as there is any; empty at the end."""
        with self._condition:
            self._condition.wait_for(lambda: self._waiting or self._is_closing)
            batch, self._waiting, self._size = self._waiting, [], 0
            return batch


def _connect(bag: Writer, topic: BagTopic) -> Connection:
    return bag.add_connection(
        topic.name,
        topic.type_name,
        msgdef=definition_text(topic.type_name),
        rihs01=hash_text(topic.type_name),
        offered_qos_profiles=topic.offers,
    )
