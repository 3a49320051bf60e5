"""LeRobot's pickles, read without obeying them.

Reading a pickle calls what it names. Here it can name only what rebuilds numbers and the protocol's
own few objects; anything else is refused by name.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy_node.lerobot_wire.writing import HELPERS

STORAGES = {'FloatStorage': '<f4', 'DoubleStorage': '<f8', 'HalfStorage': '<f2',
            'LongStorage': '<i8', 'IntStorage': '<i4', 'ByteStorage': '|u1'}
MAGIC = 0x1950a86a20f9469cfc6c, 1001
"""First two values of the bytes of a torch storage."""
MOST_TUPLES = 20_000
"""A thousand actions have fewer."""


class PickleError(ValueError):
    """A pickle that names something else, or is none."""


class Made:
    """One of LeRobot's objects as a pickle tells it.

    Attributes:
        fields: What the pickle says, by name.
    """

    names: tuple[str, ...] = ()
    fields: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, *arguments: Any) -> None:
        self.__setstate__(dict(zip(self.names, arguments, strict=False)))

    def __setstate__(self, state: Any) -> None:
        """Take what a pickle says; a class of its own does not let it change anything else."""
        if not isinstance(state, dict):
            raise PickleError(f'a {type(self).__name__} without fields')
        self.fields = {name: plain(state[name]) for name in self.names if name in state}


class TimedAction(Made):
    """One row of an answer: its ``timestep``, and ``action`` of shape (D,)."""

    names = ('timestamp', 'timestep', 'action')


class TimedObservation(Made):
    """What a robot saw, as a map from LeRobot's names to numbers, images and texts."""

    names = ('timestamp', 'timestep', 'observation', 'must_go')


class RemotePolicyConfig(Made):
    """What a client wants to be loaded."""

    names = ('policy_type', 'pretrained_name_or_path', 'lerobot_features', 'actions_per_chunk',
             'device', 'rename_map')


class _Dtype:
    """What a pickle says of the type of an array's numbers."""

    def __init__(self, code: str, *_: Any) -> None:
        self.code, self.order = code, '='

    def __setstate__(self, state: Any) -> None:
        self.order = state[1]

    @property
    def kind(self) -> np.dtype[Any]:
        """The type of numbers; nothing else is read."""
        kind = _numbers(self.code)
        return kind.newbyteorder('>') if self.order == '>' else kind


class _Array:
    """What a pickle says of an array; numpy's own way would let it change numpy's types."""

    def __init__(self, *_: Any) -> None:
        self.numbers: NDArray[Any] | None = None

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, data = state
        self.numbers = _array(data, dtype, shape, 'F' if fortran else 'C')


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


def read(data: bytes, what: str) -> Any:
    """What a pickle holds: numbers, texts, lists, maps, arrays, and what is `Made`.

    Args:
        data: The pickle.
        what: What it should hold, for the error.

    Raises:
        PickleError: It is none, or names something else.
    """
    try:
        return _load(_Unpickler, io.BytesIO(data))
    except PickleError:
        raise
    except Exception as error:      # such bytes make pickle and numpy raise all kinds
        raise PickleError(f'{len(data)} bytes that are no pickle of {what}: '
                          f'{type(error).__name__}: {error}') from error


def plain(value: Any) -> Any:
    """A value out of a pickle, arrays as arrays."""
    return value.numbers if isinstance(value, _Array) else value


def _load(unpickler: type[pickle.Unpickler], file: io.BytesIO) -> Any:
    """Read the next pickle of a file, which is looked through before.

    Otherwise a few bytes could have pickle make a table of many gigabytes for its notes, or a map
    whose key is nested so deep that Python itself ends.
    """
    start, size, tuples = file.tell(), len(file.getbuffer()), 0
    for opcode, argument, _ in pickletools.genops(file):
        if 'PUT' in opcode.name and (argument or 0) > size:
            raise PickleError(f'a pickle that makes note {argument} in {size} bytes')
        tuples += 'TUPLE' in opcode.name or opcode.name == 'FROZENSET'
        if tuples > MOST_TUPLES:
            raise PickleError(f'a pickle with more than {MOST_TUPLES} tuples')
    file.seek(start)
    return unpickler(file).load()


def _numbers(code: Any) -> np.dtype[Any]:
    kind = np.dtype(code)
    if kind.kind not in 'biuf':
        raise PickleError(f'an array of {kind}')
    return kind


def _array(data: Any, dtype: _Dtype, shape: Any, order: Any = 'C') -> NDArray[Any]:
    if not isinstance(data, (bytes, bytearray)) or not isinstance(dtype, _Dtype):
        raise PickleError('an array of something else than numbers')
    return np.frombuffer(data, dtype.kind).reshape(shape, order=order)


def _written_array(shape: Any, code: str, data: bytes) -> NDArray[Any]:
    """An array as `writing` writes it."""
    return np.frombuffer(data, _numbers(code)).reshape(shape)


def _scalar(dtype: _Dtype, data: bytes) -> Any:
    return np.frombuffer(data, dtype.kind)[0].item()


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
    magic = tuple(_load(_StorageUnpickler, file) for _ in MAGIC)
    system = _load(_StorageUnpickler, file)
    pid, keys = (_load(_StorageUnpickler, file) for _ in range(2))
    if magic != MAGIC or not system['little_endian'] or len(keys) != 1 or pid[0] != 'storage' \
            or pid[5] is not None or not isinstance(pid[1], np.dtype):
        raise PickleError('a storage of another kind than torch 2 writes')
    count = int.from_bytes(file.read(8), 'little')
    numbers = np.frombuffer(file.read(), pid[1])
    if count != len(numbers):
        raise PickleError(f'a storage of {len(numbers)} numbers that is said to have {count}')
    return numbers


ALLOWED: dict[tuple[str, str], Any] = {
    **{(HELPERS, made.__name__): made
       for made in (TimedAction, TimedObservation, RemotePolicyConfig)},
    ('torch._utils', '_rebuild_tensor_v2'): _Call(_tensor),
    ('torch.storage', '_load_from_bytes'): _Call(_storage),
    ('collections', 'OrderedDict'): OrderedDict,
    ('numpy', 'ndarray'): _Call(_written_array),
    ('numpy', 'dtype'): _Dtype,
    **{(f'numpy.{core}.multiarray', '_reconstruct'): _Array for core in ('core', '_core')},
    **{(f'numpy.{core}.multiarray', 'scalar'): _Call(_scalar) for core in ('core', '_core')},
    **{(f'numpy.{core}.numeric', '_frombuffer'): _Call(_array) for core in ('core', '_core')},
}
