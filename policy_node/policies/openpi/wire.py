"""openpi's messages: msgpack, in which an array is a map with its bytes, type and shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgpack
import numpy as np

KINDS = 'biufSU'
"""Kinds of arrays that may travel: none that could hold objects."""


class WireError(ValueError):
    """Bytes that are no message."""


def pack(message: Mapping[str, Any]) -> bytes:
    """Bytes of a message of strings, numbers, arrays and maps of these."""
    packed: bytes = msgpack.packb(message, default=_from_array)
    return packed


def unpack(data: bytes) -> dict[str, Any]:
    """Read a message.

    Raises:
        WireError: The bytes are not msgpack, not a map, or have an array that is none.
    """
    try:
        message = msgpack.unpackb(data, object_hook=_to_array)
    except Exception as error:      # for such bytes numpy's parsers raise all kinds
        raise WireError(f'{len(data)} bytes that are no message: {type(error).__name__}: {error}'
                        ) from error
    if not isinstance(message, dict):
        raise WireError(f'a {type(message).__name__} where a map is due')
    return message


def _from_array(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype.kind in KINDS:
        return {b'__ndarray__': True, b'data': value.tobytes(), b'dtype': value.dtype.str,
                b'shape': value.shape}
    raise TypeError(f'a {type(value).__name__} cannot be sent')


def _to_array(value: dict[Any, Any]) -> Any:
    if b'__ndarray__' in value:
        return np.ndarray(value[b'shape'], _dtype(value), value[b'data'])
    if b'__npgeneric__' in value:
        return _dtype(value).type(value[b'data'])
    return value


def _dtype(value: Mapping[Any, Any]) -> np.dtype[Any]:
    dtype = np.dtype(value[b'dtype'])
    if dtype.kind not in KINDS:
        raise WireError(f'an array of {dtype}')
    return dtype
