"""The server's pickles, written without its classes and read without obeying them.

Reading a pickle calls what it names. Here it can name only what rebuilds rows of numbers; anything
else is refused by name. Writing names LeRobot's classes, which the server has.
"""

from __future__ import annotations

import io
import math
import pickle
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

HELPERS = 'lerobot.async_inference.helpers'
PROTOCOL = 3
"""The last one without frames, so that what it makes can stand within another pickle."""
STORAGES = {'FloatStorage': '<f4', 'DoubleStorage': '<f8', 'HalfStorage': '<f2',
            'LongStorage': '<i8', 'IntStorage': '<i4'}
MAGIC = 0x1950a86a20f9469cfc6c, 1001
"""First two values of the bytes of a torch storage."""


class PickleError(ValueError):
    """A pickle that names something else, or is none."""


# ---- writing ----
class _Pickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        """Arrays as calls of ``numpy.ndarray``, which every version of numpy understands."""
        if isinstance(value, np.ndarray):
            return np.ndarray, (value.shape, value.dtype.str, value.tobytes())
        return NotImplemented


def call(name: str, *arguments: Any) -> bytes:
    """A pickle that makes one of the server's own objects.

    Args:
        name: Class in `HELPERS`.
        arguments: Of its constructor, by position: numbers, texts, arrays and maps of these.
    """
    buffer = io.BytesIO()
    _Pickler(buffer, PROTOCOL).dump(arguments)
    body = buffer.getvalue()[len(pickle.PROTO) + 1:-len(pickle.STOP)]
    named = pickle.GLOBAL + f'{HELPERS}\n{name}\n'.encode()
    return pickle.PROTO + bytes([PROTOCOL]) + named + body + pickle.REDUCE + pickle.STOP


# ---- reading ----
class TimedAction:
    """One row of the server's answer.

    Attributes:
        timestep: What the observation was called, plus the row's index.
        action: Shape (D,).
    """

    timestep: Any = None
    action: Any = None

    def __setstate__(self, state: Any) -> None:
        """Take what a pickle says; a class of its own does not let it change anything else."""
        if not isinstance(state, dict):
            raise PickleError('a TimedAction without fields')
        action = state.get('action')
        self.timestep = state.get('timestep')
        self.action = action.numbers if isinstance(action, _Array) else action


class _Dtype:
    """What a pickle says of the type of an array's numbers."""

    def __init__(self, code: str, *_: Any) -> None:
        self.code, self.order = code, '='

    def __setstate__(self, state: Any) -> None:
        self.order = state[1]


class _Array:
    """What a pickle says of an array; numpy's own way would let it change numpy's types."""

    def __init__(self, *_: Any) -> None:
        self.numbers: NDArray[Any] | None = None

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, data = state
        kind = np.dtype(dtype.code)
        if kind.kind not in 'biuf' or not isinstance(data, bytes):
            raise PickleError(f'an array of {kind}')
        kind = kind.newbyteorder(dtype.order) if dtype.order in '<>' else kind
        self.numbers = np.frombuffer(data, kind).reshape(shape, order='F' if fortran else 'C')


class _Call:
    """A function that a pickle can call but not change."""

    __slots__ = ('_function',)

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *arguments: Any) -> Any:
        return self._function(*arguments)

    def __setstate__(self, state: Any) -> None:
        raise PickleError('a pickle that changes what it names')


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in ALLOWED:
            return ALLOWED[module, name]
        raise PickleError(f'a pickle that names {module}.{name}, which is not allowed')

    def persistent_load(self, pid: Any) -> Any:
        raise PickleError('a pickle that refers to something outside')


class _StorageUnpickler(_Unpickler):
    """Of the bytes of one torch storage."""

    def find_class(self, module: str, name: str) -> Any:
        if module == 'torch' and name in STORAGES:
            return np.dtype(STORAGES[name])
        raise PickleError(f'a storage that names {module}.{name}, which is not allowed')

    def persistent_load(self, pid: Any) -> Any:
        return pid


def read_actions(data: bytes) -> tuple[int, NDArray[Any]]:
    """The rows of an answer.

    Args:
        data: Pickle of a list of ``TimedAction``.

    Returns:
        Timestep of the first row, and the rows, shape (H, D).

    Raises:
        PickleError: It is none, names something else, or its rows do not follow each other.
    """
    try:
        rows = _Unpickler(io.BytesIO(data)).load()
    except PickleError:
        raise
    except Exception as error:      # such bytes make pickle and numpy raise all kinds
        raise PickleError(f'{len(data)} bytes that are no pickle of actions: '
                          f'{type(error).__name__}: {error}') from error
    if not (isinstance(rows, list) and rows and all(isinstance(r, TimedAction) for r in rows)):
        raise PickleError(f'a {type(rows).__name__} where a list of TimedAction is due')
    first = rows[0].timestep
    if type(first) is not int or [r.timestep for r in rows] != list(
            range(first, first + len(rows))):
        raise PickleError('actions whose timesteps do not follow each other')
    actions = [r.action for r in rows]
    shape = getattr(actions[0], 'shape', None)
    if not all(isinstance(a, np.ndarray) and a.shape == shape and a.ndim == 1
               and a.dtype.kind in 'iuf' for a in actions):
        raise PickleError('actions that are not rows of numbers of one length')
    return first, np.stack(actions)


def _tensor(storage: Any, offset: int, size: Sequence[int], stride: Sequence[int],
            *_: Any) -> NDArray[Any]:
    """A torch tensor as an array; numpy refuses what would lie outside of the storage."""
    if not isinstance(storage, np.ndarray) or math.prod(size) > len(storage):
        raise PickleError('a tensor of something else than its storage')
    width = storage.itemsize
    strides = [s * width for s in stride]
    return np.ndarray(tuple(size), storage.dtype, storage.tobytes(), offset * width,
                      tuple(strides)).copy()


def _storage(data: bytes) -> NDArray[Any]:
    """The numbers of a torch storage, shape (N,), from what ``torch.save`` made of it."""
    file = io.BytesIO(data)
    magic = tuple(_StorageUnpickler(file).load() for _ in MAGIC)
    system = _StorageUnpickler(file).load()
    pid, keys = (_StorageUnpickler(file).load() for _ in range(2))
    if magic != MAGIC or not system['little_endian'] or len(keys) != 1 or pid[0] != 'storage' \
            or pid[5] is not None or not isinstance(pid[1], np.dtype):
        raise PickleError('a storage of another kind than torch 2 writes')
    count = int.from_bytes(file.read(8), 'little')
    numbers = np.frombuffer(file.read(), pid[1])
    if count != len(numbers):
        raise PickleError(f'a storage of {len(numbers)} numbers that is said to have {count}')
    return numbers


ALLOWED: dict[tuple[str, str], Any] = {
    (HELPERS, 'TimedAction'): TimedAction,
    ('torch._utils', '_rebuild_tensor_v2'): _Call(_tensor),
    ('torch.storage', '_load_from_bytes'): _Call(_storage),
    ('collections', 'OrderedDict'): OrderedDict,
    ('numpy', 'ndarray'): object(),
    ('numpy', 'dtype'): _Dtype,
    **{(f'numpy.{core}.multiarray', '_reconstruct'): _Array for core in ('core', '_core')},
}
