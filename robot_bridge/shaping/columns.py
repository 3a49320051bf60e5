"""Columns by name: the policy's rows become the robot's, in the robot's order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from robot_bridge.driver import DriverSpec
from robot_bridge.shaping.errors import ShapingError


def column_indices(wanted: Sequence[str], names: Sequence[str], field: str) -> NDArray[np.intp]:
    """Where each wanted column is.

    Args:
        wanted: Column names, in any order.
        names: D columns to find them in.
        field: Parameter that lists ``wanted``, for the message.

    Returns:
        Positions in ``names``, shape (len(wanted),).

    Raises:
        ShapingError: A name is given twice or is not among ``names``.
    """
    _refuse_duplicates(wanted, field)
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise ShapingError(f'{field} has {unknown}, but the columns are {list(names)}')
    return np.array([names.index(name) for name in wanted], dtype=np.intp)


def per_column(values: Sequence[float], columns: NDArray[np.intp], fill: ArrayLike,
               field: str) -> NDArray[np.float64]:
    """Spread values over D columns.

    Args:
        values: One for each of ``columns``, a single one for all of them, or none.
        columns: Positions that the values belong to.
        fill: Value of all other columns, shape (D,).
        field: Parameter that the values come from, for the message.

    Returns:
        Shape (D,).

    Raises:
        ShapingError: Wrong number of values, or one is no number.
    """
    spread = np.array(fill, dtype=np.float64)
    if not len(values):
        return spread
    if len(values) not in (1, len(columns)):
        raise ShapingError(f'{field} must have one value or one for each of {len(columns)} '
                           f'columns, got {len(values)}: {list(values)}')
    try:
        spread[columns] = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ShapingError(f'{field} must be numbers, got {list(values)}') from error
    if np.isnan(spread).any():
        raise ShapingError(f'{field} must be numbers, got {list(values)}')
    return spread


def named_pose(chosen: Sequence[str], values: Sequence[float], spec: DriverSpec,
               field: str) -> NDArray[np.float64]:
    """A pose of some of a robot's columns.

    Args:
        chosen: Columns that have a value; all of the robot's when empty.
        values: One for each of them, or a single one for all.
        spec: The robot.
        field: Parameter that the values come from; that of the columns ends in ``_columns``.

    Returns:
        Shape (D,) [column's unit]; nan for columns without a value.

    Raises:
        ShapingError: Names or values do not fit the robot.
    """
    columns = column_indices(chosen or spec.action_names, spec.action_names, f'{field}_columns')
    pose = np.full(len(spec.action_names), np.nan)
    pose[columns] = per_column(values, columns, np.zeros(len(pose)), field)[columns]
    refuse_outside(pose, spec.lower, spec.upper, spec.action_names, field)
    return pose


def refuse_outside(pose: NDArray[np.float64], lower: NDArray[np.float64],
                   upper: NDArray[np.float64], names: Sequence[str], field: str) -> None:
    """Refuse a pose outside of a range.

    Args:
        pose: Shape (D,) [column's unit]; nan for columns without a value.
        lower: Smallest values, shape (D,).
        upper: Largest values, shape (D,).
        names: D columns, for the message.
        field: Parameter that the pose comes from, for the message.

    Raises:
        ShapingError: A column is outside.
    """
    outside = (pose < lower) | (pose > upper)
    if outside.any():
        i = int(np.argmax(outside))
        raise ShapingError(f'{field} of {names[i]} must be within {lower[i]:g}..{upper[i]:g}, '
                           f'got {pose[i]:g}')


class ColumnMap:
    """Reorders rows by name and fills the columns that the policy does not give.

    A policy for two arms and grippers (16 columns) drives a robot with head and torso (22) or a
    chassis as well (25): what it does not give is held.

    Args:
        source: Columns of the policy's rows.
        target: D columns of the robot, in its order.
        held: Column that the policy does not give -> value to hold it at [column's unit], or
            None to hold it where it was measured at the start.

    Raises:
        ShapingError: A column would be left without a value, or given one twice; lists the names.
    """

    def __init__(self, source: Sequence[str], target: Sequence[str],
                 held: Mapping[str, float | None]) -> None:
        _refuse_duplicates(source, 'the policy')
        _refuse_duplicates(target, 'the robot')
        _check(source, target, held)
        self.target = tuple(target)
        self.is_identity = tuple(source) == self.target
        self._given = np.array([target.index(name) for name in source], dtype=np.intp)
        self._at_measured = np.array([i for i, name in enumerate(target)
                                      if name in held and held[name] is None], dtype=np.intp)
        self._held = np.array([_held_value(held, name) for name in target])

    def start(self, measured: NDArray[np.float64]) -> None:
        """Take the pose at which columns are held.

        Args:
            measured: Pose of the robot, shape (D,); nan where it is not known.

        Raises:
            ShapingError: A column shall be held at a pose that is not known.
        """
        pose = measured[self._at_measured]
        if np.isnan(pose).any():
            names = [self.target[i] for i in self._at_measured[np.isnan(pose)]]
            raise ShapingError(f'{names} shall be held where measured, but the robot does not '
                               'report them: give held_values')
        self._held[self._at_measured] = pose

    def expand(self, row: NDArray[np.float64]) -> NDArray[np.float64]:
        """A row in the robot's columns, shape (D,), from the policy's, shape (len(source),)."""
        if self.is_identity:
            return row
        full = self._held.copy()
        full[self._given] = row
        return full

    def expand_velocity(self, velocity: NDArray[np.float64]) -> NDArray[np.float64]:
        """As `expand`, for velocities: what is held stands still."""
        if self.is_identity:
            return velocity
        full = np.zeros(len(self.target))
        full[self._given] = velocity
        return full


def _check(source: Sequence[str], target: Sequence[str],
           held: Mapping[str, float | None]) -> None:
    surplus = [name for name in source if name not in target]
    if surplus:
        raise ShapingError(f'the policy gives {surplus}, which the robot does not have; its '
                           f'columns are {list(target)}')
    foreign = [name for name in held if name not in target]
    if foreign:
        raise ShapingError(f'held_columns has {foreign}, but the columns are {list(target)}')
    twice = [name for name in held if name in source]
    if twice:
        raise ShapingError(f'held_columns has {twice}, which the policy gives')
    missing = [name for name in target if name not in source and name not in held]
    if missing:
        raise ShapingError(f'the robot needs {missing}, which the policy does not give: name them '
                           'in held_columns')


def _held_value(held: Mapping[str, float | None], name: str) -> float:
    value = held.get(name)
    return np.nan if value is None else value


def _refuse_duplicates(names: Sequence[str], field: str) -> None:
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice:
        raise ShapingError(f'{field} has {twice} more than once')
