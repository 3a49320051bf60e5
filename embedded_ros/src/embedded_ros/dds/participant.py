"""A participant: one process's place in a domain, and the topics, writers and readers it owns."""

from __future__ import annotations

import atexit
import threading
import weakref
from dataclasses import dataclass
from typing import Any

from embedded_ros.dds import native
from embedded_ros.dds.configuration import checked_domain_id
from embedded_ros.dds.domain import close_participant, open_participant
from embedded_ros.dds.endpoints import Reader, Writer
from embedded_ros.dds.qos import endpoint_qos, participant_qos
from embedded_ros.interfaces import type_hash, type_name
from embedded_ros.qos import QoSProfile

_open: weakref.WeakSet[Participant] = weakref.WeakSet()


class Participant:
    """Owner of all DDS entities of one context.

    Entities may be created, used and closed from any thread.
    """

    def __init__(self, domain_id: int = 0) -> None:
        """Join a domain.

        Args:
            domain_id: In [0, 232].

        Raises:
            ConfigurationError: The domain id or an environment variable is wrong.
            DdsError: CycloneDDS cannot start, or the domain is full.
        """
        self.domain_id = checked_domain_id(domain_id)
        with participant_qos('enclave=/;') as qos:
            self.entity, self._sertypes = open_participant(domain_id, qos)
        self.closed = False
        self.guid = native.guid_of(self.entity)
        self._lock = threading.RLock()
        self._topics: dict[tuple[str, str], _Topic] = {}
        _open.add(self)

    def create_writer(
        self, dds_topic: str, cls: Any, qos: QoSProfile, user_data: str = ''
    ) -> Writer:
        """Create a writer.

        Args:
            dds_topic: Full DDS name, such as 'rt/chatter' or 'rq/add_two_intsRequest'.
            cls: Message class; the Request or Response of a service travels with a header.
            qos: What is offered.
            user_data: What to announce before the type hash, such as 'serviceid=...;'.

        Raises:
            DdsError: The participant is closed, or the name is no topic.
            ValueError: The QoS profile has an unknown policy.
        """
        return self._create(Writer, dds_topic, cls, qos, user_data)

    def create_reader(
        self, dds_topic: str, cls: Any, qos: QoSProfile, user_data: str = ''
    ) -> Reader:
        """Create a reader; the arguments are those of `create_writer`."""
        return self._create(Reader, dds_topic, cls, qos, user_data)

    def close(self) -> None:
        """Leave the domain and delete every entity; closing twice is allowed."""
        with self._lock:
            if self.closed:
                return
            self.closed = True
            self._topics.clear()
        _open.discard(self)
        close_participant(self.domain_id, self.entity)

    def delete_endpoint(self, endpoint: Writer | Reader) -> None:
        """Delete a writer or reader, and its topic when no other uses it."""
        with self._lock:
            if not self.closed:
                native.delete(endpoint.entity)
                self._release(endpoint.dds_topic, endpoint.cls)

    def _create(
        self, kind: type[Any], dds_topic: str, cls: Any, qos: QoSProfile, user_data: str
    ) -> Any:
        is_writer = kind is Writer
        user_data += f'typehash={type_hash(cls)};'
        with self._lock, endpoint_qos(qos, user_data, is_writer) as dds_qos:
            topic = self._acquire(dds_topic, cls)
            create = native.create_writer if is_writer else native.create_reader
            entity = create(self.entity, topic, dds_qos, None)
            if entity < 0:
                self._release(dds_topic, cls)
            native.check(entity, f'cannot create an endpoint of {dds_topic!r}')
            return kind(self, entity, dds_topic, cls, qos)

    def _acquire(self, dds_topic: str, cls: Any) -> int:
        if self.closed:
            raise native.DdsError(f'cannot use {dds_topic!r}: the participant is closed')
        key = (dds_topic, type_name(cls))
        if key not in self._topics:
            self._topics[key] = _Topic(self._sertypes.create_topic(self.entity, *key))
        self._topics[key].users += 1
        return self._topics[key].entity

    def _release(self, dds_topic: str, cls: Any) -> None:
        key = (dds_topic, type_name(cls))
        topic = self._topics[key]
        topic.users -= 1
        if not topic.users:
            del self._topics[key]
            native.delete(topic.entity)


@dataclass
class _Topic:
    entity: int
    users: int = 0


@atexit.register
def _close_all() -> None:
    """Leave all domains while the interpreter still works: others notice at once."""
    for participant in list(_open):
        participant.close()
