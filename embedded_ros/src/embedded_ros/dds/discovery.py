"""Which participants and endpoints exist in the domain, from CycloneDDS's built-in topics."""

from __future__ import annotations

import ctypes as ct
import re
from collections.abc import Iterator
from typing import NamedTuple

from embedded_ros.dds import native
from embedded_ros.dds.participant import Participant
from embedded_ros.dds.qos import read_profile, read_user_data
from embedded_ros.dds.types import ros_type_name
from embedded_ros.qos import QoSProfile

_BATCH = 32
_TYPE_HASH = re.compile(r'(?:^|;)typehash=([^;]*);')


class Endpoint(NamedTuple):
    """A writer or reader somewhere in the domain.

    Attributes:
        gid: Its GUID, 16 bytes.
        participant: GUID of its participant.
        dds_topic: Such as 'rt/chatter'.
        type_name: Such as 'std_msgs/msg/String'.
        type_hash: Such as 'RIHS01_...'; '' when it announces none (ROS 2 Humble).
        qos: What it offers or requests.
        is_reader: Whether it is a reader.
    """

    gid: bytes
    participant: bytes
    dds_topic: str
    type_name: str
    type_hash: str
    qos: QoSProfile
    is_reader: bool


class BuiltinReader:
    """Reader of one built-in topic."""

    def __init__(self, participant: Participant, builtin_topic: int) -> None:
        """Create the reader.

        Args:
            participant: The participant; it owns the reader.
            builtin_topic: BUILTIN_PARTICIPANT, BUILTIN_PUBLICATION or BUILTIN_SUBSCRIPTION.
        """
        self._topic = builtin_topic
        self.entity = native.check(
            native.create_reader(participant.entity, builtin_topic, None, None),
            'cannot watch the domain',
        )
        self.condition = native.check(
            native.create_readcondition(self.entity, native.ANY_STATE), 'cannot watch the domain'
        )
        self.closed = False

    def close(self) -> None:
        """Delete the reader; closing twice is allowed."""
        if not self.closed:
            self.closed = True
            native.delete(self.entity)

    def take(self) -> Iterator[tuple[bytes, bool, Endpoint | None]]:
        """News since the last call.

        Returns:
            A GUID, whether it is alive, and the endpoint that has it; None for a participant and
            for an endpoint that is gone.
        """
        for alive, data in self._samples():
            gid = bytes(data.key)
            is_endpoint = alive and self._topic != native.BUILTIN_PARTICIPANT
            yield gid, alive, self._endpoint(gid, data) if is_endpoint else None

    def _samples(self) -> Iterator[tuple[bool, native.EndpointData]]:
        """Samples, valid until the next one is asked for."""
        samples = (ct.c_void_p * _BATCH)()
        infos = (native.SampleInfo * _BATCH)()
        while True:
            count = native.take(self.entity, samples, infos, _BATCH, _BATCH)
            if count <= 0:
                return
            try:
                for address, info in zip(samples[:count], infos[:count], strict=True):
                    alive = info.valid_data and info.instance_state == native.ALIVE_INSTANCE
                    yield alive, native.EndpointData.from_address(address or 0)
            finally:
                native.return_loan(self.entity, samples, count)

    def _endpoint(self, gid: bytes, data: native.EndpointData) -> Endpoint:
        found = _TYPE_HASH.search(read_user_data(data.qos))
        return Endpoint(
            gid,
            bytes(data.participant_key),
            data.topic_name.decode('utf-8', 'replace'),
            ros_type_name(data.type_name.decode('utf-8', 'replace')),
            found[1] if found else '',
            read_profile(data.qos),
            self._topic == native.BUILTIN_SUBSCRIPTION,
        )
