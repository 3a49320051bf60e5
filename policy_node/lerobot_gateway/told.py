"""What a client tells: what it wants to be loaded, and what its robot saw. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policy_node.lerobot_wire.reading import (
    Made,
    PickleError,
    RemotePolicyConfig,
    TimedObservation,
    plain,
    read,
)

IMAGES, STATE = 'observation.images.', 'observation.state'


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client wants to be loaded, and what its robot gives.

    Attributes:
        policy_type: Kind of the checkpoint.
        checkpoint: Its folder, or its name on the model hub.
        device: Where to run it.
        rows: Most rows of a chunk.
        cameras: Names of the robot's cameras.
        state: Names of the columns of its state, in order.
        renamed: Key of the client -> key of the policy.
    """

    policy_type: str
    checkpoint: str
    device: str
    rows: int
    cameras: tuple[str, ...]
    state: tuple[str, ...]
    renamed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """One observation.

    Attributes:
        timestamp: When it was made [s, the client's clock].
        timestep: Control step of the client that it was made at.
        values: Name of a column or camera -> number or image, and the ``task``.
        must_go: The client has nothing left to execute.
    """

    timestamp: float
    timestep: int
    values: Mapping[str, Any]
    must_go: bool


def read_wanted(data: bytes) -> Wanted:
    """Read the instructions of a client.

    Raises:
        PickleError: They are none, or one of their fields is not what LeRobot's clients send.
    """
    made = _made(data, RemotePolicyConfig)
    features = _field(made, 'lerobot_features', dict)
    rows = _field(made, 'actions_per_chunk', int)
    if rows < 1:
        raise PickleError(f'actions_per_chunk {rows}, which must be at least 1')
    state = features.get(STATE)
    names = state.get('names') if isinstance(state, dict) else ()
    if not isinstance(names, (list, tuple)) or not all(isinstance(n, str) for n in names):
        raise PickleError(f'lerobot_features whose {STATE} does not name its columns: {names!r}')
    renamed = made.fields.get('rename_map') or {}
    if not isinstance(renamed, dict) or not all(
            isinstance(text, str) for pair in renamed.items() for text in pair):
        raise PickleError(f'rename_map {renamed!r}, which must map keys to keys')
    return Wanted(
        policy_type=_field(made, 'policy_type', str),
        checkpoint=_field(made, 'pretrained_name_or_path', str),
        device=_field(made, 'device', str), rows=rows, renamed=renamed, state=tuple(names),
        cameras=tuple(key.removeprefix(IMAGES) for key in features
                      if isinstance(key, str) and key.startswith(IMAGES)))


def read_seen(data: bytes) -> Seen:
    """Read an observation.

    Raises:
        PickleError: It is none, or one of its fields is not what LeRobot's clients send.
    """
    made = _made(data, TimedObservation)
    timestamp = _field(made, 'timestamp', float)
    timestep = _field(made, 'timestep', int)
    if not math.isfinite(timestamp) or not 0 <= timestep < 1 << 62:
        raise PickleError(f'timestamp {timestamp!r} and timestep {timestep!r}, which must be '
                          'finite and not negative')
    values = _field(made, 'observation', dict)
    return Seen(timestamp, timestep, {key: plain(value) for key, value in values.items()},
                made.fields.get('must_go') is True)


def _made(data: bytes, kind: type[Made]) -> Made:
    made = read(data, kind.__name__)
    if not isinstance(made, kind):
        raise PickleError(f'a {type(made).__name__} where a {kind.__name__} is due')
    return made


def _field(made: Made, name: str, kind: type) -> Any:
    value = made.fields.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise PickleError(f'a {type(made).__name__} whose {name} is a {type(value).__name__}')
    return value
