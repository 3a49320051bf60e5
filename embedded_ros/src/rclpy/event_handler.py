"""Callbacks for what happens to the connections of publishers and subscriptions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from embedded_ros.dds import Reader, Writer
from rclpy._rclpy_pybind11 import UnsupportedEventTypeError as UnsupportedEventTypeError
from rclpy.callback_groups import CallbackGroup
from rclpy.impl.entity import Entity
from rclpy.impl.rcutils_logger import RcutilsLogger
from rclpy.qos import QoSPolicyKind
from rclpy.task import await_or_execute

# Callbacks of events that are never reported.
_UNSUPPORTED = ('deadline', 'liveliness', 'message_lost')


class QoSRequestedIncompatibleQoSInfo(NamedTuple):
    """Endpoints that did not match because of their QoS."""

    total_count: int
    total_count_change: int
    last_policy_kind: QoSPolicyKind


class QoSSubscriptionMatchedInfo(NamedTuple):
    """Endpoints that came and went."""

    total_count: int
    total_count_change: int
    current_count: int
    current_count_change: int


QoSOfferedIncompatibleQoSInfo = QoSRequestedIncompatibleQoSInfo
QoSPublisherMatchedInfo = QoSSubscriptionMatchedInfo


class EventHandler(Entity):
    """Calls back in an executor when something happened to the matching of an endpoint."""

    def __init__(
        self, callback_group: CallbackGroup, callback: Callable[[Any], Any],
        endpoint: Reader | Writer, is_matched: bool,
    ) -> None:  # fmt: skip
        """Watch an endpoint.

        Args:
            callback_group: Group that decides when the callback may run.
            callback: Called with the information that belongs to the event.
            endpoint: Endpoint of the middleware.
            is_matched: Whether the event is "matched", else "incompatible QoS".
        """
        super().__init__(callback_group)
        self.callback = callback
        self._read = self._read_matched if is_matched else self._read_incompatible
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._total = 0
        self._current = 0
        self._pending: Any = None

    def _read_incompatible(self) -> QoSRequestedIncompatibleQoSInfo | None:
        policy = self._endpoint.take_incompatible_qos()
        if policy is None:
            return None
        self._total += 1
        return QoSRequestedIncompatibleQoSInfo(self._total, 1, QoSPolicyKind[policy])

    def _read_matched(self) -> QoSSubscriptionMatchedInfo | None:
        current = self._endpoint.matched_count
        change, self._current = current - self._current, current
        self._total += max(0, change)
        info = QoSSubscriptionMatchedInfo(self._total, max(0, change), current, change)
        return info if change else None

    def _poll(self) -> bool:
        """Look whether something happened, after a change of the graph."""
        with self._lock:
            self._pending = self._read() or self._pending
            return self._is_pending()

    def _is_pending(self) -> bool:
        return self._pending is not None

    def _take(self, executor: object) -> Callable[[], Any] | None:
        with self._lock:
            event, self._pending = self._pending, None
        return None if event is None else lambda: await_or_execute(self.callback, event)


class _EventCallbacks:
    """What the callbacks of publishers and subscriptions have in common."""

    _warning: str

    def __init__(
        self, *, incompatible_qos: Callable[[QoSRequestedIncompatibleQoSInfo], None] | None = None,
        matched: Callable[[QoSSubscriptionMatchedInfo], None] | None = None,
        incompatible_type: Callable[[Any], None] | None = None,
        use_default_callbacks: bool = True,
        **unsupported: Any,
    ) -> None:  # fmt: skip
        """Choose callbacks.

        Args:
            incompatible_qos: An endpoint at the other end does not match because of its QoS.
            matched: The number of matching endpoints changed.
            incompatible_type: Never called.
            use_default_callbacks: Whether to log a warning about incompatible QoS.
            **unsupported: `deadline`, `liveliness` and `message_lost`, which must be None.

        Raises:
            NotImplementedError: A callback is not supported.
        """
        for name, callback in unsupported.items():
            if name not in _UNSUPPORTED:
                raise TypeError(f'{type(self).__name__} has no callback {name!r}')
            if callback is not None:
                raise NotImplementedError(
                    f'{type(self).__name__}: the {name} event needs a real ROS 2'
                )
        self.incompatible_qos = incompatible_qos
        self.matched = matched
        self.incompatible_type = incompatible_type
        self.use_default_callbacks = use_default_callbacks

    def create_event_handlers(
        self, callback_group: CallbackGroup, endpoint: Reader | Writer, topic_name: str,
        logger: RcutilsLogger,
    ) -> list[EventHandler]:  # fmt: skip
        """Handlers of the callbacks that were chosen."""

        def warn(event: QoSRequestedIncompatibleQoSInfo) -> None:
            policy = event.last_policy_kind.name
            logger.warn(f'{self._warning.format(topic_name)} Last incompatible policy: {policy}')

        default = warn if self.use_default_callbacks else None
        return [
            EventHandler(callback_group, callback, endpoint, is_matched)
            for callback, is_matched in (
                (self.incompatible_qos or default, False),
                (self.matched, True),
            )
            if callback is not None
        ]


class SubscriptionEventCallbacks(_EventCallbacks):
    """Callbacks of a subscription."""

    _warning = (
        "New publisher discovered on topic '{}', offering incompatible QoS. "
        'No messages will be received from it.'
    )


class PublisherEventCallbacks(_EventCallbacks):
    """Callbacks of a publisher."""

    _warning = (
        "New subscription discovered on topic '{}', requesting incompatible QoS. "
        'No messages will be sent to it.'
    )
