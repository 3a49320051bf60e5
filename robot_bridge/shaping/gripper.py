"""Grippers that know two positions: open and closed, with hysteresis in between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_bridge.shaping.errors import ShapingError


@dataclass(frozen=True, slots=True)
class TwoPositions:
    """How a gripper column becomes open or closed.

    Attributes:
        open_threshold: A gripper opens when the policy's value reaches this [column's unit].
        close_threshold: It closes when the value reaches this; in between it stays as it is. The
            side of ``open_threshold`` that it lies on says which way is open.
        open_value: Written for open [column's unit].
        closed_value: Written for closed.

    Raises:
        ShapingError: A value is not finite, or the thresholds are equal.
    """

    open_threshold: float
    close_threshold: float
    open_value: float
    closed_value: float

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if not np.isfinite(getattr(self, name)):
                raise ShapingError(f'gripper {name} must be finite, got {getattr(self, name)}')
        if self.open_threshold == self.close_threshold:
            raise ShapingError('gripper open_threshold and close_threshold must differ: the gap '
                               f'is the hysteresis; both are {self.open_threshold:g}')


class GripperBinarizer:
    """Writes open or closed into the gripper columns.

    Args:
        columns: Positions of the gripper columns in a row, shape (G,).
        positions: Thresholds and values.
    """

    def __init__(self, columns: NDArray[np.intp], positions: TwoPositions) -> None:
        self._columns: list[int] = columns.tolist()   # few: floats are faster than short arrays
        self._positions = positions
        self._sign = 1.0 if positions.open_threshold > positions.close_threshold else -1.0
        self._is_open: list[bool] | None = None

    def reset(self) -> None:
        """Forget whether they are open: the next row decides, by the nearer threshold."""
        self._is_open = None

    def take_over(self, other: GripperBinarizer) -> None:
        """Go on from whether the grippers of ``other``, the same ones, are open."""
        self._is_open = other._is_open and other._is_open.copy()

    def apply(self, row: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the row, shape (D,), with open or closed in the gripper columns."""
        p, out = self._positions, row.copy()
        if self._is_open is None:
            middle = 0.5 * (p.open_threshold + p.close_threshold)
            self._is_open = [self._reaches(row.item(column), middle) for column in self._columns]
        for k, column in enumerate(self._columns):
            value = row.item(column)
            # In between it stays as it is.
            if self._reaches(value, p.open_threshold):
                self._is_open[k] = True
            elif self._reaches(-value, -p.close_threshold):
                self._is_open[k] = False
            out[column] = p.open_value if self._is_open[k] else p.closed_value
        return out

    def _reaches(self, value: float, threshold: float) -> bool:
        """Whether a value is at a threshold or further towards open."""
        return self._sign * (value - threshold) >= 0
