"""How requests find their service and replies their client, as rmw_cyclonedds does it.

The payload of a request and of its reply begins with the client's id and a sequence number. Both
endpoints of a client, and both of a service, announce one id as their USER_DATA.
"""

from __future__ import annotations

import itertools
import re
import struct
from typing import Any, NamedTuple

from embedded_ros.dds import DdsError, MatchedEndpoint, Participant, Reader, Sample, Writer
from embedded_ros.interfaces import InvalidPayload, deserialize, serialize
from rclpy._rclpy_pybind11 import RCLError
from rclpy.callback_groups import CallbackGroup
from rclpy.impl.entity import Entity
from rclpy.impl.rcutils_logger import RcutilsLogger
from rclpy.qos import QoSProfile

FOREIGN = (
    'over Fast DDS, whose requests differ; start it with RMW_IMPLEMENTATION=rmw_cyclonedds_cpp'
)
_HEADER = struct.Struct('<Qq')
_ENCAPSULATION_BYTES = 4
_BODY_OFFSET = _ENCAPSULATION_BYTES + _HEADER.size
_UNIQUE = itertools.count(1)
# rmw_cyclonedds pads the first byte of an id with a space.
_ID = re.compile(r'(?:service|client)id= ?([0-9a-f.]+);')
# GUIDs of Fast DDS begin with its vendor id; its requests carry their header elsewhere.
_FAST_DDS = b'\x01\x0f'


class RequestId(NamedTuple):
    """Which request a reply is for."""

    client: int
    sequence_number: int


class ServiceEndpoint(Entity):
    """What clients and services have in common.

    Attributes:
        srv_type: Service class.
        srv_name: Name as it was given.
        service_name: Absolute name, after remapping.
        qos_profile: Profile of requests and responses.
        handle: The reader of the middleware.
    """

    def __init__(
        self, reader: Reader, writer: Writer, srv_type: Any, srv_name: str, service_name: str,
        qos_profile: QoSProfile, callback_group: CallbackGroup, logger: RcutilsLogger,
    ) -> None:  # fmt: skip
        super().__init__(callback_group)
        self.handle = reader
        self._writer = writer
        self.srv_type = srv_type
        self.srv_name = srv_name
        self.service_name = service_name
        self.qos_profile = qos_profile
        self._logger = logger

    def configure_introspection(self, *args: Any) -> None:
        """Publish the requests and responses."""
        raise NotImplementedError(
            f'{type(self).__name__}.configure_introspection needs a real ROS 2'
        )

    def destroy(self) -> None:
        """Delete it; use the node's methods, which take it out of the graph, too."""
        self.handle.close()
        self._writer.close()

    def _send(self, message: Any, request_id: RequestId) -> None:
        try:
            self._writer.write(serialize(message, _HEADER.pack(*request_id)))
        except DdsError as error:
            raise RCLError(f"service '{self.service_name}': failed to send: {error}") from error

    def _read(self, sample: Sample, cls: Any) -> Any:
        """Message of a payload; None, after a warning, if it is malformed."""
        try:
            return deserialize(sample.buffer, cls, _BODY_OFFSET)
        except InvalidPayload as error:
            self._warn_dropped(f'a malformed message: {error}')
            return None

    def _warn_dropped(self, what: str) -> None:
        self._logger.warning(
            f"Service '{self.service_name}' dropped {what}", throttle_duration_sec=5.0
        )


def read_request_id(sample: Sample) -> RequestId | None:
    """Header of a payload, None if it is too short to have one."""
    if len(sample.buffer) < _BODY_OFFSET:
        return None
    return RequestId(*_HEADER.unpack_from(sample.buffer, _ENCAPSULATION_BYTES))


def user_data(participant: Participant, *, is_service: bool) -> str:
    """USER_DATA of both endpoints of a new client or service."""
    unique = participant.guid[:12] + next(_UNIQUE).to_bytes(4, 'big')
    key = 'serviceid' if is_service else 'clientid'
    return f'{key}={".".join(f"{byte:x}" for byte in unique)};'


def is_foreign(endpoint: MatchedEndpoint) -> bool:
    """Whether an endpoint's middleware has another layout of requests and replies."""
    return endpoint.guid.startswith(_FAST_DDS)


def ids(endpoints: list[MatchedEndpoint]) -> set[str]:
    """Ids that endpoints of services or clients announce."""
    found = (_ID.search(endpoint.user_data) for endpoint in endpoints)
    return {match[1] for match in found if match}
