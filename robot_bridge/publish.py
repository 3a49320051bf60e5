"""What the bridge shows of the robot and of the episodes on ROS topics."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from builtin_interfaces.msg import Time
from cv_bridge import CvBridge
from geometry_msgs.msg import Point, PoseStamped, TransformStamped
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile, qos_profile_sensor_data
from segue.msg import Episode
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import ColorRGBA
from tf2_msgs.msg import TFMessage
from visualization_msgs.msg import Marker, MarkerArray

from robot_bridge.chunk_stream import ChunkStream
from robot_bridge.driver import EpisodeStart, Reading
from robot_bridge.episodes import EpisodeResult
from segue_core.ros_messages import duration_to_msg
from segue_core.ros_node import EPISODE_QOS, LATCHED_QOS

WORLD = 'world'
END_EFFECTOR = 'eef'


class ReadingPublisher:
    """Publishes readings of a robot.

    Topics: ``joint_states``, ``<camera>/image_raw``, ``eef_pose``, ``object_poses``, and for
    simulators ``goal`` and the latched ``scene``.

    Args:
        node: Owner of the publishers, which are made when first needed.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._images = CvBridge()
        self._publishers: dict[str, Publisher] = {}

    def publish(self, reading: Reading, stamp: Time) -> None:
        """Publish everything that a reading holds."""
        if not reading.published:
            joints = JointState(name=list(reading.joint_names),
                                position=reading.positions.tolist(),
                                velocity=reading.velocities.tolist())
            joints.header.stamp = stamp
            self._to(JointState, 'joint_states', QoSProfile(depth=10)).publish(joints)
        for camera, image in reading.images.items():
            msg = self._images.cv2_to_imgmsg(np.ascontiguousarray(image), 'rgb8')
            msg.header.stamp, msg.header.frame_id = stamp, camera
            self._to(Image, f'{camera}/image_raw', qos_profile_sensor_data).publish(msg)
        if reading.poses:
            self._publish_poses(reading.poses, stamp)

    def publish_scene(self, start: EpisodeStart, stamp: Time) -> None:
        """Publish the collision geometry of every body, for scripted experts and rviz."""
        markers = []
        for k, (body, points) in enumerate(start.scene.items()):
            marker = Marker(ns=body, id=k, type=Marker.POINTS, frame_locked=True,
                            color=ColorRGBA(r=0.9, g=0.6, b=0.1, a=1.0),
                            points=[Point(x=x, y=y, z=z) for x, y, z in points.tolist()])
            marker.header.stamp, marker.header.frame_id = stamp, body
            marker.scale.x = marker.scale.y = 0.004
            marker.pose.orientation.w = 1.0
            markers.append(marker)
        self._to(MarkerArray, 'scene', LATCHED_QOS).publish(MarkerArray(markers=markers))

    def publish_goal(self, goal: str, stamp: Time) -> None:
        """Publish the goal predicates of the episode as a text marker."""
        marker = Marker(ns='goal', type=Marker.TEXT_VIEW_FACING, text=goal,
                        color=ColorRGBA(r=1.0, g=1.0, b=1.0, a=1.0))
        marker.header.stamp, marker.header.frame_id = stamp, WORLD
        marker.scale.z, marker.pose.position.z, marker.pose.orientation.w = 0.05, 1.5, 1.0
        self._to(Marker, 'goal', QoSProfile(depth=10)).publish(marker)

    def _publish_poses(self, poses: Mapping[str, np.ndarray], stamp: Time) -> None:
        transforms = []
        for frame, pose in poses.items():
            x, y, z, qx, qy, qz, qw = pose.tolist()
            if frame == END_EFFECTOR:
                eef = PoseStamped()
                eef.header.stamp, eef.header.frame_id = stamp, WORLD
                p, q = eef.pose.position, eef.pose.orientation
                p.x, p.y, p.z, q.x, q.y, q.z, q.w = x, y, z, qx, qy, qz, qw
                self._to(PoseStamped, 'eef_pose', QoSProfile(depth=10)).publish(eef)
                continue
            t = TransformStamped(child_frame_id=frame)
            t.header.stamp, t.header.frame_id = stamp, WORLD
            p, q = t.transform.translation, t.transform.rotation
            p.x, p.y, p.z, q.x, q.y, q.z, q.w = x, y, z, qx, qy, qz, qw
            transforms.append(t)
        self._to(TFMessage, 'object_poses', QoSProfile(depth=10)).publish(
            TFMessage(transforms=transforms))

    def _to(self, kind: type, topic: str, qos: QoSProfile) -> Publisher:
        if topic not in self._publishers:
            self._publishers[topic] = self._node.create_publisher(kind, topic, qos)
        return self._publishers[topic]


class EpisodePublisher:
    """Publishes ``episode``: when one begins, and what it amounted to.

    Args:
        node: Owner of the publisher.
        total: Episodes of the run.
        step_ns: One control step [ns].
    """

    def __init__(self, node: Node, total: int, step_ns: int) -> None:
        self._topic = node.create_publisher(Episode, 'episode', EPISODE_QOS)
        self._total, self._step_ns = total, step_ns
        self._msg = Episode()

    def begin(self, start: EpisodeStart, session_id: str, number: int, stamp: Time) -> None:
        """An episode begins."""
        self._msg = Episode(
            session_id=session_id, suite=start.suite, task_id=start.task_id, task=start.task,
            init_state=start.init_state, number=number, total=self._total)
        self._msg.header.stamp = stamp
        self._topic.publish(self._msg)

    def finish(self, result: EpisodeResult, stream: ChunkStream, stamp: Time,
               abort_reason: str) -> None:
        """It is over; ``stream`` still has its counters."""
        msg, c = self._msg, stream.counters
        msg.header.stamp, msg.abort_reason = stamp, abort_reason
        msg.done, msg.success, msg.steps = True, result.success, result.steps
        msg.sim_time = duration_to_msg(result.steps * self._step_ns)
        msg.wall_time = duration_to_msg(result.wall_ns)
        msg.requests, msg.chunks, msg.refused_chunks = c.requests, c.chunks, c.refused_chunks
        msg.starved_ticks, msg.queue_level = c.starved_ticks, c.mean_level
        msg.delay_p50 = stream.delay_steps.percentile(50)
        msg.delay_p99 = stream.delay_steps.percentile(99)
        msg.seam_jump_mean = c.mean_seam_jump
        self._topic.publish(msg)
