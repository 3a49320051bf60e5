"""A client's robot as the contract describes one: which of its keys feeds which topic. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy_node.lerobot_gateway.told import IMAGES, Seen, Wanted
from segue_core.contract import IMAGES as IMAGE_TYPES
from segue_core.contract import JOINT_STATE, Contract, Input

ENDINGS = {'position': ('', '.pos'), 'velocity': ('.vel',), 'effort': ('.effort',)}
"""How a client's key goes on after the name of a joint."""


HUGE = 1e300


class FitError(ValueError):
    """A client's robot is not the contract's; the message names what does not fit."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One observation in the contract's terms.

    Attributes:
        joints: Topic -> joint -> quantity (position, velocity, effort) -> value.
        images: Topic -> RGB image, shape (H, W, 3) uint8.
        state: The client's whole state, shape (N,), in its units.
        task: Instruction; empty for none.
    """

    joints: Mapping[str, Mapping[str, Mapping[str, float]]]
    images: Mapping[str, NDArray[np.uint8]]
    state: NDArray[np.float64]
    task: str


@dataclass(frozen=True, slots=True)
class Fit:
    """Which of a client's keys feeds which topic.

    Attributes:
        joints: Topic -> joint -> quantity -> key.
        images: Topic -> key.
        state: Names of the columns of the client's state.
        order: The contract's action columns in the order in which the client takes them.
        by_name: That order follows from the names of the client's state. The client does not tell
            the names of its actions; in LeRobot's robots they are those of the state.
    """

    joints: Mapping[str, Mapping[str, Mapping[str, str]]]
    images: Mapping[str, str]
    state: tuple[str, ...]
    order: tuple[str, ...]
    by_name: bool

    def sample(self, seen: Seen) -> Sample:
        """An observation in the contract's terms.

        Raises:
            FitError: A value is missing or not what it should be.
        """
        task = seen.values.get('task', '')
        if not isinstance(task, str):
            raise FitError(f"the observation's task is a {type(task).__name__}, not a text")
        return Sample(
            {topic: {joint: {quantity: _number(seen.values, key) for quantity, key in keys.items()}
                     for joint, keys in joints.items()} for topic, joints in self.joints.items()},
            {topic: _image(seen.values, key) for topic, key in self.images.items()},
            np.array([_number(seen.values, key) for key in self.state]), task)


def fit(contract: Contract, wanted: Wanted, renames: Mapping[str, str]) -> Fit:
    """Find what feeds each input of the contract.

    Args:
        contract: What policy_node observes, and the columns of an action.
        wanted: What the client says of its robot.
        renames: Name in the contract -> key of the client, where they differ; wins over the
            client's own ``rename_map``.

    Raises:
        FitError: An input cannot be fed.
    """
    renames = {**{_short(theirs): _short(ours) for ours, theirs in wanted.renamed.items()},
               **renames}
    joints: dict[str, dict[str, dict[str, str]]] = {}
    images: dict[str, str] = {}
    for i in contract.inputs:
        if i.type in IMAGE_TYPES:
            images[i.topic] = _camera(i, wanted.cameras, renames)
        elif i.type == JOINT_STATE:
            for name in i.names:
                joint, _, quantity = name.partition('/')
                key = _column(name, wanted.state, renames)
                if key is None:
                    raise FitError(f'contract.{i.name}.names has {name!r}, of which the client has '
                                   f'nothing; its state is {_list(wanted.state)}: see rename_map')
                joints.setdefault(i.topic, {}).setdefault(joint, {})[quantity or 'position'] = key
    found = {name: _column(name, wanted.state, renames) for name in contract.action_names}
    by_name = None not in found.values()
    order = tuple(sorted(found, key=lambda name: wanted.state.index(found[name] or ''))
                  ) if by_name else contract.action_names
    return Fit(joints, images, wanted.state, order, by_name)


def _camera(i: Input, cameras: tuple[str, ...], renames: Mapping[str, str]) -> str:
    """Which camera of the client an input is."""
    names = (i.name, _short(i.feature))
    for key in [renames[name] for name in names if name in renames] or names:
        if key in cameras:
            return key
    raise FitError(f'contract.{i.name} is an image, and the client has no camera of this name; it '
                   f'has {_list(cameras)}: see rename_map')


def _column(name: str, state: tuple[str, ...], renames: Mapping[str, str]) -> str | None:
    """Which column of the client's state a name in the contract is."""
    joint, _, quantity = name.partition('/')
    keys = [renames[name]] if name in renames else [
        joint + ending for ending in ENDINGS.get(quantity or 'position', ())]
    return next((key for key in keys if key in state), None)


def _number(values: Mapping[str, Any], key: str) -> float:
    value = values.get(key)
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    if not isinstance(value, (int, float)) or not abs(value) < HUGE:
        raise FitError(f'the observation has no finite number {key!r}: {_kind(value)}')
    return float(value)


def _image(values: Mapping[str, Any], key: str) -> NDArray[np.uint8]:
    value = values.get(key)
    if not isinstance(value, np.ndarray) or value.dtype != np.uint8 or value.ndim != 3 \
            or value.shape[2] != 3 or not value.size:
        raise FitError(f'the observation has no RGB image {key!r} (height, width, 3) of uint8: '
                       f'{_kind(value)}')
    return value


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f'{value.dtype} of shape {value.shape}'
    return repr(value) if isinstance(value, float) else type(value).__name__


def _short(key: str) -> str:
    """``front`` of ``observation.images.front``."""
    return key.removeprefix(IMAGES).removeprefix('observation.').removeprefix('images.')


def _list(names: tuple[str, ...]) -> str:
    return ', '.join(names) or 'none'
