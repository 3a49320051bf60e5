"""The way to the ready pose, as rows like those of a policy. Pure."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from robot_bridge.driver import DriverError
from robot_bridge.shaping.starvation import MinimumJerk

AT_REST = 1e-6
"""A command that changes by less in a tick has come to rest [column's unit]."""


class Approach:
    """Rows with minimum jerk from where the robot is to the ready pose.

    It is a source of rows for motion shaping, whose limits hold here as they do for a policy. The
    last row is repeated until the commands rest there.

    Args:
        names: D columns, for reports.
        pose: Where to go, shape (D,) [column's unit]; nan for columns that stay where they are.
        time: How long the way takes, unless limits make it longer [s], > 0.
        step_ns: Spacing of the rows [ns].
    """

    def __init__(self, names: tuple[str, ...], pose: NDArray[np.float64], time: float,
                 step_ns: int) -> None:
        self._names, self._pose = names, pose
        ramp = MinimumJerk(time)
        steps = math.ceil(time * 1e9 / step_ns)
        self._shares = np.array([ramp.at(k * step_ns)[0] for k in range(1, steps + 1)])
        self.pending = False

    def start(self, measured: NDArray[np.float64] | None) -> None:
        """Begin.

        Args:
            measured: Pose of the robot, shape (D,), nan where not measured; None when its columns
                are no joint positions.

        Raises:
            DriverError: The pose of a column is not known.
        """
        if measured is None or np.isnan(measured).any():
            unknown = [name for k, name in enumerate(self._names)
                       if measured is None or np.isnan(measured[k])]
            raise DriverError(f'move_to_ready needs the position of every column, and the robot '
                              f'reports none of {unknown}: set move_to_ready to false')
        goal = np.where(np.isnan(self._pose), measured, self._pose)
        self._rows = measured + self._shares[:, np.newaxis] * (goal - measured)
        self._next, self._last = 0, measured
        self.pending = True

    def commanded(self, command: NDArray[np.float64]) -> None:
        """Take note of a command, shape (D,): the approach is over when they rest at the end."""
        if self._next > len(self._rows):
            self.pending = bool((np.abs(command - self._last) > AT_REST).any())
        self._last = command

    def queued(self) -> NDArray[np.float64]:
        """Rows of the way that is left, shape (N, D), at least the last one."""
        return self._rows[min(self._next, len(self._rows) - 1):]

    def pop(self) -> NDArray[np.float64]:
        """Take the next row, shape (D,); at the end of the way the last one again."""
        row = self.queued()[0]
        self._next += 1
        return row
