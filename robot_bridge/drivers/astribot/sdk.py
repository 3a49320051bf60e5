"""The vendor's SDK behind one boundary: it is imported here, and its errors end here."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from robot_bridge.driver import DriverError
from robot_bridge.drivers.astribot.joints import PARTS, PartList

LOOK_AT = ('look whether the robot is on, its drivers run and no emergency stop is pressed; the '
           'log of the SDK says more')

DRIVERS_ALIVE = 'flag_robot_driver_alive'
"""Set to false by the SDK when the robot's drivers are silent; older releases do not have it."""

Positions = list[list[float]]
"""One list of joint positions for each part."""


class Client(Protocol):
    """The class ``Astribot`` of the SDK, as far as it is used."""

    whole_body_names: list[str]
    astribot_interface: Any

    def get_control_rights_status(self) -> bool:
        """Whether commands of this client reach the robot; without they are ignored."""

    def get_joints_position_limit(self, names: list[str]) -> tuple[Positions, Positions]:
        """Lower and upper limits."""

    def get_current_joints_position(self, names: list[str]) -> Positions:
        """Measured."""

    def get_current_joints_velocity(self, names: list[str]) -> Positions:
        """Measured."""

    def get_desired_joints_position(self, names: list[str]) -> Positions:
        """As last commanded."""

    def set_joints_position(self, names: list[str], position: Positions, control_way: str = ...,
                            use_wbc: bool = ...) -> None:
        """Command now. A torso that is left out is added."""

    def move_joints_waypoints(self, names: list[str], waypoints: list[Positions],
                              time_list: list[float], use_wbc: bool = ...) -> Any:
        """Pass waypoints at times counted from now; returns when the last one is reached.

        A torso that is left out is appended to the caller's own waypoints.
        """

    def stop_robot(self) -> None:
        """Stop; commands are ignored until `restart_robot`."""

    def restart_robot(self) -> None:
        """Accept commands again."""


class Sdk:
    """One client of the SDK; every error becomes a `DriverError` with a remedy.

    Args:
        module: Has the class ``Astribot``.
        rate: Commands per second [Hz].
        high_control_rights: Take control away from another program.

    Raises:
        DriverError: The SDK is not there, the robot does not answer, or another program has
            control.
    """

    def __init__(self, module: str, rate: float, *, high_control_rights: bool) -> None:
        factory = _import(module)
        with _translated('to connect'), _unattended():
            self._client: Client = factory(freq=rate, high_control_rights=high_control_rights)
        self.check()
        names = self._client.whole_body_names
        self.parts = PartList([part for part in PARTS if part.name in names])

    def check(self) -> None:
        """See that commands reach the robot.

        Raises:
            DriverError: They do not: the SDK ignores them without an error.
        """
        with _translated('is_alive'):
            interface = self._client.astribot_interface
            alive = interface.is_alive() and getattr(interface, DRIVERS_ALIVE, True)
            has_control = self._client.get_control_rights_status()
        if not alive:
            raise DriverError(f'astribot: the robot is gone: {LOOK_AT}')
        if not has_control:
            raise DriverError(
                'astribot: another program controls the robot, or took control: end it, or set '
                'astribot.high_control_rights to take control away from it')

    def limits(self, parts: PartList) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Smallest and largest position of all joints, each of shape (J,)."""
        with _translated('get_joints_position_limit'):
            lower, upper = self._client.get_joints_position_limit(list(parts.names))
            return parts.join(lower), parts.join(upper)

    def state(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Measured positions and velocities of all joints of ``parts``, each of shape (J,)."""
        with _translated('to read the joints'):
            return (self.parts.join(self._client.get_current_joints_position(self.parts.names[:])),
                    self.parts.join(self._client.get_current_joints_velocity(self.parts.names[:])))

    def desired(self, parts: PartList) -> NDArray[np.float64]:
        """Positions as last commanded, shape (J,)."""
        with _translated('get_desired_joints_position'):
            return parts.join(self._client.get_desired_joints_position(list(parts.names)))

    def set_positions(self, parts: PartList, positions: NDArray[np.float64], control_way: str,
                      use_wbc: bool) -> None:
        """Command positions, shape (J,), now; ``parts`` must have the torso."""
        with _translated('set_joints_position'):
            self._client.set_joints_position(list(parts.names), parts.split(positions),
                                             control_way=control_way, use_wbc=use_wbc)

    def move_waypoints(self, parts: PartList, rows: Sequence[NDArray[np.float64]],
                       times: Sequence[float], use_wbc: bool) -> None:
        """Pass rows, each of shape (J,), at times from now [s]; ``parts`` must have the torso."""
        with _translated('move_joints_waypoints'):
            self._client.move_joints_waypoints(
                list(parts.names), [parts.split(row) for row in rows], list(times),
                use_wbc=use_wbc)

    def stop(self) -> None:
        """Stop the robot; it ignores commands until `restart`."""
        with _translated('stop_robot'):
            self._client.stop_robot()

    def restart(self) -> None:
        """Let the robot accept commands again."""
        with _translated('restart_robot'):
            self._client.restart_robot()


def _import(module: str) -> Any:
    try:
        return import_module(module).Astribot
    except Exception as error:      # the body of a module may raise anything
        raise DriverError(
            f'astribot: cannot use {module}.Astribot: {type(error).__name__}: {error}; source the '
            "SDK's environment, set astribot.sdk to its module, or to "
            'robot_bridge.emulators.astribot.sdk to run without a robot') from error


@contextmanager
def _translated(call: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:      # a vendor's SDK may raise anything
        raise DriverError(f'astribot: {call} failed: {type(error).__name__}: {error}; {LOOK_AT}'
                          ) from error


@contextmanager
def _unattended() -> Iterator[None]:
    """Answer for the user: the SDK asks on the terminal when another program has control.

    An empty line declines; a closed terminal would count as consent.
    """
    terminal, sys.stdin = sys.stdin, io.StringIO('\n')
    try:
        yield
    finally:
        sys.stdin = terminal
