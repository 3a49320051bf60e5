"""What the bridge is about to do, for rviz and bags: commands, the planned chunk, its path."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import ColorRGBA
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from visualization_msgs.msg import Marker, MarkerArray

from robot_bridge.control_loop import ControlLoop
from robot_bridge.driver import PathPreview
from segue_core.ros_messages import duration_to_msg

RELIABLE = QoSProfile(depth=10)


class PlanPublisher:
    """Publishes ``commanded_joint_states`` each tick and, after each chunk, what is queued.

    The queue goes to ``planned_trajectory`` as a JointTrajectory whose joints are the action
    columns, and for drivers that know where their actions lead also to ``planned_path`` as a line
    of markers.

    Args:
        node: Owner of the publishers.
        frame: Frame of the path.
        step_ns: Row spacing [ns].
    """

    def __init__(self, node: Node, frame: str, step_ns: int) -> None:
        self._frame, self._step_ns = frame, step_ns
        self._commands = node.create_publisher(JointState, 'commanded_joint_states', RELIABLE)
        self._plans = node.create_publisher(JointTrajectory, 'planned_trajectory', RELIABLE)
        self._paths = node.create_publisher(MarkerArray, 'planned_path', RELIABLE)
        self._chunks = 0

    def publish_command(self, names: tuple[str, ...], action: np.ndarray, stamp: Time) -> None:
        """Publish the action that was written, one 'joint' for each column."""
        msg = JointState(name=list(names), position=action.tolist())
        msg.header.stamp = stamp
        self._commands.publish(msg)

    def publish_plan(self, loop: ControlLoop, stamp: Time) -> None:
        """Publish what is queued if a chunk was merged since the last call."""
        chunks, self._chunks = self._chunks, loop.stream.counters.chunks
        if chunks == self._chunks or not len(loop.stream.buffer):
            return
        rows = loop.stream.buffer.queued()
        plan = JointTrajectory(joint_names=list(loop.stream.buffer.names), points=[
            JointTrajectoryPoint(positions=row.tolist(),
                                 time_from_start=duration_to_msg(k * self._step_ns))
            for k, row in enumerate(rows)])
        plan.header.stamp = stamp
        self._plans.publish(plan)
        if isinstance(loop.driver, PathPreview):
            self._paths.publish(self._path(loop.driver.path(rows), stamp))

    def _path(self, points: np.ndarray, stamp: Time) -> MarkerArray:
        line = Marker(ns='planned_path', type=Marker.LINE_STRIP, color=ColorRGBA(
            r=0.1, g=0.8, b=0.3, a=1.0))
        line.points = [Point(x=x, y=y, z=z) for x, y, z in points.tolist()]
        line.header.stamp, line.header.frame_id = stamp, self._frame
        line.scale.x, line.pose.orientation.w = 0.005, 1.0
        return MarkerArray(markers=[line])
