"""Publishers."""

from __future__ import annotations

from typing import Any

from embedded_ros.dds import DdsError, Writer
from embedded_ros.interfaces import serialize
from rclpy._rclpy_pybind11 import RCLError
from rclpy.callback_groups import CallbackGroup
from rclpy.context import Context
from rclpy.duration import Duration
from rclpy.event_handler import PublisherEventCallbacks
from rclpy.exceptions import InvalidHandle
from rclpy.impl.rcutils_logger import RcutilsLogger
from rclpy.qos import QoSProfile


class Publisher:
    """Publishes messages on a topic; made by `Node.create_publisher`."""

    def __init__(
        self,
        publisher_impl: Writer,
        msg_type: Any,
        topic: str,
        qos_profile: QoSProfile,
        event_callbacks: PublisherEventCallbacks,
        callback_group: CallbackGroup,
        topic_name: str,
        logger: RcutilsLogger,
        context: Context,
    ) -> None:
        self._writer = publisher_impl
        self.msg_type = msg_type
        self.topic = topic
        self.qos_profile = qos_profile
        self._topic_name = topic_name
        self._context = context
        self._last_buffer = bytearray()
        self.event_handlers = event_callbacks.create_event_handlers(
            callback_group, publisher_impl, topic, logger
        )

    def publish(self, msg: Any) -> None:
        """Publish a message.

        Args:
            msg: Message, or its serialised bytes.

        Raises:
            TypeError: It is of another type.
            InvalidHandle: The publisher was destroyed.
            RCLError: The context was shut down, perhaps by a signal, or the bytes are no such
                message.
        """
        if isinstance(msg, self.msg_type):
            buffer = serialize(msg)
        elif isinstance(msg, bytes):
            buffer = bytearray(msg)
        else:
            raise TypeError(f'Expected {self.msg_type}, got {type(msg)}')
        writer = self._open_writer()
        if not self._context.ok():
            raise RCLError("Failed to publish: publisher's context is invalid")
        try:
            writer.write(buffer)
            # Kept until the next one exists: the allocator then takes turns with two blocks of
            # memory. Freeing a large one at once gives it back to the system, every time anew.
            self._last_buffer = buffer
        except (DdsError, ValueError) as error:
            raise RCLError(f'Failed to publish: {error}') from error

    def get_subscription_count(self) -> int:
        """Number of matching subscriptions."""
        return self._open_writer().matched_count

    @property
    def topic_name(self) -> str:
        """Absolute name of the topic, after remapping."""
        return self._topic_name

    @property
    def handle(self) -> Writer:
        """The writer of the middleware."""
        return self._writer

    def destroy(self) -> None:
        """Delete it; use `Node.destroy_publisher`."""
        for handler in self.event_handlers:
            handler.destroy()
        self._writer.close()

    def assert_liveliness(self) -> None:
        """Tell that the publisher is alive, for liveliness MANUAL_BY_TOPIC."""
        raise NotImplementedError('Publisher.assert_liveliness needs a real ROS 2')

    def wait_for_all_acked(self, timeout: Duration | None = None) -> bool:
        """Wait until all reliable subscriptions have all messages.

        Args:
            timeout: Longest wait; default and negative: for ever.

        Returns:
            Whether they have.

        Raises:
            InvalidHandle: The publisher was destroyed.
        """
        is_limited = timeout is not None and timeout.nanoseconds >= 0
        return self._open_writer().wait_for_acknowledgments(
            timeout.nanoseconds / 1e9 if is_limited else None  # type: ignore[union-attr]
        )

    def _open_writer(self) -> Writer:
        if self._writer.closed:
            raise InvalidHandle('cannot use Destroyable because destruction was requested')
        return self._writer
