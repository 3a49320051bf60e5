"""Callbacks for what happens to the connections of publishers and subscriptions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import IntEnum
from typing import Any

from embedded_ros.dds import Reader, Writer
from rclpy._rclpy_pybind11 import UnsupportedEventTypeError
from rclpy.callback_groups import CallbackGroup
from rclpy.impl.awaiting import await_or_execute
from rclpy.impl.endpoint_events import (
    IncompatibleQoSEvents,
    IncompatibleQoSInfo,
    MatchedEvents,
    MatchedInfo,
)
from rclpy.impl.rcutils_logger import RcutilsLogger
from rclpy.qos import qos_policy_name_from_kind
from rclpy.waitable import Waitable

__all__ = [
    'EventHandler',
    'PublisherEventCallbacks',
    'QoSOfferedIncompatibleQoSInfo',
    'QoSPublisherEventType',
    'QoSPublisherMatchedInfo',
    'QoSRequestedIncompatibleQoSInfo',
    'QoSSubscriptionEventType',
    'QoSSubscriptionMatchedInfo',
    'SubscriptionEventCallbacks',
    'UnsupportedEventTypeError',
]

QoSRequestedIncompatibleQoSInfo = IncompatibleQoSInfo
QoSOfferedIncompatibleQoSInfo = IncompatibleQoSInfo
QoSSubscriptionMatchedInfo = MatchedInfo
QoSPublisherMatchedInfo = MatchedInfo


class QoSPublisherEventType(IntEnum):
    """Events of a publisher."""

    RCL_PUBLISHER_OFFERED_DEADLINE_MISSED = 0
    RCL_PUBLISHER_LIVELINESS_LOST = 1
    RCL_PUBLISHER_OFFERED_INCOMPATIBLE_QOS = 2
    RCL_PUBLISHER_INCOMPATIBLE_TYPE = 3
    RCL_PUBLISHER_MATCHED = 4


class QoSSubscriptionEventType(IntEnum):
    """Events of a subscription."""

    RCL_SUBSCRIPTION_REQUESTED_DEADLINE_MISSED = 0
    RCL_SUBSCRIPTION_LIVELINESS_CHANGED = 1
    RCL_SUBSCRIPTION_REQUESTED_INCOMPATIBLE_QOS = 2
    RCL_SUBSCRIPTION_MESSAGE_LOST = 3
    RCL_SUBSCRIPTION_INCOMPATIBLE_TYPE = 4
    RCL_SUBSCRIPTION_MATCHED = 5


class EventHandler(Waitable):
    """Calls back in an executor when something happened to the matching of an endpoint."""

    def __init__(
        self,
        *,
        callback_group: CallbackGroup,
        callback: Callable[[Any], Any],
        event_type: IntEnum,
        parent_impl: Reader | Writer,
    ) -> None:
        """Watch an endpoint.

        Args:
            callback_group: Group that decides when the callback may run.
            callback: Called with an IncompatibleQoSInfo or a MatchedInfo.
            event_type: Kind of event.
            parent_impl: Endpoint of the middleware.
        """
        super().__init__(callback_group)
        self.event_type = event_type
        self.callback = callback
        is_matched = event_type in (
            QoSPublisherEventType.RCL_PUBLISHER_MATCHED
            if isinstance(parent_impl, Writer)
            else QoSSubscriptionEventType.RCL_SUBSCRIPTION_MATCHED,
        )
        self._events = (MatchedEvents if is_matched else IncompatibleQoSEvents)(parent_impl)
        self._lock = threading.Lock()
        self._pending: list[Any] = []

    def _poll(self) -> bool:
        """Look whether something happened, after a change of the graph."""
        with self._lock:
            if (event := self._events.take()) is not None:
                self._pending.append(event)
            return bool(self._pending)

    def _is_pending(self) -> bool:
        return bool(self._pending)

    def _take(self, executor: object) -> Callable[[], Any] | None:
        with self._lock:
            events, self._pending = self._pending, []
        callback = self.callback
        return (lambda: await_or_execute(callback, events[-1])) if events else None

    def destroy(self) -> None:
        """Stop the callbacks."""
        self._pending = []


class SubscriptionEventCallbacks:
    """Callbacks of a subscription."""

    def __init__(
        self,
        *,
        deadline: Callable[[Any], None] | None = None,
        incompatible_qos: Callable[[IncompatibleQoSInfo], None] | None = None,
        liveliness: Callable[[Any], None] | None = None,
        message_lost: Callable[[Any], None] | None = None,
        incompatible_type: Callable[[Any], None] | None = None,
        matched: Callable[[MatchedInfo], None] | None = None,
        use_default_callbacks: bool = True,
    ) -> None:
        """Choose callbacks.

        Args:
            deadline: Not supported.
            incompatible_qos: A publisher does not match because of its QoS.
            liveliness: Not supported.
            message_lost: Not supported.
            incompatible_type: Never called.
            matched: The number of matching publishers changed.
            use_default_callbacks: Whether to log a warning about incompatible QoS.

        Raises:
            NotImplementedError: A callback is not supported.
        """
        _refuse('SubscriptionEventCallbacks', deadline=deadline, liveliness=liveliness,
                message_lost=message_lost)  # fmt: skip
        self.deadline = deadline
        self.incompatible_qos = incompatible_qos
        self.liveliness = liveliness
        self.message_lost = message_lost
        self.incompatible_type = incompatible_type
        self.matched = matched
        self.use_default_callbacks = use_default_callbacks

    def create_event_handlers(
        self,
        callback_group: CallbackGroup,
        subscription: Reader,
        topic_name: str,
        logger: RcutilsLogger,
    ) -> list[EventHandler]:
        """Handlers of the callbacks that were chosen."""
        kinds = QoSSubscriptionEventType
        warning = (
            f"New publisher discovered on topic '{topic_name}', offering incompatible QoS. "
            f'No messages will be received from it. Last incompatible policy: '
        )
        return _create_handlers(
            {
                kinds.RCL_SUBSCRIPTION_REQUESTED_INCOMPATIBLE_QOS: self.incompatible_qos
                or (self.use_default_callbacks and _warner(logger, warning)),
                kinds.RCL_SUBSCRIPTION_MATCHED: self.matched,
            },
            callback_group,
            subscription,
        )


class PublisherEventCallbacks:
    """Callbacks of a publisher."""

    def __init__(
        self,
        *,
        deadline: Callable[[Any], None] | None = None,
        liveliness: Callable[[Any], None] | None = None,
        incompatible_qos: Callable[[IncompatibleQoSInfo], None] | None = None,
        incompatible_type: Callable[[Any], None] | None = None,
        matched: Callable[[MatchedInfo], None] | None = None,
        use_default_callbacks: bool = True,
    ) -> None:
        """Choose callbacks.

        Args:
            deadline: Not supported.
            liveliness: Not supported.
            incompatible_qos: A subscription does not match because of its QoS.
            incompatible_type: Never called.
            matched: The number of matching subscriptions changed.
            use_default_callbacks: Whether to log a warning about incompatible QoS.

        Raises:
            NotImplementedError: A callback is not supported.
        """
        _refuse('PublisherEventCallbacks', deadline=deadline, liveliness=liveliness)
        self.deadline = deadline
        self.liveliness = liveliness
        self.incompatible_qos = incompatible_qos
        self.incompatible_type = incompatible_type
        self.matched = matched
        self.use_default_callbacks = use_default_callbacks

    def create_event_handlers(
        self,
        callback_group: CallbackGroup,
        publisher: Writer,
        topic_name: str,
        logger: RcutilsLogger,
    ) -> list[EventHandler]:
        """Handlers of the callbacks that were chosen."""
        kinds = QoSPublisherEventType
        warning = (
            f"New subscription discovered on topic '{topic_name}', requesting incompatible QoS. "
            f'No messages will be sent to it. Last incompatible policy: '
        )
        return _create_handlers(
            {
                kinds.RCL_PUBLISHER_OFFERED_INCOMPATIBLE_QOS: self.incompatible_qos
                or (self.use_default_callbacks and _warner(logger, warning)),
                kinds.RCL_PUBLISHER_MATCHED: self.matched,
            },
            callback_group,
            publisher,
        )


def _refuse(owner: str, **callbacks: object) -> None:
    for name, callback in callbacks.items():
        if callback is not None:
            raise NotImplementedError(f'{owner}: the {name} event needs a real ROS 2')


def _warner(logger: RcutilsLogger, text: str) -> Callable[[IncompatibleQoSInfo], None]:
    def warn(event: IncompatibleQoSInfo) -> None:
        logger.warn(text + qos_policy_name_from_kind(event.last_policy_kind))

    return warn


def _create_handlers(
    callbacks: dict[Any, Any], callback_group: CallbackGroup, endpoint: Reader | Writer
) -> list[EventHandler]:
    return [
        EventHandler(
            callback_group=callback_group, callback=callback, event_type=kind, parent_impl=endpoint
        )
        for kind, callback in callbacks.items()
        if callback
    ]
