"""Joints that follow the newest command at a limited speed. Pure: time is passed in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


class CommandError(ValueError):
    """A command is refused; the message is in the words of ros2_controllers."""


class SimulatedArm:
    """Takes trajectories as a joint_trajectory_controller does, positions as a forward controller.

    Args:
        joints: J joint names.
        start: Positions [rad] or [m], shape (J,).
        max_velocity: How fast a joint can move [rad/s] or [m/s].
        now_ns: Now [ns].
    """

    def __init__(self, joints: Sequence[str], start: ArrayLike, max_velocity: float,
                 now_ns: int) -> None:
        self.joints, self._max_velocity = tuple(joints), max_velocity
        self._position = np.array(start, dtype=np.float64)
        self._way_ns = np.array([float(now_ns)])
        self._way = self._position[np.newaxis]
        self._now_ns = now_ns

    def follow(self, joints: Sequence[str], points: Sequence[tuple[int, Sequence[float]]],
               now_ns: int) -> None:
        """Go through points, linearly, in place of what was commanded before.

        Args:
            joints: Names of the columns, all of the arm's in any order.
            points: (time from now [ns], positions of shape (J,)).
            now_ns: Now [ns].

        Raises:
            CommandError: Wrong joints or points.
        """
        for name in joints:
            if name not in self.joints:
                raise CommandError(f"Incoming joint {name} doesn't match the controller's joints.")
        if sorted(joints) != sorted(self.joints):
            raise CommandError("Joints on incoming trajectory don't match the controller joints.")
        if not points:
            raise CommandError('Empty trajectory received.')
        times = np.array([0, *(when for when, _ in points)]) + float(now_ns)
        if not (np.diff(times) > 0).all():
            raise CommandError('Time between points is not strictly increasing.')
        order = [joints.index(name) for name in self.joints]
        rows = [self._checked(positions)[order] for _, positions in points]
        self._way = np.vstack([self._target(now_ns), *rows])
        self._way_ns = times

    def go_to(self, positions: Sequence[float], now_ns: int) -> None:
        """Go to positions of shape (J,), in the arm's order, as fast as it can.

        Raises:
            CommandError: Wrong number of positions.
        """
        self._way = self._checked(positions)[np.newaxis]
        self._way_ns = np.array([float(now_ns)])

    def step(self, now_ns: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Move on to an instant later than the last one.

        Returns:
            Positions and velocities, shape (J,) each.
        """
        passed, self._now_ns = (now_ns - self._now_ns) / 1e9, now_ns
        reach = self._max_velocity * passed
        moved = np.clip(self._target(now_ns) - self._position, -reach, reach)
        self._position = self._position + moved
        return self._position, moved / passed

    def _target(self, now_ns: int) -> NDArray[np.float64]:
        return np.array([np.interp(now_ns, self._way_ns, column) for column in self._way.T])

    def _checked(self, positions: Sequence[float]) -> NDArray[np.float64]:
        if len(positions) != len(self.joints):
            raise CommandError(f'command size ({len(positions)}) does not match number of '
                               f'interfaces ({len(self.joints)})')
        checked = np.asarray(positions, dtype=np.float64)
        if not np.isfinite(checked).all():
            raise CommandError(f'positions must be numbers, got {checked.tolist()}')
        return checked
