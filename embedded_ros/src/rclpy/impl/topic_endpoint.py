"""What publishers and subscriptions have in common."""

from __future__ import annotations

from typing import Any

from embedded_ros.dds import Reader, Writer
from rclpy.callback_groups import CallbackGroup
from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
from rclpy.exceptions import InvalidHandle
from rclpy.impl.entity import Entity
from rclpy.impl.rcutils_logger import RcutilsLogger
from rclpy.qos import QoSProfile


class TopicEndpoint(Entity):
    """An endpoint of a topic, and the handlers of its events.

    Attributes:
        handle: The writer or reader of the middleware.
        msg_type: Message class.
        topic: Name as it was given.
        topic_name: Absolute name, after remapping.
        qos_profile: What it offers or requests.
        event_handlers: Handlers that executors run.
    """

    def __init__(
        self, handle: Reader | Writer, msg_type: Any, topic: str, topic_name: str,
        qos_profile: QoSProfile, callback_group: CallbackGroup,
        event_callbacks: PublisherEventCallbacks | SubscriptionEventCallbacks,
        logger: RcutilsLogger,
    ) -> None:  # fmt: skip
        super().__init__(callback_group)
        self.handle: Any = handle
        self.msg_type = msg_type
        self.topic = topic
        self.topic_name = topic_name
        self.qos_profile = qos_profile
        self._logger = logger
        self.event_handlers = event_callbacks.create_event_handlers(
            callback_group, handle, topic, logger
        )

    def destroy(self) -> None:
        """Delete it; use the node's methods, which take it out of the graph, too."""
        self.handle.close()

    def _open_handle(self) -> Any:
        if self.handle.closed:
            raise InvalidHandle('cannot use Destroyable because destruction was requested')
        return self.handle
