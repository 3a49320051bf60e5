"""Log messages on the topic /rosout."""

from __future__ import annotations

from rcl_interfaces.msg import Log

from embedded_ros import names as dds_names
from embedded_ros.dds import DdsError
from embedded_ros.graph import GraphNode
from embedded_ros.interfaces import serialize
from rclpy.context import Context
from rclpy.duration import Duration
from rclpy.impl import log_output
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.time import Time

_QOS = QoSProfile(
    depth=1000, durability=DurabilityPolicy.TRANSIENT_LOCAL, lifespan=Duration(seconds=10)
)


class RosoutPublisher:
    """Publishes the log messages of one node."""

    def __init__(
        self, context: Context, graph_node: GraphNode, logger_name: str, topic: str
    ) -> None:
        """Publish from now on.

        Args:
            context: Context of the node.
            graph_node: The node.
            logger_name: Name of its logger; those below it belong to it, too.
            topic: Absolute name of the topic.
        """
        participant, self._graph = context._joined('cannot publish logs')
        self._graph_node = graph_node
        self._logger_name = logger_name
        self._writer = participant.create_writer(dds_names.dds_topic(topic), Log, _QOS)
        self._graph.add_writer(graph_node, self._writer)
        log_output.add_sink(logger_name, self._publish)

    def _publish(self, record: log_output.LogRecord) -> None:
        message = Log(
            stamp=Time(nanoseconds=record.stamp_ns).to_msg(),
            level=int(record.severity),
            name=record.name,
            msg=record.message,
            file=record.file,
            function=record.function,
            line=record.line,
        )
        try:
            self._writer.write(serialize(message))
        except DdsError:
            log_output.remove_sink(self._logger_name, self._publish)  # the context is gone

    def close(self) -> None:
        """Stop publishing."""
        log_output.remove_sink(self._logger_name, self._publish)
        self._graph.remove_writer(self._graph_node, self._writer)
        self._writer.close()
