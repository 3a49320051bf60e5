"""Stands in for the vendor's module: the same calls, and an `EmulatedRobot` behind them."""

from __future__ import annotations

import atexit
import logging
from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray

from robot_bridge.emulators.astribot.robot import ALL, TORSO, EmulatedRobot

CONTROL_WAYS = ('direct', 'filter')

ROBOT = EmulatedRobot()
"""There is one robot, whoever connects to it."""

logger = logging.getLogger(__name__)

Positions = list[list[float]]


class Astribot:
    """Client of the robot, with the signatures and the habits of the vendor's.

    - Without control rights, or while the robot is stopped, commands are ignored without an error.
    - When another client has control, the constructor asks on the terminal; only ``yes`` takes it.
    - A torso that is left out is added at its desired position; the waypoints that the caller gave
      are changed by that.
    - Times of waypoints count from now; waypoint 0, where the robot is, is left out.

    Raises:
        RuntimeError: No robot is there.
    """

    def __init__(self, freq: float = 250.0, ip: str | None = None, interface: str | None = None,
                 high_control_rights: bool = False, node_name: str = 'use_astribot',
                 logger: logging.Logger = logger) -> None:
        self._robot, self._logger, self._token = ROBOT, logger, object()
        self._period_ns = round(1e9 / freq)
        robot = self._robot
        if not robot.plugged:
            raise RuntimeError('No simulation or real robot is started.')
        self.whole_body_names = list(ALL.names)
        self.torso_name = TORSO
        self.astribot_interface = SimpleNamespace(is_alive=lambda: robot.plugged)
        if robot.owner is None or high_control_rights or input().strip().lower() == 'yes':
            robot.owner = self._token
            robot.restart()

    def __del__(self) -> None:
        robot = getattr(self, '_robot', None)
        if robot and robot.owner is self._token:
            robot.owner = None

    # ---- state ----
    def get_control_rights_status(self) -> bool:
        """Whether commands of this client reach the robot."""
        return self._robot.owner is self._token

    def get_dof(self, names: Sequence[str] | None = None) -> list[int]:
        """Joints of each part."""
        return [len(part) for part in self._of(ALL.lower, names)]

    def get_joints_position_limit(self, names: Sequence[str] | None = None
                                  ) -> tuple[Positions, Positions]:
        """Lower and upper limits."""
        return self._of(self._robot.lower, names), self._of(self._robot.upper, names)

    def get_current_joints_position(self, names: Sequence[str] | None = None) -> Positions:
        """Measured positions."""
        return self._of(self._robot.position(), names)

    def get_current_joints_velocity(self, names: Sequence[str] | None = None) -> Positions:
        """Measured velocities."""
        return self._of(self._robot.velocity(), names)

    def get_desired_joints_position(self, names: Sequence[str] | None = None) -> Positions:
        """Positions as last commanded."""
        return self._of(self._robot.desired(), names)

    # ---- commands ----
    def set_joints_position(self, names: list[str], position: Positions,
                            control_way: str = 'filter', use_wbc: bool = False,
                            add_default_torso: bool = True) -> None:
        """Command positions now."""
        if not self._reaches_the_robot():
            return
        if control_way not in CONTROL_WAYS:
            raise ValueError(f'Invalid argument. control way options: {list(CONTROL_WAYS)}')
        if TORSO not in names and add_default_torso:
            names, (position,) = self._with_torso(names, [list(position)])
        self._robot.set_positions(names, position, control_way, use_wbc, self._period_ns)

    def move_joints_waypoints(self, names: list[str], waypoints: list[Positions],
                              time_list: list[float], use_wbc: bool = False,
                              joy_controller: bool = False, add_default_torso: bool = True
                              ) -> str | None:
        """Pass waypoints; returns when the last one is reached."""
        if not self._reaches_the_robot():
            return None
        if TORSO not in names and add_default_torso:
            names, waypoints = self._with_torso(names, waypoints)
        self._robot.move_waypoints(names, waypoints, time_list, use_wbc)
        return 'move success'

    def stop_robot(self) -> None:
        """Stop; commands are ignored until `restart_robot`."""
        if self.get_control_rights_status():
            self._robot.stop()

    def restart_robot(self) -> None:
        """Accept commands again."""
        if self.get_control_rights_status():
            self._robot.restart()

    # ---- inside ----
    def _of(self, values: NDArray[np.float64], names: Sequence[str] | None) -> Positions:
        by_name = dict(zip(ALL.names, ALL.split(values), strict=True))
        return [by_name[name] for name in (names or self.whole_body_names)]

    def _reaches_the_robot(self) -> bool:
        robot = self._robot
        if not self.get_control_rights_status():
            self._logger.error("You don't have control rights of the robot.")
        elif robot.stopped:
            self._logger.error('Robot is stopped, please restart it.')
        elif robot.plugged:
            return True
        robot.record.ignored += 1
        return False

    def _with_torso(self, names: Sequence[str], rows: list[Positions]
                    ) -> tuple[list[str], list[Positions]]:
        self._robot.record.appended_torso += 1
        torso = self.get_desired_joints_position([TORSO])[0]
        for row in rows:
            row.append(torso)       # into the caller's own list
        return [*names, TORSO], rows


@atexit.register
def _tell() -> None:
    if ROBOT.record.accepted:
        print(f'emulated S1: {ROBOT.record}', flush=True)
