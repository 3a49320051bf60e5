"""How requests find their service and replies their client, as rmw_cyclonedds does it.

The payload of a request and of its reply begins with the client's id and a sequence number. Both
endpoints of a client, and both of a service, announce one id as their USER_DATA.
"""

from __future__ import annotations

import itertools
import re
import struct
import time
from typing import NamedTuple

from embedded_ros.dds import MatchedEndpoint, Participant, Reader, Sample, Writer

_HEADER = struct.Struct('<Qq')
_ENCAPSULATION_BYTES = 4
BODY_OFFSET = _ENCAPSULATION_BYTES + _HEADER.size
_UNIQUE = itertools.count(1)
# rmw_cyclonedds pads the first byte of an id with a space.
_SERVICE_ID = re.compile(r'serviceid= ?([0-9a-f.]+);')
_CLIENT_ID = re.compile(r'clientid= ?([0-9a-f.]+);')
# GUIDs of Fast DDS begin with its vendor id; its requests carry their header elsewhere.
_FAST_DDS = b'\x01\x0f'
# How long a reply waits for its client's reader to be discovered [s].
_REPLY_PATIENCE_S = 0.1
_REPLY_POLL_S = 0.002


class RequestId(NamedTuple):
    """Which request a reply is for."""

    client: int
    sequence_number: int

    def pack(self) -> bytes:
        """Header of a payload."""
        return _HEADER.pack(*self)


def read_request_id(sample: Sample) -> RequestId | None:
    """Header of a payload, None if it is too short to have one."""
    if len(sample.buffer) < BODY_OFFSET:
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


def is_service_ready(requests: Writer, replies: Reader) -> bool:
    """Whether both endpoints of one service match those of a client."""
    offered = _ids(requests.matched_endpoints(), _SERVICE_ID)
    return bool(offered & _ids(replies.matched_endpoints(), _SERVICE_ID))


def wait_for_client(requests: Reader, replies: Writer, publication_handle: int) -> None:
    """Give the discovery of a client's reader a moment, lest the reply gets lost.

    Args:
        requests: The service's reader.
        replies: The service's writer.
        publication_handle: Of the request's sample.
    """
    client = requests.matched_endpoint(publication_handle)
    found = client and _CLIENT_ID.search(client.user_data)
    if not found:
        return
    deadline = time.monotonic() + _REPLY_PATIENCE_S
    while found[1] not in _ids(replies.matched_endpoints(), _CLIENT_ID):
        if time.monotonic() >= deadline:
            return
        time.sleep(_REPLY_POLL_S)


def _ids(endpoints: list[MatchedEndpoint], pattern: re.Pattern[str]) -> set[str]:
    found = (pattern.search(endpoint.user_data) for endpoint in endpoints)
    return {match[1] for match in found if match}
