"""The newest state of each joint, by name; messages may hold any joints in any order. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from robot_bridge.driver import DriverError

NEVER_NS = -1


class JointStates:
    """Collects joint states.

    Args:
        joints: J joints that are wanted.
        timeout_ns: A joint that was not heard of for so long is lost [ns].
        topic: Where they come from, for messages.
    """

    def __init__(self, joints: Sequence[str], timeout_ns: int, topic: str) -> None:
        self._joints, self._timeout_ns, self._topic = tuple(joints), timeout_ns, topic
        self._column = {name: k for k, name in enumerate(joints)}
        self._positions = np.full(len(joints), np.nan)
        self._velocities = np.full(len(joints), np.nan)
        self._heard_ns = np.full(len(joints), NEVER_NS)
        self._others: set[str] = set()

    def add(self, names: Sequence[str], positions: Sequence[float], velocities: Sequence[float],
            now_ns: int) -> None:
        """Take one message; one without a position for each name is none of positions.

        Args:
            names: K joints, wanted ones and others.
            positions: [rad] or [m], K of them.
            velocities: [rad/s] or [m/s], K of them, or none.
            now_ns: When it arrived [ns, steady clock].
        """
        if len(positions) != len(names):
            return
        measured = len(velocities) == len(names)
        for k, name in enumerate(names):
            column = self._column.get(name)
            if column is None:
                self._others.add(name)
                continue
            self._positions[column] = positions[k]
            self._velocities[column] = velocities[k] if measured else np.nan
            self._heard_ns[column] = now_ns

    def read(self, now_ns: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the state of all joints.

        Args:
            now_ns: Now [ns, steady clock].

        Returns:
            Positions, shape (J,), and velocities, shape (J,) or (0,) when not all are measured.

        Raises:
            DriverError: A joint was never heard of, is silent, or has no finite position.
        """
        self._refuse(self._heard_ns == NEVER_NS, self._never)
        self._refuse(now_ns - self._heard_ns > self._timeout_ns, lambda lost: (
            f'no news of {lost} on {self._topic} for {self._timeout_ns / 1e9:g} s: are the '
            'controller manager and its joint_state_broadcaster running?'))
        self._refuse(~np.isfinite(self._positions), lambda lost: (
            f'{self._topic} has no finite position of {lost}: is the hardware active?'))
        measured = np.isfinite(self._velocities).all()
        return self._positions.copy(), self._velocities.copy() if measured else np.empty(0)

    def _never(self, lost: str) -> str:
        if self._others:
            return (f'{self._topic} has no position of {lost}, but of '
                    f'{", ".join(sorted(self._others))}: correct ros2_control.joints')
        return (f'no position of {lost} came on {self._topic}: start the joint_state_broadcaster, '
                'or correct ros2_control.joint_states')

    def _refuse(self, lost: NDArray[np.bool_], message: Callable[[str], str]) -> None:
        if lost.any():
            names = ', '.join(n for n, gone in zip(self._joints, lost, strict=True) if gone)
            raise DriverError(f'ros2_control: {message(names)}')
