"""Pickles of LeRobot's objects, written without its classes: they name what the reader has."""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np
from numpy.typing import NDArray

HELPERS = 'lerobot.async_inference.helpers'
PROTOCOL = 3
"""The last one without frames, so that what it makes can stand within another pickle."""
OPENING = pickle.PROTO + bytes([PROTOCOL])


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        """Arrays as calls of ``numpy.ndarray``, which every version of numpy understands."""
        if isinstance(value, np.ndarray):
            return np.ndarray, (value.shape, value.dtype.str, value.tobytes())
        return NotImplemented


def call(name: str, *arguments: Any) -> bytes:
    """A pickle that makes one object of LeRobot's.

    Args:
        name: Class in `HELPERS`.
        arguments: Of its constructor, by position: numbers, texts, arrays and maps of these.
    """
    return OPENING + _named(HELPERS, name) + _body(arguments) + pickle.REDUCE + pickle.STOP


def timed_actions(timestamp: float, timestep: int, step: float, rows: NDArray[np.float64]) -> bytes:
    """A pickle of a list of ``TimedAction``, as LeRobot's server times them.

    Each action is a float32 tensor, made by a call of ``torch.tensor``: a tenth of the bytes of a
    pickled tensor.

    Args:
        timestamp: Of the observation [s, the client's clock].
        timestep: Of the observation; row 0 belongs to it.
        step: Row spacing [s].
        rows: Shape (H, D).
    """
    made = [_named(HELPERS, 'TimedAction') + _body(timestamp + i * step) + _body(timestep + i)
            + _named('torch', 'tensor') + _body((row,)) + pickle.REDUCE
            + pickle.TUPLE3 + pickle.REDUCE for i, row in enumerate(rows.tolist())]
    return b''.join((OPENING, pickle.EMPTY_LIST, pickle.MARK, *made, pickle.APPENDS, pickle.STOP))


def _named(module: str, name: str) -> bytes:
    return pickle.GLOBAL + f'{module}\n{name}\n'.encode()


def _body(value: Any) -> bytes:
    """What stands between opening and end of a value's pickle."""
    buffer = io.BytesIO()
    _Pickler(buffer, PROTOCOL).dump(value)
    return buffer.getvalue()[len(OPENING):-len(pickle.STOP)]
