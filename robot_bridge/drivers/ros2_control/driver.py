"""A robot that is reached over the topics of its ros2_control controllers."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile, qos_profile_sensor_data
from rclpy.subscription import Subscription
from rclpy.wait_for_message import wait_for_message
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray, String
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from robot_bridge.driver import Driver, DriverError, DriverSpec, Reading
from robot_bridge.drivers.ros2_control.joint_states import JointStates
from robot_bridge.drivers.ros2_control.limits import joint_units, make_spec, needs_description
from robot_bridge.drivers.ros2_control.parameters import JOINT_TRAJECTORY, Params
from robot_bridge.urdf import RobotModel, UrdfError, parse
from segue_core.parameters import ParameterError
from segue_core.paths import resolve
from segue_core.ros_messages import duration_to_msg
from segue_core.ros_node import LATCHED_QOS

LAST_WORD = Duration(seconds=0.5)
"""How long the last command may take to be acknowledged before its publisher goes."""


def create(params: Params) -> Driver:
    """Make the driver; it needs a node before it can be used (`robot_bridge.driver.RosDriver`).

    Raises:
        ParameterError: The joints or their units are not usable.
    """
    return TracedRos2Control(params) if params.tip_link else Ros2Control(params)


class Ros2Control:
    """Streams one position command each control step.

    Without new commands a trajectory controller rests at the last point and a forward controller
    keeps the last position, so that silence is safe.
    """

    spec: DriverSpec    # from `attach`, which may have to ask for the limits
    _node: Node
    _states: JointStates
    _listening: Subscription
    _commands: Publisher

    def __init__(self, params: Params) -> None:
        joint_units(params)
        self._params = params
        self._model: RobotModel | None = None
        self._last: NDArray[np.float64] | None = None
        self._met = False

    # ---- the node ----
    def attach(self, node: Node) -> None:
        """Take the bridge's node, and learn the limits."""
        p = self._params
        self._node = node
        self._model = self._describe() if needs_description(p) else None
        self.spec = make_spec(p, self._model)
        self._listening = node.create_subscription(JointState, p.joint_states, self._on_state,
                                                   qos_profile_sensor_data)
        kind, topic = ((JointTrajectory, 'joint_trajectory') if p.interface == JOINT_TRAJECTORY
                       else (Float64MultiArray, 'commands'))
        self._commands = node.create_publisher(kind, f'{p.controller}/{topic}',
                                               QoSProfile(depth=1))
        self._states = JointStates(p.joints, round(p.state_timeout * 1e9),
                                   self._listening.topic_name)

    def detach(self) -> None:
        """Leave the node."""
        if self._node.context.ok():
            self._commands.wait_for_all_acked(LAST_WORD)
        self._node.destroy_publisher(self._commands)
        self._node.destroy_subscription(self._listening)

    def _describe(self) -> RobotModel:
        """Read the robot description from the file or the topic."""
        p, text = self._params, ''
        try:
            if p.urdf:
                text = resolve(p.urdf).read_text()
            else:
                found, msg = wait_for_message(String, self._node, p.robot_description,
                                              qos_profile=LATCHED_QOS,
                                              time_to_wait=p.connect_timeout)
                if not found:
                    raise DriverError(
                        f'ros2_control: no robot description came on {p.robot_description} within '
                        f'{p.connect_timeout:g} s: start a robot_state_publisher, or set '
                        'ros2_control.lower and .upper, or ros2_control.urdf')
                text = msg.data
            model = parse(text)
            if p.tip_link:
                model.chain(p.tip_link)
        except OSError as error:
            raise ParameterError(f'ros2_control.urdf {p.urdf!r} cannot be read: {error.strerror}'
                                 ) from error
        except UrdfError as error:
            raise ParameterError(f'{p.urdf or p.robot_description}: {error}') from error
        return model

    def _on_state(self, msg: JointState) -> None:
        self._states.add(msg.name, msg.position, msg.velocity, time.monotonic_ns())

    # ---- the robot ----
    def connect(self) -> None:
        """See that joint states come and the controller listens.

        The first time it waits for both, because topics take time to be discovered. The node is
        not spun meanwhile: messages are taken by hand.
        """
        deadline = time.monotonic() + (0.0 if self._met else self._params.connect_timeout)
        while True:
            try:
                self._states.read(time.monotonic_ns())
                self._refuse_deaf_controller()
                break
            except DriverError:
                left = deadline - time.monotonic()
                if left <= 0 or not self._node.context.ok():
                    raise
            found, msg = wait_for_message(
                JointState, self._node, self._params.joint_states,
                qos_profile=qos_profile_sensor_data, time_to_wait=left)
            if found:
                self._on_state(msg)
        self._met = True

    def read(self, *, cameras: bool) -> Reading:
        """Return the newest joint states; cameras publish by themselves."""
        positions, velocities = self._states.read(time.monotonic_ns())
        return Reading(self.spec.action_names, positions, velocities, published=True)

    def write(self, action: NDArray[np.float64]) -> None:
        """Command joint positions [rad] or [m], shape (J,)."""
        if not ((action >= self.spec.lower) & (action <= self.spec.upper)).all():
            raise DriverError(f'ros2_control: action {action} is outside the limits '
                              f'{self.spec.lower}..{self.spec.upper}')
        self._refuse_deaf_controller()
        self._send(action)
        self._last = action.copy()

    def hold(self) -> None:
        """Command the last position again; before the first one the controller holds by itself."""
        self._refuse_deaf_controller()
        if self._last is not None:
            self._send(self._last)

    def stop(self) -> None:
        """Command the present position, in place of what the controller was on the way to.

        Controllers refuse empty trajectories, so that this is how both kinds are stopped. Where
        the position is not known, or the process was told to end and can no longer publish, they
        stop at the last command by themselves.
        """
        self._last = None
        if not self._node.context.ok():
            return
        try:
            positions, _ = self._states.read(time.monotonic_ns())
        except DriverError:
            return
        self._send(np.clip(positions, self.spec.lower, self.spec.upper))

    def disconnect(self) -> None:
        """Stop; the topics stay until `detach`, to see when the robot is there again."""
        if self._last is not None:
            self.stop()

    def _refuse_deaf_controller(self) -> None:
        if not self._commands.get_subscription_count():
            raise DriverError(f'ros2_control: no controller listens to '
                              f'{self._commands.topic_name}: start it, or correct '
                              'ros2_control.controller and .interface')

    def _send(self, positions: NDArray[np.float64]) -> None:
        if self._params.interface != JOINT_TRAJECTORY:
            self._commands.publish(Float64MultiArray(data=positions.tolist()))
            return
        ahead_ns = round(self._params.periods_ahead * 1e9 / self.spec.rate)
        self._commands.publish(JointTrajectory(      # without a stamp: it begins on arrival
            joint_names=list(self.spec.action_names), points=[JointTrajectoryPoint(
                positions=positions.tolist(), time_from_start=duration_to_msg(ahead_ns))]))


class TracedRos2Control(Ros2Control):
    """The same, and it knows where actions lead (`robot_bridge.driver.PathPreview`)."""

    def path(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Way of the tip link in the root frame of the description [m], shape (N, 3)."""
        assert self._model is not None      # a tip link needs a description
        return self._model.path(self._params.tip_link,
                                dict(zip(self.spec.action_names, rows.T, strict=True)))
