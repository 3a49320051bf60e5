"""Messages to and from bytes in CDR (XCDR1, little endian), the encoding that ROS 2 uses.

Alignment counts from the end of the 4-byte encapsulation header. Every length that a payload
claims is checked against the bytes that are there before anything is allocated for it.
"""

from __future__ import annotations

import array
import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from embedded_ros.interfaces.definitions import EMPTY_MEMBER, Container, Field, FieldType
from embedded_ros.interfaces.primitives import FIXED_SIZE, Primitive

ENCAPSULATION = b'\x00\x01\x00\x00'
_ORIGIN = len(ENCAPSULATION)

# Appends a value to a buffer that starts with the encapsulation header.
Encode = Callable[[bytearray, Any], None]
# Returns the value at an offset and the offset behind it.
Decode = Callable[[memoryview, int], tuple[Any, int]]


class InvalidPayload(ValueError):
    """Bytes that are not a message of the expected type."""


class Codec:
    """Encoder and decoder of one message class."""

    def __init__(self, cls: Any, fields: Sequence[Field], get_class: Callable[[str], Any]) -> None:
        """Build the codec.

        Args:
            cls: The message class; values lie in its slots `_<field>`.
            fields: Its fields in order, the member of an empty message included.
            get_class: Finds the class of a nested message.
        """
        self._cls = cls
        self._parts = [
            (
                None if field.name == EMPTY_MEMBER else f'_{field.name}',
                *_field(field.type, get_class),
            )
            for field in fields
        ]
        self.minimum_size = sum(_minimum_size(field.type, get_class) for field in fields)

    def encode(self, buffer: bytearray, message: Any) -> None:
        """Append the fields of a message."""
        for slot, encode, _ in self._parts:
            encode(buffer, 0 if slot is None else getattr(message, slot))

    def decode(self, view: memoryview, offset: int) -> tuple[Any, int]:
        """Read a message.

        Returns:
            The message and the offset behind it.
        """
        message = self._cls.__new__(self._cls)
        for slot, _, decode in self._parts:
            value, offset = decode(view, offset)
            if slot is not None:
                setattr(message, slot, value)
        return message, offset


def _field(field_type: FieldType, get_class: Callable[[str], Any]) -> tuple[Encode, Decode]:
    if field_type.container is Container.SCALAR:
        return _scalar(field_type, get_class)
    primitive = FIXED_SIZE.get(field_type.base)
    if primitive is not None and primitive.is_number:
        return _numbers(field_type, primitive)
    return _collection(field_type, get_class)


def _scalar(field_type: FieldType, get_class: Callable[[str], Any]) -> tuple[Encode, Decode]:
    if field_type.is_message:
        codec = get_class(field_type.base)._CODEC
        return codec.encode, codec.decode
    if field_type.base == 'string':
        return _string(field_type.string_bound)
    return _primitive(FIXED_SIZE[field_type.base])


def _primitive(primitive: Primitive) -> tuple[Encode, Decode]:
    packer = struct.Struct(f'<{primitive.code}')
    size, mask = packer.size, packer.size - 1

    def encode(buffer: bytearray, value: Any) -> None:
        padding = (_ORIGIN - len(buffer)) & mask
        if padding:
            buffer += bytes(padding)
        buffer += packer.pack(value)

    def decode(view: memoryview, offset: int) -> tuple[Any, int]:
        offset += (_ORIGIN - offset) & mask
        return packer.unpack_from(view, offset)[0], offset + size

    return encode, decode


_encode_length, _decode_length = _primitive(FIXED_SIZE['uint32'])


def _string(bound: int) -> tuple[Encode, Decode]:
    def encode(buffer: bytearray, value: str) -> None:
        data = value.encode()
        _encode_length(buffer, len(data) + 1)
        buffer += data
        buffer += b'\0'

    def decode(view: memoryview, offset: int) -> tuple[str, int]:
        size, offset = _decode_length(view, offset)
        end = offset + size
        if end > len(view):
            raise InvalidPayload(f'a string of {size} bytes where {len(view) - offset} are left')
        if size == 0:  # some implementations send an empty string without its terminator
            return '', offset
        if view[end - 1] != 0:
            raise InvalidPayload(f'a string of {size} bytes without a terminator')
        # As rclpy: bytes that are not UTF-8 become U+FFFD.
        text = str(view[offset : end - 1], 'utf-8', 'replace')
        if bound and len(text) > bound:
            raise InvalidPayload(f'a string of {len(text)} characters, at most {bound} allowed')
        return text, end

    return encode, decode


def _numbers(field_type: FieldType, primitive: Primitive) -> tuple[Encode, Decode]:
    """Arrays and sequences of numbers: one copy, no Python loop."""
    is_sequence = field_type.container is Container.SEQUENCE
    code, size, mask = primitive.code, primitive.size, primitive.size - 1
    dtype = np.dtype(code)

    def encode(buffer: bytearray, value: Any) -> None:
        if is_sequence:
            _encode_length(buffer, len(value))
        if len(value):
            buffer += bytes((_ORIGIN - len(buffer)) & mask)
            data = memoryview(value) if is_sequence else np.ascontiguousarray(value, dtype).data
            buffer += data.cast('B')

    def decode(view: memoryview, offset: int) -> tuple[Any, int]:
        count, offset = _count(view, offset, field_type, size)
        if count:
            offset += (_ORIGIN - offset) & mask
        end = offset + count * size
        if end > len(view):
            raise InvalidPayload(f'{count} values of {size} bytes in {len(view) - offset} bytes')
        if not is_sequence:
            return np.frombuffer(view[offset:end], dtype).copy(), end
        values = array.array(code)
        values.frombytes(view[offset:end])
        return values, end

    return encode, decode


def _collection(field_type: FieldType, get_class: Callable[[str], Any]) -> tuple[Encode, Decode]:
    """Arrays and sequences of strings, bools, bytes and messages."""
    element = FieldType(field_type.base, field_type.string_bound)
    encode_element, decode_element = _scalar(element, get_class)
    minimum = _minimum_size(element, get_class)
    is_sequence = field_type.container is Container.SEQUENCE

    def encode(buffer: bytearray, value: Any) -> None:
        if is_sequence:
            _encode_length(buffer, len(value))
        for item in value:
            encode_element(buffer, item)

    def decode(view: memoryview, offset: int) -> tuple[Any, int]:
        count, offset = _count(view, offset, field_type, minimum)
        values = []
        for _ in range(count):
            item, offset = decode_element(view, offset)
            values.append(item)
        return values, offset

    return encode, decode


def _count(view: memoryview, offset: int, field_type: FieldType, minimum: int) -> tuple[int, int]:
    """Number of elements, refused when the rest of the payload cannot hold that many."""
    if field_type.container is Container.ARRAY:
        return field_type.size, offset
    count, offset = _decode_length(view, offset)
    if field_type.size and count > field_type.size:
        raise InvalidPayload(f'{count} elements, at most {field_type.size} allowed')
    if count * minimum > len(view) - offset:
        raise InvalidPayload(
            f'{count} elements of at least {minimum} bytes in {len(view) - offset} bytes'
        )
    return count, offset


def _minimum_size(field_type: FieldType, get_class: Callable[[str], Any]) -> int:
    """Fewest bytes that a field can take [bytes], alignment not counted."""
    if field_type.container is Container.SEQUENCE or field_type.base == 'string':
        size = 4
    elif field_type.is_message:
        size = get_class(field_type.base)._CODEC.minimum_size
    else:
        size = FIXED_SIZE[field_type.base].size
    return size * (field_type.size if field_type.container is Container.ARRAY else 1)


def serialize(message: Any, header: bytes = b'') -> bytearray:
    """Bytes of a message, with the encapsulation header, padded to a multiple of 4.

    Args:
        message: A message.
        header: Bytes between encapsulation header and message, as services have them; its
            length must be a multiple of 8, so that it does not change the alignment.
    """
    buffer = bytearray(ENCAPSULATION + header)
    message._CODEC.encode(buffer, message)
    buffer += bytes(-len(buffer) % 4)
    return buffer


def deserialize(buffer: Any, cls: Any, offset: int = _ORIGIN) -> Any:
    """Message of a payload.

    Args:
        buffer: Bytes-like, with the encapsulation header.
        cls: The message class.
        offset: Where the message starts, behind the encapsulation header and a service's header.

    Raises:
        InvalidPayload: The bytes are not a little-endian XCDR1 message of that class.
    """
    view = memoryview(buffer).cast('B')
    if len(view) < offset or view[:2] != ENCAPSULATION[:2]:
        raise InvalidPayload(
            f'{len(view)} bytes that start with {bytes(view[:4]).hex(" ")!r} are no little-endian '
            f'XCDR1 {cls._TYPE_NAME}, which starts with 00 01'
        )
    try:
        return cls._CODEC.decode(view, offset)[0]
    except (InvalidPayload, struct.error) as error:
        raise InvalidPayload(f'not a {cls._TYPE_NAME}: {error}') from error
