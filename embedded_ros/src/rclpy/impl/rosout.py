"""Log messages on the topic /rosout."""

from __future__ import annotations

from rcl_interfaces.msg import Log

from embedded_ros.dds import DdsError, Writer
from embedded_ros.interfaces import serialize
from rclpy.duration import Duration
from rclpy.impl import log_output
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.time import Time

QOS = QoSProfile(
    depth=1000, durability=DurabilityPolicy.TRANSIENT_LOCAL, lifespan=Duration(seconds=10)
)


class RosoutSink:
    """Publishes the log messages of one node's logger and those below it."""

    def __init__(self, writer: Writer, logger_name: str) -> None:
        """Publish from now on."""
        self.writer = writer
        self._logger_name = logger_name
        log_output.add_sink(logger_name, self._publish)

    def _publish(self, record: log_output.LogRecord) -> None:
        message = Log(
            stamp=Time(nanoseconds=record.stamp_ns).to_msg(), level=int(record.severity),
            name=record.name, msg=record.message,
            file=record.file, function=record.function, line=record.line,
        )  # fmt: skip
        try:
            self.writer.write(serialize(message))
        except DdsError:
            self.close()  # the context is gone

    def close(self) -> None:
        """Stop publishing."""
        log_output.remove_sink(self._logger_name, self._publish)
