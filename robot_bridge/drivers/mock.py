"""A kinematic double: joints that go where they are told, at a limited speed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_bridge.driver import Driver, DriverError, DriverSpec, Reading
from segue_core.parameters import param


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Parameters ``mock.*``."""

    joints: tuple[str, ...] = param(('joint_1', 'joint_2', 'joint_3'), 'Joint names.')
    limit: float = param(3.14, 'Largest joint angle either way.', unit='rad', low=0.0, high=100.0)
    max_velocity: float = param(3.0, 'How fast a joint can move.', unit='rad/s', low=0.0,
                                high=1000.0)
    rate: float = param(30.0, 'Control rate.', unit='Hz', low=0.1, high=1000.0)


def create(params: Params) -> Driver:
    """Make the mock."""
    return Mock(params)


class Mock:
    """Moves each joint towards its target by at most ``max_velocity / rate`` a tick."""

    def __init__(self, params: Params) -> None:
        limits = np.full(len(params.joints), params.limit)
        self.spec = DriverSpec(
            name='mock', action_names=params.joints, action_units=('rad',) * len(params.joints),
            lower=-limits, upper=limits, rate=params.rate)
        self._step = params.max_velocity / params.rate
        self._position = np.zeros(len(params.joints))
        self._velocity = np.zeros(len(params.joints))
        self._connected = False

    def connect(self) -> None:
        """Start at rest."""
        self._connected = True

    def read(self, *, cameras: bool) -> Reading:
        """Return joint positions and velocities; the mock has no cameras."""
        return Reading(self.spec.action_names, self._position.copy(), self._velocity.copy())

    def write(self, action: NDArray[np.float64]) -> None:
        """Move towards joint angles [rad], shape (J,)."""
        if not self._connected:
            raise DriverError('mock: write before connect')
        if not ((action >= self.spec.lower) & (action <= self.spec.upper)).all():
            raise DriverError(f'mock: action {action} is outside the limits')
        moved = np.clip(action - self._position, -self._step, self._step)
        self._position += moved
        self._velocity = moved * self.spec.rate

    def hold(self) -> None:
        """Stay."""
        self._velocity = np.zeros_like(self._velocity)

    def stop(self) -> None:
        """Stay."""
        self.hold()

    def disconnect(self) -> None:
        """Refuse commands from now on."""
        self._connected = False
