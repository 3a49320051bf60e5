"""Parameters of the S1, in one table."""

from __future__ import annotations

from dataclasses import dataclass

from segue_core.parameters import param

POSITIONS, WAYPOINTS = 'positions', 'waypoints'
VENDOR_SDK = 'astribot_sdk.core.astribot_api.astribot_client'


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Parameters ``astribot.*``."""

    sdk: str = param(
        VENDOR_SDK, 'Module that has the class Astribot of the vendor; older releases: '
        'core.astribot_api.astribot_client. robot_bridge.emulators.astribot.sdk needs no robot.')
    high_control_rights: bool = param(
        False, 'Take control away from another program. It also keeps the SDK from ending the '
        "process of the bridge when the robot's drivers are silent.")
    mode: str = param(
        POSITIONS, 'How the SDK is commanded: set_joints_position with every command, or '
        'move_joints_waypoints with a few rows at a time.', choices=(POSITIONS, WAYPOINTS))
    rate: float = param(250.0, 'Commands per second in mode positions.', unit='Hz', low=1.0,
                        high=1000.0)
    control_way: str = param(
        'filter', 'Mode positions: whether the SDK filters commands.', choices=('filter', 'direct'))
    use_wbc: bool = param(False, "Whether the SDK's whole body control is used.")
    waypoint_rate: float = param(30.0, 'Rows per second in mode waypoints.', unit='Hz', low=1.0,
                                 high=250.0)
    waypoints_per_call: int = param(
        3, 'Rows of one call in mode waypoints; each one arrives so many rows and one later.',
        low=1, high=100)
    held_joints: tuple[str, ...] = param(
        (), 'Joints that the policy does not command and that are held at held_values; all other '
        'such joints are held at their desired position, the chassis is left alone.')
    held_values: tuple[float, ...] = param(
        (), 'One position for each of held_joints.', unit="joint's unit")
    held_time: float = param(5.0, 'How long the way of held_joints to held_values takes.',
                             unit='s', low=0.1, high=600.0)
    range_joints: tuple[str, ...] = param(
        (), 'Joints whose range differs from that of the S1 as delivered.')
    range_lower: tuple[float, ...] = param(
        (), 'Smallest position of each of range_joints.', unit="joint's unit")
    range_upper: tuple[float, ...] = param(
        (), 'Largest position of each of range_joints.', unit="joint's unit")
