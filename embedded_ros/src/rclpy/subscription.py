"""Subscriptions."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from enum import Enum
from typing import Any

from embedded_ros.interfaces import InvalidPayload, deserialize
from rclpy.impl.topic_endpoint import TopicEndpoint
from rclpy.task import await_or_execute


class Subscription(TopicEndpoint):
    """Calls back with each message of a topic; made by `Node.create_subscription`."""

    class CallbackType(Enum):
        """What the callback takes; the value is the number of its arguments less one."""

        MessageOnly = 0
        WithMessageInfo = 1

    def __init__(self, callback: Callable[..., Any], raw: bool, *endpoint: Any) -> None:
        self.callback = callback
        self.raw = raw
        super().__init__(*endpoint)

    def get_publisher_count(self) -> int:
        """Number of matching publishers.

        Raises:
            InvalidHandle: The subscription was destroyed.
        """
        return self._open_handle().matched_count

    @property
    def callback(self) -> Callable[..., Any]:
        """Function or coroutine function of the message, or of the message and its info."""
        return self._callback

    @callback.setter
    def callback(self, value: Callable[..., Any]) -> None:
        for kind in Subscription.CallbackType:
            try:
                inspect.signature(value).bind(*range(kind.value + 1))
            except TypeError:
                continue
            self._callback, self._callback_type = value, kind
            return
        raise RuntimeError(
            'Subscription.__init__(): callback should be either be callable with one argument'
            '(to get only the message) or two (to get message and message info)'
        )

    def _take_message(self) -> tuple[Any, dict[str, Any]] | None:
        """Oldest message and its info; one that cannot be read is dropped with a warning."""
        sample = self.handle.take()
        if sample is None:
            return None
        try:
            message = (
                bytes(sample.buffer) if self.raw else deserialize(sample.buffer, self.msg_type)
            )
        except InvalidPayload as error:
            self._logger.warning(
                f"Dropped a malformed message on topic '{self.topic_name}': {error}",
                throttle_duration_sec=5.0,
            )
            return None
        return message, {
            'source_timestamp': sample.source_timestamp_ns,
            'received_timestamp': time.time_ns(),
            'publication_sequence_number': None,
            'reception_sequence_number': None,
        }

    def _take(self, executor: object) -> Callable[[], Any] | None:
        taken = self._take_message()
        if taken is None:
            return None
        arguments = taken[: self._callback_type.value + 1]
        callback = self._callback
        return lambda: await_or_execute(callback, *arguments)
