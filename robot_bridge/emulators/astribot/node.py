"""The cameras of an emulated S1: pictures of the joint states that the bridge publishes."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage, JointState

from robot_bridge.emulators.astribot.pictures import CAMERAS, draw
from segue_core.parameters import ParameterError, param
from segue_core.ros_node import run, steady_timer
from segue_core.ros_parameters import SHARED, ParameterTables


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraParams:
    """Parameters of astribot_emulator."""

    rate: float = param(30.0, 'Pictures per second of each camera.', unit='Hz', low=0.1,
                        high=120.0)
    width: int = param(320, 'Width of the pictures.', unit='px', low=16, high=4096)
    height: int = param(180, 'Height of the pictures.', unit='px', low=16, high=4096)
    quality: int = param(80, 'Quality of the JPEG compression.', low=1, high=95)
    head_mounted: int = param(0, 'By how much the head camera is turned counterclockwise, so that '
                              'contract.head.rotate of the same angle makes it upright.',
                              unit='deg', low=0, high=270)

    def __post_init__(self) -> None:
        if self.head_mounted % 90:
            raise ParameterError('parameter head_mounted must be 0, 90, 180 or 270 deg, got '
                                 f'{self.head_mounted}')


class AstribotEmulator(Node):
    """Publishes JPEG pictures on the topics of the robot's own cameras."""

    def __init__(self) -> None:
        super().__init__('astribot_emulator', automatically_declare_parameters_from_overrides=True)
        tables = ParameterTables(self)
        self._params = tables.declare(CameraParams)
        tables.refuse_unknown(shared_prefixes=SHARED)
        self._positions: dict[str, float] = {}
        self._topics = {camera: self.create_publisher(CompressedImage, topic,
                                                      qos_profile_sensor_data)
                        for camera, topic in CAMERAS.items()}
        self.create_subscription(JointState, 'joint_states', self._on_joints,
                                 qos_profile_sensor_data)
        steady_timer(self, 1 / self._params.rate, self._publish)
        self.get_logger().info(f'cameras {", ".join(CAMERAS)} of an emulated S1, '
                               f'{self._params.width} x {self._params.height} at '
                               f'{self._params.rate:g} Hz')

    def close(self) -> None:
        """Nothing to let go of."""

    def _on_joints(self, msg: JointState) -> None:
        self._positions = dict(zip(msg.name, msg.position, strict=False))

    def _publish(self) -> None:
        params, stamp = self._params, self.get_clock().now().to_msg()
        for camera, topic in self._topics.items():
            picture = draw(camera, self._positions, params.width, params.height)
            if camera == 'head':
                picture = np.rot90(picture, params.head_mounted // 90)
            data = io.BytesIO()
            Image.fromarray(np.ascontiguousarray(picture)).save(data, 'JPEG',
                                                                quality=params.quality)
            msg = CompressedImage(format='jpeg', data=data.getvalue())
            msg.header.stamp, msg.header.frame_id = stamp, camera
            topic.publish(msg)


def main(args: list[str] | None = None) -> int:
    """Run astribot_emulator."""
    return run(AstribotEmulator, args, (ParameterError,))
