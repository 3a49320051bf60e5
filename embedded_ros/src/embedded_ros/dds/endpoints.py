"""Writers and readers of serialised samples."""

from __future__ import annotations

import ctypes as ct
import threading
import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

from embedded_ros.dds import native
from embedded_ros.dds.qos import POLICY_NAMES, read_user_data
from embedded_ros.qos import QoSProfile

if TYPE_CHECKING:
    from embedded_ros.dds.participant import Participant

# Samples up to this size are copied, larger ones stay where CycloneDDS put them [bytes].
_COPY_LIMIT = 16 * 1024
# Encapsulation header, which CycloneDDS reads without looking at the size [bytes].
_HEADER_SIZE = 4


class Sample(NamedTuple):
    """One sample that was received.

    Attributes:
        buffer: Serialised bytes, with the encapsulation header.
        source_timestamp_ns: When it was written, by the writer's clock [ns since 1970].
        publication_handle: Names the writer within this process, see `MatchedEndpoint.handle`.
    """

    buffer: bytes | memoryview
    source_timestamp_ns: int
    publication_handle: int


class MatchedEndpoint(NamedTuple):
    """A writer or reader at the other end.

    Attributes:
        guid: Its GUID, 16 bytes.
        handle: Its instance handle within this process.
        user_data: What it announces, such as 'serviceid=...;typehash=RIHS01_...;'.
    """

    guid: bytes
    handle: int
    user_data: str


class _Endpoint:
    """What writers and readers have in common."""

    _is_writer: bool

    def __init__(
        self, participant: Participant, entity: int, dds_topic: str, cls: Any, qos: QoSProfile
    ) -> None:
        self.participant = participant
        self.entity = entity
        self.dds_topic = dds_topic
        self.cls = cls
        self.qos = qos
        self.gid = native.guid_of(entity)
        self.closed = False
        self._close_lock = threading.Lock()

    @property
    def instance_handle(self) -> int:
        """Handle that names the endpoint within this process, unsigned 64 bits."""
        handle = native.Handle()
        native.check(
            native.get_instance_handle(self.entity, ct.byref(handle)),
            f'cannot read the handle of {self.dds_topic!r}',
        )
        return handle.value

    @property
    def matched_count(self) -> int:
        """Number of endpoints at the other end, 0 when closed."""
        return max(0, native.get_matched[self._is_writer](self.entity, None, 0))

    def matched_endpoints(self) -> list[MatchedEndpoint]:
        """The endpoints at the other end, empty when closed."""
        room = self.matched_count
        handles = (native.Handle * room)()
        count = native.get_matched[self._is_writer](self.entity, handles, room)
        found = (self.matched_endpoint(handle) for handle in handles[: max(0, min(count, room))])
        return [endpoint for endpoint in found if endpoint is not None]

    def matched_endpoint(self, handle: int) -> MatchedEndpoint | None:
        """The endpoint at the other end that has a handle, None when it is gone."""
        data = native.get_matched_data[self._is_writer](self.entity, handle)
        if not data:
            return None
        try:
            endpoint = data.contents
            return MatchedEndpoint(bytes(endpoint.key), handle, read_user_data(endpoint.qos))
        finally:
            native.free_endpoint(data)

    def take_incompatible_qos(self) -> str | None:
        """Policy that kept an endpoint from matching since the last call, None if there was none.

        Returns:
            A name such as 'RELIABILITY'.
        """
        status = native.IncompatibleQosStatus()
        result = native.get_incompatible_qos[self._is_writer](self.entity, ct.byref(status))
        if result < 0 or status.total_count_change <= 0:
            return None
        return POLICY_NAMES.get(status.last_policy_id, 'INVALID')

    def close(self) -> None:
        """Delete the endpoint; closing twice is allowed."""
        with self._close_lock:
            if self.closed:
                return
            self.closed = True
        self.participant.delete_endpoint(self)  # type: ignore[arg-type]


class Writer(_Endpoint):
    """Writes serialised samples to a topic."""

    _is_writer = True

    def write(self, buffer: bytearray | bytes) -> None:
        """Write one sample; blocks while a reliable reader's window is full.

        Args:
            buffer: What `serialize` returned; a bytearray is not copied before CycloneDDS does.

        Raises:
            ValueError: The bytes are too few to be a sample.
            DdsError: The writer is closed, or the bytes are not of its type.
        """
        if len(buffer) < _HEADER_SIZE:
            raise ValueError(f'{len(buffer)} bytes are no sample: it starts with a header of 4')
        if not isinstance(buffer, bytearray):
            buffer = bytearray(buffer)
        payload = native.Payload(ct.addressof(ct.c_char.from_buffer(buffer)), len(buffer))
        result = native.write(self.entity, ct.byref(payload))
        native.check(result, f'cannot write to {self.dds_topic!r}')

    def wait_for_acknowledgments(self, timeout_s: float | None) -> bool:
        """Wait until every matched reliable reader has all samples.

        Args:
            timeout_s: Longest wait [s]; None: for ever.

        Returns:
            Whether they have.

        Raises:
            DdsError: The writer is closed.
        """
        timeout_ns = native.INFINITE_NS if timeout_s is None else int(timeout_s * 1e9)
        result = native.wait_for_acks(self.entity, timeout_ns)
        if result == native.RETCODE_TIMEOUT:
            return False
        native.check(result, f'cannot wait for acknowledgments of {self.dds_topic!r}')
        return True


class Reader(_Endpoint):
    """Takes serialised samples of a topic."""

    _is_writer = False

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.condition = native.check(
            native.create_readcondition(self.entity, native.ANY_STATE),
            f'cannot create a condition for {self.dds_topic!r}',
        )

    def take(self) -> Sample | None:
        """Oldest sample that was not taken yet, None if there is none or the reader is closed."""
        payload = native.Payload()
        pointer = ct.c_void_p(ct.addressof(payload))
        info = native.SampleInfo()
        while native.take(self.entity, ct.byref(pointer), ct.byref(info), 1, 1) > 0:
            if info.valid_data:
                buffer = _received(payload)
                return Sample(buffer, info.source_timestamp, info.publication_handle)
            native.free(payload.data)  # news about a writer that left, not a sample
            payload.data = None
        return None


def _received(payload: native.Payload) -> bytes | memoryview:
    """Bytes of a sample; a large one is not copied but freed with the last view of it."""
    address, size = payload.data, payload.size
    if size <= _COPY_LIMIT:
        try:
            return ct.string_at(address, size)
        finally:
            native.free(address)
    memory = (ct.c_ubyte * size).from_address(address)
    weakref.finalize(memory, native.free, address).atexit = False
    return memoryview(memory).cast('B').toreadonly()
