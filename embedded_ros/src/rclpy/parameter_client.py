"""Parameters of other nodes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rcl_interfaces import srv
from rcl_interfaces.msg import Parameter as ParameterMsg

from rclpy.callback_groups import CallbackGroup
from rclpy.parameter import Parameter, parameter_dict_from_yaml_file
from rclpy.qos import QoSProfile, qos_profile_services_default
from rclpy.task import Future

if TYPE_CHECKING:
    from rclpy.node import Node

Done = Callable[[Future], Any] | None
_SERVICES = {
    'list_parameters': srv.ListParameters,
    'set_parameters': srv.SetParameters,
    'get_parameters': srv.GetParameters,
    'get_parameter_types': srv.GetParameterTypes,
    'describe_parameters': srv.DescribeParameters,
    'set_parameters_atomically': srv.SetParametersAtomically,
}


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
        self._clients = {
            name: node.create_client(
                srv_type, f'{remote_node_name}/{name}',
                qos_profile=qos_profile, callback_group=callback_group,
            )
            for name, srv_type in _SERVICES.items()
        }  # fmt: skip

    def services_are_ready(self) -> bool:
        """Whether all six services were found."""
        return all(client.service_is_ready() for client in self._clients.values())

    def wait_for_services(self, timeout_sec: float | None = None) -> bool:
        """Wait until all six services were found.

        Args:
            timeout_sec: Longest wait [s]; None: for ever.

        Returns:
            Whether they were.
        """
        end = None if timeout_sec is None else time.monotonic() + timeout_sec
        return all(
            client.wait_for_service(None if end is None else max(0.0, end - time.monotonic()))
            for client in self._clients.values()
        )

    def list_parameters(
        self, prefixes: list[str] | None = None, depth: int | None = None, callback: Done = None
    ) -> Future:
        """List names; see `Node.list_parameters`."""
        return self._call('list_parameters', callback, prefixes=prefixes or [], depth=depth or 0)

    def get_parameters(self, names: list[str], callback: Done = None) -> Future:
        """Get values; the result is empty when a parameter is not declared."""
        return self._call('get_parameters', callback, names=names)

    def set_parameters(
        self, parameters: Sequence[Parameter | ParameterMsg], callback: Done = None
    ) -> Future:
        """Set parameters one by one."""
        return self._call('set_parameters', callback, parameters=_messages(parameters))

    def describe_parameters(self, names: list[str], callback: Done = None) -> Future:
        """Get descriptors."""
        return self._call('describe_parameters', callback, names=names)

    def get_parameter_types(self, names: list[str], callback: Done = None) -> Future:
        """Get types."""
        return self._call('get_parameter_types', callback, names=names)

    def set_parameters_atomically(
        self, parameters: Sequence[Parameter | ParameterMsg], callback: Done = None
    ) -> Future:
        """Set parameters all together or not at all."""
        return self._call('set_parameters_atomically', callback, parameters=_messages(parameters))

    def delete_parameters(self, names: list[str], callback: Done = None) -> Future:
        """Undeclare dynamically typed parameters."""
        return self.set_parameters([Parameter(name) for name in names], callback)

    def load_parameter_file(
        self, parameter_file: str, use_wildcard: bool = False, callback: Done = None
    ) -> Future:
        """Set the parameters of a file; see `parameter_dict_from_yaml_file`."""
        loaded = parameter_dict_from_yaml_file(parameter_file, use_wildcard)
        return self.set_parameters(list(loaded.values()), callback)

    def _call(self, service: str, callback: Done, **fields: Any) -> Future:
        future = self._clients[service].call_async(_SERVICES[service].Request(**fields))
        if callback is not None:
            future.add_done_callback(callback)
        return future


def _messages(parameters: Sequence[Parameter | ParameterMsg]) -> list[ParameterMsg]:
    return [
        parameter.to_parameter_msg() if isinstance(parameter, Parameter) else parameter
        for parameter in parameters
    ]
