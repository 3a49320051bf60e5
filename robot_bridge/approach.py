"""The way to the ready pose, as rows like those of a policy. Pure."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from robot_bridge.driver import DriverError
from robot_bridge.shaping.starvation import MinimumJerk

AT_REST = 1e-4
"""A command that changes more slowly rests [column's unit per s]."""
NEAR = 1e-3
"""A command that is nearer to the ready pose is there [column's unit]."""


class Approach:
    """Rows with minimum jerk from where the robot is to the ready pose.

    It is a source of rows for motion shaping, whose limits hold here as they do for a policy. The
    last row is repeated until the commands rest there; at rest elsewhere it is `stuck`.

    Args:
        names: D columns, for reports.
        pose: Where to go, shape (D,) [column's unit]; nan for columns that stay where they are.
        time: How long the way takes, unless limits make it longer [s], > 0.
        step_ns: Spacing of the rows [ns].

    Attributes:
        pending: Whether it is still on its way.
        stuck: Which columns rest away from the pose, kept from it by limits; empty for none.
    """

    def __init__(self, names: tuple[str, ...], pose: NDArray[np.float64], time: float,
                 step_ns: int) -> None:
        self._names, self._pose, self._step_s = names, pose, step_ns * 1e-9
        ramp = MinimumJerk(time)
        steps = math.ceil(time * 1e9 / step_ns)
        self._shares = np.array([ramp.at(k * step_ns)[0] for k in range(1, steps + 1)])
        self.pending, self.stuck = False, ''

    def start(self, measured: NDArray[np.float64] | None) -> None:
        """Begin.

        Args:
            measured: Pose of the robot, shape (D,), nan where not measured; None when its columns
                are no joint positions.

        Raises:
            DriverError: The pose of a column is not known.
        """
        if measured is None or not np.isfinite(measured).all():
            unknown = [name for k, name in enumerate(self._names)
                       if measured is None or not np.isfinite(measured[k])]
            raise DriverError(f'move_to_ready needs the position of every column, and the robot '
                              f'reports none of {unknown}: set move_to_ready to false')
        goal = np.where(np.isnan(self._pose), measured, self._pose)
        self._rows = measured + self._shares[:, np.newaxis] * (goal - measured)
        self._next, self._judged, self._last = 0, 0, measured
        self.pending, self.stuck = True, ''

    def commanded(self, command: NDArray[np.float64]) -> None:
        """Take note of a command, shape (D,): the way is over when they rest at its end.

        They are compared once a row, so that the driver's rate makes no difference.
        """
        elapsed_s = (self._next - self._judged) * self._step_s
        if not elapsed_s:
            return
        rests = np.abs(command - self._last) <= AT_REST * elapsed_s
        self._judged, self._last = self._next, command
        if self._next <= len(self._rows):
            return
        away = np.abs(command - self._pose) > NEAR    # never where the pose is nan
        self.pending = bool(away.any() or not rests.all())
        self.stuck = '; '.join(
            f'{self._names[k]} stays at {command[k]:g} on its way to {self._pose[k]:g}'
            for k in np.flatnonzero(away & rests))

    def queued(self) -> NDArray[np.float64]:
        """Rows of the way that is left, shape (N, D), at least the last one."""
        return self._rows[min(self._next, len(self._rows) - 1):]

    def pop(self) -> NDArray[np.float64]:
        """Take the next row, shape (D,); at the end of the way the last one again."""
        row = self.queued()[0]
        self._next += 1
        return row
