"""Parameters of other nodes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rcl_interfaces.msg import Parameter as ParameterMsg
from rcl_interfaces.msg import ParameterEvent
from rcl_interfaces.srv import (
    DescribeParameters,
    GetParameters,
    GetParameterTypes,
    ListParameters,
    SetParameters,
    SetParametersAtomically,
)

from rclpy.callback_groups import CallbackGroup
from rclpy.client import Client
from rclpy.parameter import Parameter, parameter_dict_from_yaml_file
from rclpy.qos import QoSProfile, qos_profile_parameter_events, qos_profile_services_default
from rclpy.subscription import Subscription
from rclpy.task import Future

if TYPE_CHECKING:
    from rclpy.node import Node

Done = Callable[[Future], Any] | None


class AsyncParameterClient:
    """Reads and sets the parameters of another node; each method returns a future.

    The `callback` of a method is called with that future when it is done.
    """

    def __init__(
        self,
        node: Node,
        remote_node_name: str,
        qos_profile: QoSProfile = qos_profile_services_default,
        callback_group: CallbackGroup | None = None,
    ) -> None:
        """Create the clients of six services.

        Args:
            node: Own node.
            remote_node_name: Name of the other node, relative or absolute.
            qos_profile: Profile of requests and responses.
            callback_group: Group; default the node's.
        """
        self.remote_node_name = remote_node_name
        self.node = node

        def create(srv_type: Any, name: str) -> Client:
            return node.create_client(
                srv_type,
                f'{remote_node_name}/{name}',
                qos_profile=qos_profile,
                callback_group=callback_group,
            )

        self._get = create(GetParameters, 'get_parameters')
        self._list = create(ListParameters, 'list_parameters')
        self._set = create(SetParameters, 'set_parameters')
        self._get_types = create(GetParameterTypes, 'get_parameter_types')
        self._describe = create(DescribeParameters, 'describe_parameters')
        self._set_atomically = create(SetParametersAtomically, 'set_parameters_atomically')

    def services_are_ready(self) -> bool:
        """Whether all six services were found."""
        return all(client.service_is_ready() for client in self._clients())

    def wait_for_services(self, timeout_sec: float | None = None) -> bool:
        """Wait until all six services were found.

        Args:
            timeout_sec: Longest wait [s]; None: for ever.

        Returns:
            Whether they were.
        """
        end = None if timeout_sec is None else time.monotonic() + timeout_sec
        for client in self._clients():
            left = None if end is None else max(0.0, end - time.monotonic())
            if not client.wait_for_service(left):
                return False
        return True

    def list_parameters(
        self,
        prefixes: list[str] | None = None,
        depth: int | None = None,
        callback: Done = None,
    ) -> Future:
        """List names; see `Node.list_parameters`."""
        request = ListParameters.Request(prefixes=prefixes or [], depth=depth or 0)
        return _call(self._list, request, callback)

    def get_parameters(self, names: list[str], callback: Done = None) -> Future:
        """Get values; the result is empty when a parameter is not declared."""
        return _call(self._get, GetParameters.Request(names=names), callback)

    def set_parameters(
        self, parameters: Sequence[Parameter | ParameterMsg], callback: Done = None
    ) -> Future:
        """Set parameters one by one."""
        request = SetParameters.Request(parameters=_messages(parameters))
        return _call(self._set, request, callback)

    def describe_parameters(self, names: list[str], callback: Done = None) -> Future:
        """Get descriptors."""
        return _call(self._describe, DescribeParameters.Request(names=names), callback)

    def get_parameter_types(self, names: list[str], callback: Done = None) -> Future:
        """Get types."""
        return _call(self._get_types, GetParameterTypes.Request(names=names), callback)

    def set_parameters_atomically(
        self, parameters: Sequence[Parameter | ParameterMsg], callback: Done = None
    ) -> Future:
        """Set parameters all together or not at all."""
        request = SetParametersAtomically.Request(parameters=_messages(parameters))
        return _call(self._set_atomically, request, callback)

    def delete_parameters(self, names: list[str], callback: Done = None) -> Future:
        """Undeclare dynamically typed parameters."""
        return self.set_parameters([Parameter(name) for name in names], callback)

    def load_parameter_file(
        self, parameter_file: str, use_wildcard: bool = False, callback: Done = None
    ) -> Future:
        """Set the parameters of a file; see `parameter_dict_from_yaml_file`."""
        loaded = parameter_dict_from_yaml_file(parameter_file, use_wildcard)
        return self.set_parameters(list(loaded.values()), callback)

    def load_parameter_file_atomically(
        self, parameter_file: str, use_wildcard: bool = False, callback: Done = None
    ) -> Future:
        """Set the parameters of a file all together or not at all."""
        loaded = parameter_dict_from_yaml_file(parameter_file, use_wildcard)
        return self.set_parameters_atomically(list(loaded.values()), callback)

    def on_parameter_event(
        self,
        callback: Callable[[ParameterEvent], Any],
        qos_profile: QoSProfile = qos_profile_parameter_events,
        **kwargs: Any,
    ) -> Subscription:
        """Subscribe to the parameter events of all nodes; see `Node.create_subscription`."""
        return self.node.create_subscription(
            ParameterEvent, '/parameter_events', callback, qos_profile, **kwargs
        )

    def _clients(self) -> list[Client]:
        return [
            self._list, self._set, self._get,
            self._get_types, self._describe, self._set_atomically,
        ]  # fmt: skip


def _call(client: Client, request: Any, callback: Done) -> Future:
    future = client.call_async(request)
    if callback is not None:
        future.add_done_callback(callback)
    return future


def _messages(parameters: Sequence[Parameter | ParameterMsg]) -> list[ParameterMsg]:
    return [
        parameter.to_parameter_msg() if isinstance(parameter, Parameter) else parameter
        for parameter in parameters
    ]
