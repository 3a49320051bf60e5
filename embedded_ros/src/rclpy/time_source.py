"""Where the clock of a node takes its time from."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from rcl_interfaces.msg import SetParametersResult

from rclpy.clock import ROSClock
from rclpy.clock_type import ClockType
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.time import Time

if TYPE_CHECKING:
    from rclpy.node import Node
    from rclpy.subscription import Subscription

CLOCK_TOPIC = '/clock'
USE_SIM_TIME_NAME = 'use_sim_time'
_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class TimeSource:
    """Sets clocks to the simulated time on /clock while the parameter use_sim_time is true."""

    def __init__(self, *, node: Node | None = None) -> None:
        self._clock_sub: Subscription | None = None
        self._node_reference: Any = lambda: None
        self._clocks: set[ROSClock] = set()
        self._last_time = Time(clock_type=ClockType.ROS_TIME)
        self._ros_time_is_active = False
        if node is not None:
            self.attach_node(node)

    @property
    def ros_time_is_active(self) -> bool:
        """Whether the clocks show simulated time."""
        return self._ros_time_is_active

    @ros_time_is_active.setter
    def ros_time_is_active(self, enabled: bool) -> None:
        if self._ros_time_is_active == enabled:
            return
        self._ros_time_is_active = enabled
        for clock in self._clocks:
            clock._set_ros_time_is_active(enabled)
        self._unsubscribe()
        if enabled and (node := self._node_reference()) is not None:
            from rosgraph_msgs.msg import Clock

            self._clock_sub = node.create_subscription(
                Clock, CLOCK_TOPIC, self.clock_callback, _QOS
            )

    def attach_node(self, node: Node) -> None:
        """Follow the parameter use_sim_time of a node, and subscribe through it.

        Raises:
            TypeError: `node` is no node.
        """
        from rclpy.node import Node

        if not isinstance(node, Node):
            raise TypeError('Node must be of type rclpy.node.Node')
        self.detach_node()
        self._node_reference = weakref.ref(node)
        if not node.has_parameter(USE_SIM_TIME_NAME):
            node.declare_parameter(USE_SIM_TIME_NAME, False)
        self._on_set_parameters([node.get_parameter(USE_SIM_TIME_NAME)])
        node.add_on_set_parameters_callback(self._on_set_parameters)

    def detach_node(self) -> None:
        """Stop following."""
        self._unsubscribe()
        self._node_reference = lambda: None

    def attach_clock(self, clock: ROSClock) -> None:
        """Set a clock from now on.

        Raises:
            ValueError: It is not of kind ROS_TIME.
        """
        if not isinstance(clock, ROSClock):
            raise ValueError('Only clocks with type ROS_TIME can be attached.')
        clock.set_ros_time_override(self._last_time)
        clock._set_ros_time_is_active(self._ros_time_is_active)
        self._clocks.add(clock)

    def clock_callback(self, msg: Any) -> None:
        """Take over the time of a `rosgraph_msgs/msg/Clock`."""
        self._last_time = Time.from_msg(msg.clock)
        for clock in self._clocks:
            clock.set_ros_time_override(self._last_time)

    def _unsubscribe(self) -> None:
        if self._clock_sub is not None and (node := self._node_reference()) is not None:
            node.destroy_subscription(self._clock_sub)
        self._clock_sub = None

    def _on_set_parameters(self, parameter_list: list[Parameter]) -> SetParametersResult:
        for parameter in parameter_list:
            if parameter.name != USE_SIM_TIME_NAME:
                continue
            if parameter.type_ != Parameter.Type.BOOL:
                reason = f"parameter '{USE_SIM_TIME_NAME}' must be a bool, not {parameter.type_}"
                if (node := self._node_reference()) is not None:
                    node.get_logger().error(reason)
                return SetParametersResult(successful=False, reason=reason)
            self.ros_time_is_active = parameter.value
        return SetParametersResult(successful=True)
