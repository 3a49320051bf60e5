"""GR00T's messages: msgpack, in which an array is a map with the bytes of an npy file."""

from __future__ import annotations

import io
from typing import Any

import msgpack
import numpy as np

MAGIC = b'\x93NUMPY'


class WireError(ValueError):
    """Bytes that are no message."""


def pack(message: Any) -> bytes:
    """Bytes of a message of strings, numbers, arrays, lists and maps of these."""
    packed: bytes = msgpack.packb(message, default=_from_array)
    return packed


def unpack(data: bytes) -> Any:
    """Read a message.

    Raises:
        WireError: The bytes are not msgpack, or have an array that is none.
    """
    try:
        return msgpack.unpackb(data, object_hook=_to_value)
    except Exception as error:      # for such bytes numpy's parsers raise all kinds
        raise WireError(f'{len(data)} bytes that are no message: {type(error).__name__}: {error}'
                        ) from error


def _from_array(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        file = io.BytesIO()
        np.save(file, value, allow_pickle=False)
        return {'__ndarray_class__': True, 'as_npy': file.getvalue()}
    raise TypeError(f'{type(value).__name__} cannot be sent to a GR00T server')


def _to_value(value: dict[Any, Any]) -> Any:
    if '__ndarray_class__' in value:
        npy: bytes = value['as_npy']
        if not npy.startswith(MAGIC):       # np.load reads other kinds of files too
            raise WireError('an array that is no npy file')
        return np.load(io.BytesIO(npy), allow_pickle=False)
    if '__ModalityConfig_class__' in value:
        return value['as_json']
    return value
