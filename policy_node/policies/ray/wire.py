"""What policy `ray` and its application say to each other: msgpack, arrays as their bytes.

Nothing is ever unpickled, and the two sides need neither the same Python nor the same packages.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from policy_node.policies.openpi.wire import WireError, pack, unpack

__all__ = ['Answer', 'Description', 'Question', 'WireError', 'read', 'received', 'to_jpeg', 'write']

M = TypeVar('M', 'Answer', 'Description', 'Question')


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Question:
    """One request for a chunk.

    Attributes:
        session: One session of one robot, unique among all clients.
        continues: Replica that gave the session's last chunk; empty at its beginning. Any other
            replica, and one that began anew since, begins the session anew.
        seconds: How long its sender waits [s].
        stamp_ns: The instant that was observed [ns, the bridge's clock].
        timestep: Control step that is executed next at that instant.
        prompt: Task instruction.
        features: Feature name -> value; bytes are an image as JPEG.
        names: D columns of the prefix.
        prefix: Rows that the robot still holds, shape (P, D).
        delay: Control steps that will be executed before the answer arrives, >= 0.
    """

    session: str
    continues: str
    seconds: float
    stamp_ns: int
    timestep: int
    prompt: str
    features: Mapping[str, Any]
    names: tuple[str, ...]
    prefix: NDArray[np.float64]
    delay: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Answer:
    """A chunk, or why there is none.

    Attributes:
        replica: Who answers; another name after another policy was loaded.
        error: Empty if there is a chunk.
        names: D columns.
        units: D units.
        actions: Shape (H, D).
        frozen_rows: How many of the first rows repeat the prefix.
        subtask: Subtask that the actions pursue.
        timings: What was measured: name -> time [s].
    """

    replica: str
    error: str = ''
    names: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    actions: NDArray[np.float64] | None = None
    frozen_rows: int = 0
    subtask: str = ''
    timings: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What the application has loaded.

    Attributes:
        name: For people.
        names: D columns.
        units: D units.
        horizon: Rows of a chunk.
        features: Names that it needs.
        step_ns: Row spacing [ns].
    """

    name: str
    names: tuple[str, ...]
    units: tuple[str, ...]
    horizon: int
    features: tuple[str, ...]
    step_ns: int


TYPES: Mapping[str, Any] = {'str': str, 'int': int, 'float': (int, float), 'tuple[str, ...]': list,
         'Mapping[str, Any]': dict, 'Mapping[str, float] | None': (dict, type(None)),
         'NDArray[np.float64]': np.ndarray,
         'NDArray[np.float64] | None': (np.ndarray, type(None))}
"""Annotation -> what arrives for it."""


def write(message: Question | Answer | Description) -> bytes:
    """Bytes of a message.

    Raises:
        TypeError: A feature is something that cannot be sent.
    """
    return pack({name: getattr(message, name) for name in message.__dataclass_fields__})


def read(kind: type[M], data: bytes) -> M:
    """Read a message.

    Raises:
        WireError: The bytes are not a message of this kind.
    """
    found = unpack(data)
    fields = kind.__dataclass_fields__
    if set(found) != set(fields):
        raise WireError(f'a message with {sorted(found, key=str)} where '
                        f'{kind.__name__} is due; both sides need the same version of segue')
    for name, field in fields.items():
        if not isinstance(found[name], TYPES[str(field.type)]):
            raise WireError(f'{name} of {kind.__name__}: a {type(found[name]).__name__}')
        if isinstance(found[name], list):
            found[name] = tuple(found[name])
    return kind(**found)


def to_jpeg(image: NDArray[np.uint8], quality: int) -> bytes:
    """Compress an image.

    Args:
        image: Shape (H, W, 3), RGB.
        quality: 1..100.
    """
    file = io.BytesIO()
    Image.fromarray(image).save(file, 'JPEG', quality=quality)
    return file.getvalue()


def received(value: Any) -> Any:
    """A feature as a policy expects it: images decoded, arrays writable.

    Raises:
        WireError: Bytes that are no JPEG.
    """
    if isinstance(value, bytes):
        try:
            return np.array(Image.open(io.BytesIO(value), formats=['JPEG']).convert('RGB'))
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            raise WireError(f'{len(value)} bytes that are no JPEG: {error}') from error
    if isinstance(value, dict):
        return {name: received(each) for name, each in value.items()}
    return np.array(value) if isinstance(value, np.ndarray) else value
