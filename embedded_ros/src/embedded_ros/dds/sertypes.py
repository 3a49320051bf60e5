"""C type supports ("sertypes") of message classes, one per type and domain.

cyclonedds-python makes a new sertype for each topic. Here all topics of a type share one, for two
reasons. ROS 2's own middlewares announce no XTypes type information, and Fast DDS 3 matches two
endpoints that both do only if it is identical, which it is not: so the sertype gets a table of
operations without the three that give the information, which makes it unequal to the next one
that cyclonedds-python would make. And CycloneDDS keeps sertypes in a hash table in which all of
one name collide: with more than 32 of them it grows without end.
"""

from __future__ import annotations

import ctypes as ct
import threading

from cyclonedds._clayer import ddspy_topic_create

from embedded_ros.dds import native
from embedded_ros.dds.types import idl_type

# Entries of C's `struct ddsi_sertype_ops` (cyclonedds 11.0.1), and those that give the XTypes
# type identifier, type map and type information.
_OPERATIONS = 14
_TYPE_INFORMATION = slice(8, 11)

# Changed tables by the address of the original, of which the library has one. They are never
# given back: a sertype uses its table until CycloneDDS frees it, in a thread of its own.
_operations: dict[int, ct.Array[ct.c_void_p]] = {}


class Sertypes:
    """The sertypes of one domain."""

    def __init__(self) -> None:
        """Begin without any."""
        self._lock = threading.Lock()
        self._known: dict[str, int] = {}

    def create_topic(self, participant: int, dds_topic: str, name: str) -> int:
        """Create a topic.

        Args:
            participant: Entity that owns the topic.
            dds_topic: Full DDS name.
            name: Name of the message, such as 'std_msgs/msg/String'.

        Returns:
            The topic's entity.

        Raises:
            DdsError: The name cannot be a topic.
        """
        with self._lock:
            if name not in self._known:
                self._known[name] = self._create(participant, name)
            # The topic takes over one reference.
            sertype = ct.c_void_p(native.sertype_ref(self._known[name]))
        topic = native.create_topic(
            participant, dds_topic.encode(), ct.byref(sertype), None, None, None
        )
        if topic < 0:
            native.sertype_unref(sertype)
        return native.check(topic, f'cannot create topic {dds_topic!r}')

    def close(self) -> None:
        """Give all references back; topics that exist keep theirs."""
        with self._lock:
            while self._known:
                native.sertype_unref(self._known.popitem()[1])

    def _create(self, participant: int, name: str) -> int:
        """Address of a new sertype, from a topic of its own.

        The topic stays until its participant goes: CycloneDDS 11.0.1 corrupts its library of
        types when types that share a part, such as a header, come and go.
        """
        data_type = idl_type(name)
        data_type.__idl__.populate()
        data_type.__idl__.fill_type_data()
        action = f'cannot create type {name}'
        topic = native.check(
            ddspy_topic_create(participant, f'embedded_ros/{name}', data_type, None, None), action
        )
        sertype = ct.c_void_p()
        native.check(native.get_sertype(topic, ct.byref(sertype)), action)
        address = native.sertype_ref(sertype)
        self._hide_type_information(address)
        return address

    @staticmethod
    def _hide_type_information(sertype: int) -> None:
        table = ct.c_void_p.from_address(sertype)
        original = table.value or 0
        if original not in _operations:
            entries = list((ct.c_void_p * _OPERATIONS).from_address(original))
            entries[_TYPE_INFORMATION] = [None] * 3
            _operations[original] = (ct.c_void_p * _OPERATIONS)(*entries)
        table.value = ct.addressof(_operations[original])
