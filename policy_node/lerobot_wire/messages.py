"""LeRobot's messages, as its services.proto lays them out: bytes in, bytes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

SERVICE = 'transport.AsyncInference'
CHUNK_BYTES = 2 << 20
"""Largest part of an observation in one message; the server refuses messages of over 4 MB."""
BEGIN, MIDDLE, END = 1, 2, 3
EMPTY = b''
VARINT, LENGTH = 0, 2


class WireError(ValueError):
    """Bytes that are no message."""


def with_data(data: bytes, field: int = 1) -> bytes:
    """A message with one field of bytes: ``PolicySetup`` or ``Actions``."""
    return bytes([field << 3 | LENGTH]) + _varint(len(data)) + data


def observation_parts(data: bytes) -> Iterator[bytes]:
    """The stream of ``Observation`` messages that carries some bytes."""
    for start in range(0, len(data), CHUNK_BYTES):
        last = start + CHUNK_BYTES >= len(data)
        state = END if last else MIDDLE if start else BEGIN
        yield bytes([1 << 3 | VARINT, state]) + with_data(data[start:start + CHUNK_BYTES], 2)


def data_of(message: bytes) -> bytes:
    """The data of an ``Actions`` or ``PolicySetup`` message; empty for an ``Empty`` one.

    Raises:
        WireError: The bytes are neither.
    """
    if not message:
        return b''
    length, start = _read_varint(message, 1)
    if message[0] != (1 << 3 | LENGTH) or start + length != len(message):
        raise WireError(f'{len(message)} bytes that are no message with data')
    return message[start:]


def joined(parts: Iterable[bytes], limit: int) -> bytes:
    """The bytes that a stream of ``Observation`` messages carries.

    Args:
        parts: The messages; what follows the one that says it is the last is not read.
        limit: Most bytes that are taken.

    Raises:
        WireError: A message is none or in the wrong place, the last one is missing, or there are
            too many bytes.
    """
    data = bytearray()
    for message in parts:
        state, part = _observation(message)
        if state == BEGIN:
            data.clear()
        data += part
        if len(data) > limit:
            raise WireError(f'an observation of over {limit >> 20} MiB')
        if state == END:
            return bytes(data)
    raise WireError(f'an observation that ends after {len(data)} bytes without its last part')


def _observation(message: bytes) -> tuple[int, bytes]:
    """Which part of an observation a message is, and its bytes."""
    state, data, at = 0, b'', 0
    while at < len(message):
        tag, (value, at) = message[at], _read_varint(message, at + 1)
        if tag == (2 << 3 | LENGTH) and at + value <= len(message):
            data, at = message[at:at + value], at + value
        elif tag == (1 << 3 | VARINT):
            state = value
        else:
            raise WireError(f'{len(message)} bytes that are no Observation')
    if state not in (BEGIN, MIDDLE, END):
        raise WireError(f'an Observation with transfer state {state}')
    return state, data


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes([*made, value])


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    """A number, and where what follows it begins."""
    value = 0
    for i, byte in enumerate(message[at:at + 10]):
        value |= (byte & 127) << 7 * i
        if byte < 128:
            return value, at + i + 1
    raise WireError('a length without end')
