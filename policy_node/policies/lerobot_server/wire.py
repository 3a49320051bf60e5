"""LeRobot's messages, as its services.proto lays them out: bytes in, bytes out."""

from __future__ import annotations

from collections.abc import Iterator

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
    """The data of an ``Actions`` message; empty for an ``Empty`` one.

    Raises:
        WireError: The bytes are neither.
    """
    if not message:
        return b''
    length, start = _read_varint(message, 1)
    if message[0] != (1 << 3 | LENGTH) or start + length != len(message):
        raise WireError(f'{len(message)} bytes that are no Actions')
    return message[start:]


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
