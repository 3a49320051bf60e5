"""The S1 as the bridge drives it: columns by name in, the SDK's lists of parts out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from robot_bridge.driver import DriverError, DriverSpec, Reading
from robot_bridge.drivers.astribot.joints import (
    CHASSIS,
    PARTS,
    PartList,
    commanded_parts,
    with_ranges,
)
from robot_bridge.drivers.astribot.parameters import POSITIONS, Params
from robot_bridge.drivers.astribot.sdk import Sdk
from robot_bridge.drivers.astribot.waypoints import Call, WaypointSender
from robot_bridge.shaping.starvation import MinimumJerk
from segue_core.parameters import ParameterError

RANGE_TOLERANCE = 1e-6
"""By how much a range may be wider than the robot's own [joint's unit]: rounding."""


class AstribotDriver:
    """One S1. The SDK is always told torso, arms, grippers and head, the chassis if commanded.

    What the policy does not command is held: at its desired position, so that nothing moves when
    control begins, or at ``held_values``, to which it goes with minimum jerk.

    Args:
        params: See `Params`.
        make_sender: Makes what calls the SDK in mode waypoints.

    Raises:
        ParameterError: The parameters do not fit the robot.
    """

    def __init__(self, params: Params,
                 make_sender: Callable[[Call, int, int], WaypointSender] = WaypointSender) -> None:
        self._params = params
        self._rate = params.rate if params.mode == POSITIONS else params.waypoint_rate
        self._ramp = MinimumJerk(params.held_time)
        self._sdk: Sdk | None = None
        self._waypoints: WaypointSender | None = None
        if params.mode != POSITIONS:
            self._waypoints = make_sender(self._move, round(1e9 / self._rate),
                                          params.waypoints_per_call)
        self._is_stopped = False
        self._command: NDArray[np.float64] | None = None    # None until control begins
        self._begin, self._ticks = np.empty(0), 0
        held = set(params.held_joints)
        self.command_only([joint for part in PARTS if part != CHASSIS and held.isdisjoint(
            part.joints) for joint in part.joints])

    def command_only(self, names: Sequence[str]) -> None:
        """Take these columns only; they must be whole parts.

        Raises:
            ParameterError: They are not, or they are to be held as well.
        """
        params, commanded = self._params, commanded_parts(names)
        told = PartList(with_ranges(
            [part for part in PARTS if part in commanded or part != CHASSIS],
            params.range_joints, params.range_lower, params.range_upper))
        columns = [joint for part in commanded for joint in part.joints]
        self._told, self._columns = told, told.indices(columns)
        self._hold_at = _held_values(params, told, columns)
        self.spec = DriverSpec(
            name='astribot', action_names=tuple(columns),
            action_units=tuple(told.units[k] for k in self._columns),
            lower=told.lower[self._columns], upper=told.upper[self._columns], rate=self._rate)

    def connect(self) -> None:
        """Open the SDK and compare its ranges; the robot does not move."""
        params = self._params
        sdk = Sdk(params.sdk, self._rate, high_control_rights=params.high_control_rights)
        missing = [name for name in self._told.names if name not in sdk.parts.names]
        if missing:
            raise DriverError(f'astribot: the robot has no {", ".join(missing)}, only '
                              f'{", ".join(sdk.parts.names)}: leave their joints out of '
                              'contract.actions, or start their drivers')
        self._check_ranges(*sdk.limits(self._told))
        self._sdk, self._command = sdk, None

    def read(self, *, cameras: bool) -> Reading:
        """Return all joints of all parts; the cameras of the robot publish by themselves."""
        sdk = self._connected()
        sdk.check()
        return Reading(sdk.parts.joints, *sdk.state())

    def write(self, action: NDArray[np.float64]) -> None:
        """Command joint positions, shape (D,) [spec.action_units]."""
        if action.shape != self._columns.shape or not np.isfinite(action).all():
            raise DriverError(f'astribot: an action must be {len(self._columns)} numbers, got '
                              f'{action}')
        if self._command is None:
            self._engage()
        self._command = self._with_held_joints(action)
        if self._waypoints:
            self._waypoints.add(self._command)
        else:
            self._tell(self._command)

    def hold(self) -> None:
        """Repeat the last command; before the first one the robot holds by itself."""
        if self._command is None:
            return
        if self._waypoints:
            self._waypoints.flush()
        else:
            self._tell(self._command)

    def stop(self) -> None:
        """Stop the robot; the next `write` lets it accept commands again."""
        self._command = None
        if self._waypoints:
            self._waypoints.stop()
        if self._sdk:
            self._is_stopped = True
            self._sdk.stop()

    def disconnect(self) -> None:
        """Stop and let go of the robot."""
        try:
            self.stop()
        finally:
            self._sdk = None

    def _engage(self) -> None:
        """Control begins: what is not commanded stays where it was told to be."""
        sdk = self._connected()
        if self._is_stopped:
            sdk.restart()
            self._is_stopped = False
        self._begin, self._ticks = sdk.desired(self._told), 0

    def _with_held_joints(self, action: NDArray[np.float64]) -> NDArray[np.float64]:
        """All joints that are told, shape (J,)."""
        self._ticks += 1
        share = self._ramp.at(round(self._ticks * 1e9 / self._rate))[0]
        goal = np.where(np.isnan(self._hold_at), self._begin, self._hold_at)
        command = self._begin + share * (goal - self._begin)
        command[self._columns] = action
        return command

    def _tell(self, command: NDArray[np.float64]) -> None:
        self._connected().set_positions(self._told, command, self._params.control_way,
                                        self._params.use_wbc)

    def _move(self, rows: Sequence[NDArray[np.float64]], times: Sequence[float]) -> None:
        self._connected().move_waypoints(self._told, rows, times, self._params.use_wbc)

    def _connected(self) -> Sdk:
        if self._sdk is None:
            raise DriverError('astribot: not connected: configure the bridge first')
        return self._sdk

    def _check_ranges(self, lower: NDArray[np.float64], upper: NDArray[np.float64]) -> None:
        """Refuse a robot whose ranges are narrower: motion is shaped for ours."""
        told = self._told
        narrower = np.flatnonzero((lower > told.lower + RANGE_TOLERANCE)
                                  | (upper < told.upper - RANGE_TOLERANCE))
        if len(narrower):
            low, high = np.maximum(lower, told.lower), np.minimum(upper, told.upper)
            raise DriverError(
                'astribot: the robot allows less than is assumed of these joints; set '
                f'astribot.range_joints: [{", ".join(told.joints[k] for k in narrower)}], '
                f'range_lower: {low[narrower].tolist()}, range_upper: {high[narrower].tolist()}')


def _held_values(params: Params, told: PartList, columns: Sequence[str]) -> NDArray[np.float64]:
    """Where joints are held, shape (J,); nan for commanded ones and for the desired position."""
    values = np.full(len(told.joints), np.nan)
    unusable = [joint for joint in params.held_joints
                if joint not in told.joints or joint in columns]
    if unusable or len(params.held_joints) != len(params.held_values):
        raise ParameterError(
            f'astribot.held_joints ({len(params.held_joints)}) and held_values '
            f'({len(params.held_values)}) must name joints that the policy does not command, and '
            f'have one value for each' + (f'; not usable: {unusable}' if unusable else ''))
    held = told.indices(params.held_joints)
    values[held] = params.held_values
    outside = np.flatnonzero((values < told.lower) | (values > told.upper))
    if len(outside):
        k = int(outside[0])
        raise ParameterError(f'astribot.held_values: {told.joints[k]} must be within '
                             f'{told.lower[k]:g}..{told.upper[k]:g} {told.units[k]}, '
                             f'got {values[k]:g}')
    return values
