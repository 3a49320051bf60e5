"""Subscriptions."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from enum import Enum
from typing import Any

from embedded_ros.dds import Reader
from embedded_ros.interfaces import InvalidPayload, deserialize
from rclpy.callback_groups import CallbackGroup
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.exceptions import InvalidHandle
from rclpy.impl.awaiting import await_or_execute
from rclpy.impl.rcutils_logger import RcutilsLogger
from rclpy.qos import QoSProfile


class Subscription:
    """Calls back with each message of a topic; made by `Node.create_subscription`."""

    class CallbackType(Enum):
        """What the callback takes."""

        MessageOnly = 0
        WithMessageInfo = 1

    def __init__(
        self,
        subscription_impl: Reader,
        msg_type: Any,
        topic: str,
        callback: Callable[..., Any],
        callback_group: CallbackGroup,
        qos_profile: QoSProfile,
        raw: bool,
        event_callbacks: SubscriptionEventCallbacks,
        topic_name: str,
        logger: RcutilsLogger,
    ) -> None:
        self._reader = subscription_impl
        self.msg_type = msg_type
        self.topic = topic
        self.callback = callback
        self.callback_group = callback_group
        self._executor_event = False
        self.qos_profile = qos_profile
        self.raw = raw
        self._topic_name = topic_name
        self._logger = logger
        self.event_handlers = event_callbacks.create_event_handlers(
            callback_group, subscription_impl, topic, logger
        )

    def get_publisher_count(self) -> int:
        """Number of matching publishers.

        Raises:
            InvalidHandle: The subscription was destroyed.
        """
        if self._reader.closed:
            raise InvalidHandle('cannot use Destroyable because destruction was requested')
        return self._reader.matched_count

    @property
    def handle(self) -> Reader:
        """The reader of the middleware."""
        return self._reader

    @property
    def topic_name(self) -> str:
        """Absolute name of the topic, after remapping."""
        return self._topic_name

    @property
    def callback(self) -> Callable[..., Any]:
        """Function or coroutine function of the message, or of the message and its info."""
        return self._callback

    @callback.setter
    def callback(self, value: Callable[..., Any]) -> None:
        for kind, arguments in (
            (Subscription.CallbackType.MessageOnly, (object(),)),
            (Subscription.CallbackType.WithMessageInfo, (object(), object())),
        ):
            try:
                inspect.signature(value).bind(*arguments)
            except TypeError:
                continue
            self._callback, self._callback_type = value, kind
            return
        raise RuntimeError(
            'Subscription.__init__(): callback should be either be callable with one argument'
            '(to get only the message) or two (to get message and message info)'
        )

    def destroy(self) -> None:
        """Delete it; use `Node.destroy_subscription`."""
        for handler in self.event_handlers:
            handler.destroy()
        self._reader.close()

    def _take_message(self) -> tuple[Any, dict[str, Any]] | None:
        """Oldest message and its info; one that cannot be read is dropped with a warning."""
        sample = self._reader.take()
        if sample is None:
            return None
        try:
            message = (
                bytes(sample.buffer) if self.raw else deserialize(sample.buffer, self.msg_type)
            )
        except InvalidPayload as error:
            self._logger.warning(
                f"Dropped a malformed message on topic '{self._topic_name}': {error}",
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
        callback = self._callback
        with_info = self._callback_type is Subscription.CallbackType.WithMessageInfo
        arguments = taken if with_info else taken[:1]
        return lambda: await_or_execute(callback, *arguments)
