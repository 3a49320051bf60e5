"""ROS shell of the simulated controller: both interfaces of ros2_control, and joint states."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory

from robot_bridge.simulated_controller.arm import CommandError, SimulatedArm
from segue_core.parameters import ParameterError, param
from segue_core.ros_messages import to_ns
from segue_core.ros_node import run, steady_timer
from segue_core.ros_parameters import SHARED, ParameterTables

RELIABLE = QoSProfile(depth=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Parameters of simulated_controller."""

    joints: tuple[str, ...] = param(('joint_1', 'joint_2', 'joint_3'), 'Joint names.')
    start: tuple[float, ...] = param((), 'Positions at the start; 0 when empty.',
                                     unit="joint's unit")
    state_order: tuple[str, ...] = param(
        (), 'Order of the joints in joint_states; theirs when empty. Real broadcasters have one '
        'of their own.')
    trajectory_controller: str = param('joint_trajectory_controller',
                                       'Listens to <name>/joint_trajectory.')
    forward_controller: str = param('forward_position_controller', 'Listens to <name>/commands.')
    rate: float = param(100.0, 'Joint states per second.', unit='Hz', low=1.0, high=1000.0)
    max_velocity: float = param(3.0, 'How fast a joint can move.', unit='rad/s or m/s', low=0.001,
                                high=1000.0)

    def __post_init__(self) -> None:
        if self.start and len(self.start) != len(self.joints):
            raise ParameterError(f'start must have one position for each of {len(self.joints)} '
                                 f'joints, got {list(self.start)}')
        if self.state_order and sorted(self.state_order) != sorted(self.joints):
            raise ParameterError(f'state_order must name each of {list(self.joints)} once, got '
                                 f'{list(self.state_order)}')


class SimulatedController(Node):
    """Obeys the newest command on either topic; publishes ``joint_states``."""

    def __init__(self) -> None:
        super().__init__('simulated_controller',
                         automatically_declare_parameters_from_overrides=True)
        tables = ParameterTables(self)
        p = tables.declare(Params)
        tables.refuse_unknown(SHARED)
        self._arm = SimulatedArm(p.joints, p.start or np.zeros(len(p.joints)), p.max_velocity,
                                 time.monotonic_ns())
        self._order = [p.joints.index(name) for name in p.state_order or p.joints]
        self._states = self.create_publisher(JointState, 'joint_states', RELIABLE)
        self.create_subscription(JointTrajectory, f'{p.trajectory_controller}/joint_trajectory',
                                 self._on_trajectory, RELIABLE)
        self.create_subscription(Float64MultiArray, f'{p.forward_controller}/commands',
                                 self._on_positions, RELIABLE)
        steady_timer(self, 1 / p.rate, self._on_step)
        self.get_logger().info(f'{len(p.joints)} joints ({" ".join(p.joints)}) at {p.rate:g} Hz')

    def close(self) -> None:
        """Nothing is open."""

    def _on_trajectory(self, msg: JointTrajectory) -> None:
        points = [(to_ns(point.time_from_start), point.positions) for point in msg.points]
        self._obey(lambda now: self._arm.follow(msg.joint_names, points, now))

    def _on_positions(self, msg: Float64MultiArray) -> None:
        self._obey(lambda now: self._arm.go_to(msg.data, now))

    def _obey(self, command: Callable[[int], None]) -> None:
        try:
            command(time.monotonic_ns())
        except CommandError as error:
            self.get_logger().error(str(error), throttle_duration_sec=1.0)

    def _on_step(self) -> None:
        positions, velocities = self._arm.step(time.monotonic_ns())
        msg = JointState(name=[self._arm.joints[k] for k in self._order],
                         position=positions[self._order].tolist(),
                         velocity=velocities[self._order].tolist())
        msg.header.stamp = self.get_clock().now().to_msg()
        self._states.publish(msg)


def main(args: list[str] | None = None) -> int:
    """Run simulated_controller."""
    return run(SimulatedController, args, (ParameterError,))
