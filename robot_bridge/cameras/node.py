"""ROS shell of the cameras: one thread for each, so that none disturbs another."""

from __future__ import annotations

import time
from functools import partial
from threading import Event, Thread

from cv_bridge import CvBridge
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node
from rclpy.qos import QoSProfile, qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from robot_bridge.cameras.calibration import camera_info
from robot_bridge.cameras.capture import Frame, open_capture
from robot_bridge.cameras.loop import CameraLoop
from robot_bridge.cameras.parameters import CameraParams, NodeParams
from segue_core.parameters import ParameterError
from segue_core.ros_messages import time_to_msg
from segue_core.ros_node import run, steady_timer
from segue_core.ros_parameters import SHARED, ParameterTables

PATIENCE = 2.0
"""How long the end waits for a thread that waits for its device [s]."""
SILENCE_NS = 5_000_000_000
"""How long a warning is not repeated [ns]."""
TOO_SLOW = 0.8
"""Below this share of the rate that was asked for, a camera is diagnosed as slow."""


class Camera:
    """One camera: its thread, its topics, its diagnosis.

    Args:
        node: Owner.
        name: Name of the camera.
        params: What to open.
        stopped: Ends the thread.
    """

    def __init__(self, node: Node, name: str, params: CameraParams, stopped: Event) -> None:
        self.name, self._params, self._node = name, params, node
        self._calibration = camera_info(params.calibration)
        self._bridge = CvBridge()
        publisher = partial(node.create_publisher, qos_profile=qos_profile_sensor_data)
        self._raw = publisher(Image, f'{name}/image_raw')
        self._compressed = publisher(CompressedImage, f'{name}/image_raw/compressed')
        self._info = publisher(CameraInfo, f'{name}/camera_info')
        self.loop = CameraLoop(
            partial(open_capture, params, lambda: node.get_clock().now().nanoseconds,
                    stopped.wait),
            self._publish, self._warn, stopped)
        self._frames, self._since_ns = 0, time.monotonic_ns()
        self._said, self._said_ns = '', 0
        self.thread = Thread(target=self._run, name=name, daemon=True)

    def _run(self) -> None:
        try:
            self.loop.run()
        except Exception:
            if self._node.context.ok():
                raise
            # Told to end while it published: that is no error.

    def _publish(self, frame: Frame) -> None:
        """Publish an image; what nobody listens to is neither decoded nor encoded."""
        header = Header(stamp=time_to_msg(frame.stamp_ns),
                        frame_id=self._params.frame_id or self.name)
        if self._raw.get_subscription_count():
            self._raw.publish(self._bridge.cv2_to_imgmsg(frame.bgr(), 'bgr8', header))
        if self._compressed.get_subscription_count():
            self._compressed.publish(CompressedImage(
                header=header, format='jpeg', data=frame.jpeg(self._params.jpeg_quality)))
        info = self._calibration
        if (info.width, info.height) != frame.size:
            if info.width:
                self._warn(f'calibrated at {info.width}x{info.height}, gives '
                           f'{frame.size[0]}x{frame.size[1]}: published as uncalibrated')
            info = CameraInfo(width=frame.size[0], height=frame.size[1])
        info.header = header
        self._info.publish(info)

    def _warn(self, text: str) -> None:
        """Warn, but not of the same thing again and again."""
        now = time.monotonic_ns()
        if (text == self._said and now - self._said_ns < SILENCE_NS) or not self._node.context.ok():
            return
        self._said, self._said_ns = text, now
        self._node.get_logger().warning(f'camera {self.name}: {text}')

    def diagnose(self) -> DiagnosticStatus:
        """How it did since the last call."""
        c, now = self.loop.counters, time.monotonic_ns()
        fps = (c.frames - self._frames) / ((now - self._since_ns) / 1e9)
        self._frames, self._since_ns = c.frames, now
        if c.error or not fps:
            level, message = DiagnosticStatus.ERROR, c.error or 'no images'
        elif fps < TOO_SLOW * self._params.fps:
            level, message = DiagnosticStatus.WARN, f'slower than {self._params.fps:g} Hz'
        else:
            level, message = DiagnosticStatus.OK, 'ok'
        values = {'fps': f'{fps:.1f}', 'frames': c.frames, 'drops': c.drops,
                  'failures': c.failures}
        return DiagnosticStatus(
            level=level, message=message, hardware_id=self._params.source,
            name=f'{self._node.get_fully_qualified_name().lstrip("/")}: {self.name}',
            values=[KeyValue(key=key, value=str(value)) for key, value in values.items()])


class CameraNode(Node):
    """Publishes the cameras of its parameters, and how they do on /diagnostics."""

    def __init__(self) -> None:
        super().__init__('camera', automatically_declare_parameters_from_overrides=True)
        tables = ParameterTables(self)
        p = tables.declare(NodeParams)
        self._stopped = Event()
        self._cameras = [self._camera(name, tables) for name in p.cameras]
        tables.refuse_unknown(SHARED)
        self._diagnostics = self.create_publisher(DiagnosticArray, '/diagnostics',
                                                  QoSProfile(depth=10))
        for camera in self._cameras:
            camera.thread.start()
        steady_timer(self, p.diagnostics_period, self._diagnose)

    def _camera(self, name: str, tables: ParameterTables) -> Camera:
        try:
            return Camera(self, name, tables.declare(CameraParams, f'{name}.'), self._stopped)
        except ParameterError as error:
            raise ParameterError(f'camera {name}: {error}') from error

    def close(self) -> None:
        """End the threads; one whose device blocks is left behind."""
        self._stopped.set()
        for camera in self._cameras:
            camera.thread.join(PATIENCE)

    def _diagnose(self) -> None:
        array = DiagnosticArray(status=[camera.diagnose() for camera in self._cameras])
        array.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(array)


def main(args: list[str] | None = None) -> int:
    """Run camera."""
    return run(CameraNode, args, (ParameterError,))
