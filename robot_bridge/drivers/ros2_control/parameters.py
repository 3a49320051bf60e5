"""Parameters of the ros2_control driver, in one table."""

from __future__ import annotations

from dataclasses import dataclass

from segue_core.parameters import param

JOINT_TRAJECTORY, FORWARD_COMMAND = 'joint_trajectory', 'forward_command'


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Parameters ``ros2_control.*``."""

    joints: tuple[str, ...] = param(
        (), 'Joints as the controller lists them, in its order; they are the action columns.')
    units: tuple[str, ...] = param(
        (), 'rad or m for each joint, or one for all; rad when empty.')
    interface: str = param(
        JOINT_TRAJECTORY, 'What the controller takes: JointTrajectory or Float64MultiArray.',
        choices=(JOINT_TRAJECTORY, FORWARD_COMMAND))
    controller: str = param(
        'joint_trajectory_controller', 'Name of the controller. Commands go to '
        '<controller>/joint_trajectory or <controller>/commands.')
    joint_states: str = param(
        'joint_states', 'Topic of the joint_state_broadcaster.')
    rate: float = param(50.0, 'Commands per second.', unit='Hz', low=0.1, high=1000.0)
    periods_ahead: float = param(
        1.0, 'joint_trajectory only: time_from_start of each point, in periods of the rate. More '
        'is smoother and later.', unit='periods', low=0.5, high=20.0)
    lower: tuple[float, ...] = param(
        (), 'Smallest position of each joint; from the robot description when empty.',
        unit="joint's unit")
    upper: tuple[float, ...] = param(
        (), 'Largest position of each joint; from the robot description when empty.',
        unit="joint's unit")
    robot_description: str = param(
        'robot_description', 'Topic of the robot description, for limits and tip_link.')
    urdf: str = param('', 'File with the robot description, or package://<package>/<path>; empty '
                      'for the topic.')
    tip_link: str = param(
        '', 'Link whose way is shown as planned_path; empty for no planned_path.')
    state_timeout: float = param(
        0.5, 'A joint that was not heard of for so long is a fault.', unit='s', low=0.01,
        high=60.0)
    connect_timeout: float = param(
        5.0, 'How long configuring waits for joint states, the controller and the robot '
        'description.', unit='s', low=0.0, high=600.0)
