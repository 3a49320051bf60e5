"""The joints of the S1 in the order of its SDK: part after part, never by position alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from segue_core.parameters import ParameterError

PREFIX = 'astribot_'


@dataclass(frozen=True, slots=True)
class Part:
    """One part as the SDK names it.

    Attributes:
        name: As in the SDK's lists of names.
        joints: Column names, in the order of the SDK.
        units: Unit of each joint; a gripper is 0 (open) .. 100 (closed) percent.
        lower: Smallest position of each joint [its unit].
        upper: Largest position of each joint.
    """

    name: str
    joints: tuple[str, ...]
    units: tuple[str, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]


def _revolute(name: str, lower: tuple[float, ...], upper: tuple[float, ...]) -> Part:
    joints = tuple(f'{PREFIX}{name}_joint_{k}' for k in range(1, len(lower) + 1))
    return Part(PREFIX + name, joints, ('rad',) * len(lower), lower, upper)


def _gripper(side: str) -> Part:
    name = f'{PREFIX}gripper_{side}'
    return Part(name, (name,), ('percent',), (0.0,), (100.0,))


def _arm(side: str) -> Part:
    return _revolute(f'arm_{side}', (-3.1, -1.53, -3.1, -0.06, -2.56, -0.76, -1.53),
                     (3.1, 0.46, 3.1, 2.61, 2.56, 0.76, 1.53))


CHASSIS = Part(f'{PREFIX}chassis', tuple(f'{PREFIX}chassis_{axis}' for axis in ('x', 'y', 'yaw')),
               ('m', 'm', 'rad'), (-100.0,) * 3, (100.0,) * 3)
"""Pose in the frame of its odometry."""
PARTS = (CHASSIS, _revolute('torso', (-0.04, -2.3, -0.4, -1.2), (1.3, 0.06, 2.3, 1.2)),
         _arm('left'), _gripper('left'), _arm('right'), _gripper('right'),
         _revolute('head', (-1.57, -1.22), (1.57, 1.22)))
"""All parts, in the order of the SDK."""
JOINTS = tuple(joint for part in PARTS for joint in part.joints)


class PartList:
    """Some parts, and how their joints lie in the SDK's nested lists.

    Args:
        parts: In the order of the SDK.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = tuple(parts)
        self.names = [part.name for part in parts]
        self.joints = tuple(joint for part in parts for joint in part.joints)
        self.units = tuple(unit for part in parts for unit in part.units)
        self.lower = np.array([value for part in parts for value in part.lower])
        self.upper = np.array([value for part in parts for value in part.upper])
        ends = np.cumsum([len(part.joints) for part in parts])
        self._slices = [slice(end - len(part.joints), end)
                        for part, end in zip(parts, ends.tolist(), strict=True)]

    def split(self, values: NDArray[np.float64]) -> list[list[float]]:
        """One list for each part, newly made, from all joints, shape (J,)."""
        flat = values.tolist()
        return [flat[part] for part in self._slices]

    def join(self, nested: Sequence[Sequence[float]] | None) -> NDArray[np.float64]:
        """All joints, shape (J,), from one list for each part.

        Raises:
            ValueError: It has other parts or joints, or values that are no numbers.
        """
        widths = [len(part.joints) for part in self.parts]
        if nested is None or [len(values) for values in nested] != widths:
            raise ValueError(f'expected {widths} values for {self.names}, got {nested!r}')
        flat = np.array([value for values in nested for value in values], dtype=np.float64)
        if not np.isfinite(flat).all():
            raise ValueError(f'positions must be numbers, got {nested!r}')
        return flat

    def indices(self, joints: Sequence[str]) -> NDArray[np.intp]:
        """Where joints lie, shape (len(joints),)."""
        return np.array([self.joints.index(joint) for joint in joints], dtype=np.intp)


def commanded_parts(columns: Sequence[str]) -> tuple[Part, ...]:
    """Parts that columns command, in the order of the SDK.

    Args:
        columns: Joints of whole parts, in any order.

    Raises:
        ParameterError: A column is no joint, is given twice, or its part is not complete.
    """
    unknown = [column for column in columns if column not in JOINTS]
    if unknown:
        raise ParameterError(f'contract.actions has {unknown}; the joints of the S1 are '
                             f'{list(JOINTS)}')
    if len(set(columns)) != len(columns):
        raise ParameterError(f'contract.actions must be unique, got {list(columns)}')
    parts = tuple(part for part in PARTS if set(part.joints) & set(columns))
    missing = [joint for part in parts for joint in part.joints if joint not in columns]
    if missing:
        raise ParameterError(f'contract.actions has {len(columns)} columns and lacks {missing}: '
                             'give all joints of a part or none')
    if not parts:
        raise ParameterError('contract.actions is empty: name the joints that the policy commands')
    return parts


def with_ranges(parts: Sequence[Part], joints: Sequence[str], lower: Sequence[float],
                upper: Sequence[float]) -> tuple[Part, ...]:
    """Parts with other ranges of some joints.

    Args:
        parts: To copy.
        joints: Whose ranges are others.
        lower: Smallest position of each of them.
        upper: Largest position of each of them.

    Raises:
        ParameterError: The lists do not fit together.
    """
    unknown = [joint for joint in joints if joint not in JOINTS]
    if unknown or not len(joints) == len(lower) == len(upper):
        raise ParameterError(
            f'astribot.range_joints ({len(joints)}), range_lower ({len(lower)}) and range_upper '
            f'({len(upper)}) must have one value for each joint of the S1 that they name'
            + (f'; unknown: {unknown}' if unknown else ''))
    low, high = (dict(zip(joints, values, strict=True)) for values in (lower, upper))
    return tuple(replace(
        part, lower=tuple(low.get(j, v) for j, v in zip(part.joints, part.lower, strict=True)),
        upper=tuple(high.get(j, v) for j, v in zip(part.joints, part.upper, strict=True)))
        for part in parts)
