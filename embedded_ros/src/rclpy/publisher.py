"""Publishers."""

from __future__ import annotations

from typing import Any

from embedded_ros.dds import DdsError
from embedded_ros.interfaces import serialize
from rclpy._rclpy_pybind11 import RCLError
from rclpy.context import Context
from rclpy.duration import Duration
from rclpy.impl.topic_endpoint import TopicEndpoint


class Publisher(TopicEndpoint):
    """Publishes messages on a topic; made by `Node.create_publisher`."""

    def __init__(self, context: Context, *endpoint: Any) -> None:
        super().__init__(*endpoint)
        self._context = context
        self._last_buffer = bytearray()

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
        writer = self._open_handle()
        if not self._context.ok():
            raise RCLError("Failed to publish: publisher's context is invalid")
        try:
            writer.write(buffer)
        except (DdsError, ValueError) as error:
            raise RCLError(f'Failed to publish: {error}') from error
        # Kept until the next one exists: the allocator then takes turns with two blocks of
        # memory. Freeing a large one at once gives it back to the system, every time anew.
        self._last_buffer = buffer

    def get_subscription_count(self) -> int:
        """Number of matching subscriptions."""
        return self._open_handle().matched_count

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
        timeout_s = None if timeout is None else timeout.nanoseconds / 1e9
        if timeout_s is not None and timeout_s < 0:
            timeout_s = None
        return self._open_handle().wait_for_acknowledgments(timeout_s)
