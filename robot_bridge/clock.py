"""The bridge's stamps: ROS time, or in lockstep a simulated time of its own."""

from __future__ import annotations

from rclpy.node import Node
from rclpy.qos import QoSProfile
from rosgraph_msgs.msg import Clock

from segue_core.ros_messages import time_to_msg

RELIABLE = QoSProfile(depth=10)
SIM_START_NS = 1_000_000_000
"""Simulated time of the first tick [ns]; 0 means 'not set' in ROS."""


class BridgeClock:
    """Says which instant it is; in lockstep it is what drives ``/clock``.

    Args:
        node: Owner.
        step_ns: Length of a control step [ns].
        lockstep: Whether time is simulated.
    """

    def __init__(self, node: Node, step_ns: int, lockstep: bool) -> None:
        self._ros, self._step_ns = node.get_clock(), step_ns
        self._topic = node.create_publisher(Clock, '/clock', RELIABLE) if lockstep else None
        self._sim_ns = SIM_START_NS

    def now_ns(self) -> int:
        """The bridge's clock [ns]: simulated in lockstep, else ROS time."""
        return self._sim_ns if self._topic else self._ros.now().nanoseconds

    def begin_session(self) -> None:
        """Make simulated time later than every sample of an older session."""
        self._sim_ns += self._step_ns

    def advance(self) -> None:
        """One control step was done: move simulated time."""
        if self._topic:
            self._sim_ns += self._step_ns
            self._topic.publish(Clock(clock=time_to_msg(self._sim_ns)))
