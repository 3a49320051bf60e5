"""Shows a robot: its description, and where its links are and are commanded to be, as TF."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import TransformStamped
from numpy.typing import NDArray
from rclpy.node import Node
from rclpy.qos import QoSProfile
from scipy.spatial.transform import Rotation
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage

from robot_bridge.urdf import RobotModel, UrdfError, parse
from segue_core.parameters import ParameterError, param
from segue_core.paths import resolve
from segue_core.ros_node import LATCHED_QOS, run
from segue_core.ros_parameters import SHARED, ParameterTables

COMMANDED = 'commanded/'
"""Before the links of the commanded robot; rviz calls it TF Prefix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Parameters of robot_model."""

    urdf: str = param('', 'File with the robot description (URDF), or package://<package>/<path>.')
    joint_states: str = param('joint_states', 'Topic of the measured joints.')
    commanded_joint_states: str = param(
        'commanded_joint_states', f'Topic of the commanded joints; their links are {COMMANDED}...')
    rate: float = param(30.0, 'Transforms per second, at most.', unit='Hz', low=0.1, high=1000.0)


class RobotModelNode(Node):
    """Publishes ``robot_description``, ``/tf_static`` and ``/tf``.

    Where a robot_state_publisher runs, it has shown the measured robot already: do without this.
    """

    def __init__(self) -> None:
        super().__init__('robot_model', automatically_declare_parameters_from_overrides=True)
        tables = ParameterTables(self)
        p = tables.declare(Params)
        tables.refuse_unknown(SHARED)
        text, self._model = _read(p.urdf)
        self._period_ns = round(1e9 / p.rate)
        self._due_ns = dict.fromkeys(('', COMMANDED), 0)
        self._positions: dict[str, dict[str, NDArray[np.float64]]] = {'': {}, COMMANDED: {}}
        self._description = self.create_publisher(String, 'robot_description', LATCHED_QOS)
        self._description.publish(String(data=text))
        self._moving = self.create_publisher(TFMessage, '/tf', QoSProfile(depth=100))
        self._fixed = self.create_publisher(TFMessage, '/tf_static', LATCHED_QOS)
        self._fixed.publish(TFMessage(transforms=[
            *self._transforms('', self._now(), fixed=True),
            *self._transforms(COMMANDED, self._now(), fixed=True)]))
        for prefix, topic in (('', p.joint_states), (COMMANDED, p.commanded_joint_states)):
            self.create_subscription(JointState, topic, partial(self._on_joints, prefix),
                                     QoSProfile(depth=10))

    def close(self) -> None:
        """Nothing is open."""

    def _on_joints(self, prefix: str, msg: JointState) -> None:
        now = time.monotonic_ns()
        known = self._positions[prefix]
        if len(msg.position) == len(msg.name):
            known |= {name: np.array([q]) for name, q in zip(msg.name, msg.position, strict=True)}
        if now < self._due_ns[prefix]:
            return
        self._due_ns[prefix] = now + self._period_ns
        stamp = msg.header.stamp if msg.header.stamp != Time() else self._now()
        self._moving.publish(TFMessage(transforms=self._transforms(prefix, stamp, fixed=False)))

    def _transforms(self, prefix: str, stamp: Time, *, fixed: bool) -> list[TransformStamped]:
        """Fixed or moving joints whose position is known; the root has no prefix."""
        found = []
        for joint in self._model.joints.values():
            pose = self._model.pose_of(joint, self._positions[prefix])
            if pose is None or (joint.kind == 'fixed') != fixed:
                continue
            parent = joint.parent if joint.parent == self._model.root else prefix + joint.parent
            found.append(_transform(parent, prefix + joint.child, stamp, pose[0]))
        return found

    def _now(self) -> Time:
        return self.get_clock().now().to_msg()


def _transform(parent: str, child: str, stamp: Time, pose: NDArray[np.float64]
               ) -> TransformStamped:
    msg = TransformStamped(child_frame_id=child)
    msg.header.frame_id, msg.header.stamp = parent, stamp
    p, q = msg.transform.translation, msg.transform.rotation
    p.x, p.y, p.z = pose[:3, 3].tolist()
    q.x, q.y, q.z, q.w = Rotation.from_matrix(pose[:3, :3]).as_quat().tolist()
    return msg


def _read(file: str) -> tuple[str, RobotModel]:
    try:
        text = resolve(file).read_text()
        return text, parse(text)
    except OSError as error:
        raise ParameterError(f'urdf {file!r} cannot be read: {error.strerror}; give the file with '
                             'the robot description') from error
    except UrdfError as error:
        raise ParameterError(f'urdf {file}: {error}') from error


def main(args: list[str] | None = None) -> int:
    """Run robot_model."""
    return run(RobotModelNode, args, (ParameterError,))
