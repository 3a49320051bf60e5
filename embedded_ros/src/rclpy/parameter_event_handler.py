"""Callbacks for changes of parameters of any node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rcl_interfaces.msg import Parameter as ParameterMsg
from rcl_interfaces.msg import ParameterEvent

from rclpy.impl.names import join
from rclpy.qos import QoSProfile, qos_profile_parameter_events

if TYPE_CHECKING:
    from rclpy.node import Node


@dataclass(frozen=True, eq=False)
class ParameterCallbackHandle:
    """Registration of a callback for one parameter."""

    parameter_name: str
    node_name: str
    callback: Callable[[ParameterMsg], Any]


@dataclass(frozen=True, eq=False)
class ParameterEventCallbackHandle:
    """Registration of a callback for all parameter events."""

    callback: Callable[[ParameterEvent], Any]


class ParameterEventHandler:
    """Calls back when parameters of this or other nodes change; the latest callback first."""

    def __init__(
        self,
        node: Node,
        qos_profile: QoSProfile = qos_profile_parameter_events,
        **options: Any,
    ) -> None:
        """Subscribe to /parameter_events; see `Node.create_subscription` for the arguments."""
        self.node = node
        self._parameter_callbacks: list[ParameterCallbackHandle] = []
        self._event_callbacks: list[ParameterEventCallbackHandle] = []
        self.parameter_event_subscription = node.create_subscription(
            ParameterEvent, '/parameter_events', self._on_event, qos_profile, **options
        )

    def destroy(self) -> None:
        """Stop all callbacks."""
        self.node.destroy_subscription(self.parameter_event_subscription)

    @staticmethod
    def get_parameter_from_event(
        event: ParameterEvent, parameter_name: str, node_name: str
    ) -> ParameterMsg | None:
        """Parameter that an event tells of, None if it does not.

        Args:
            event: Event.
            parameter_name: Name of the parameter.
            node_name: Absolute name of its node.
        """
        changes = ParameterEventHandler.get_parameters_from_event(event)
        found = (each for each in changes if each.name == parameter_name)
        return next(found, None) if event.node == node_name else None

    @staticmethod
    def get_parameters_from_event(event: ParameterEvent) -> Iterator[ParameterMsg]:
        """Parameters that are new or changed."""
        yield from event.new_parameters
        yield from event.changed_parameters

    def add_parameter_callback(
        self, parameter_name: str, node_name: str, callback: Callable[[ParameterMsg], Any]
    ) -> ParameterCallbackHandle:
        """Have a function called when one parameter changes.

        Args:
            parameter_name: Name of the parameter.
            node_name: Name of its node, relative or absolute; '' for the own node.
            callback: Called with a `rcl_interfaces/msg/Parameter`.
        """
        if not node_name:
            node_name = self.node.get_fully_qualified_name()
        elif not node_name.startswith('/'):
            node_name = join(self.node.get_namespace(), node_name)
        handle = ParameterCallbackHandle(parameter_name, node_name, callback)
        self._parameter_callbacks.insert(0, handle)
        return handle

    def remove_parameter_callback(self, handle: ParameterCallbackHandle) -> None:
        """Undo `add_parameter_callback`; RuntimeError if it was not added."""
        _remove(self._parameter_callbacks, handle)

    def add_parameter_event_callback(
        self, callback: Callable[[ParameterEvent], Any]
    ) -> ParameterEventCallbackHandle:
        """Have a function called with each parameter event."""
        handle = ParameterEventCallbackHandle(callback)
        self._event_callbacks.insert(0, handle)
        return handle

    def remove_parameter_event_callback(self, handle: ParameterEventCallbackHandle) -> None:
        """Undo `add_parameter_event_callback`; RuntimeError if it was not added."""
        _remove(self._event_callbacks, handle)

    def _on_event(self, event: ParameterEvent) -> None:
        for handle in list(self._parameter_callbacks):
            parameter = self.get_parameter_from_event(
                event, handle.parameter_name, handle.node_name
            )
            if parameter is not None:
                handle.callback(parameter)
        for event_handle in list(self._event_callbacks):
            event_handle.callback(event)


def _remove(handles: list[Any], handle: object) -> None:
    if handle not in handles:
        raise RuntimeError("Callback doesn't exist")
    handles.remove(handle)
