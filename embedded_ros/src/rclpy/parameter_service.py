"""The services through which others read and set a node's parameters."""

from __future__ import annotations

import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from rcl_interfaces import srv
from rcl_interfaces.msg import SetParametersResult

from rclpy.exceptions import ParameterNotDeclaredException, ParameterUninitializedException
from rclpy.parameter import Parameter
from rclpy.qos import qos_profile_parameters

if TYPE_CHECKING:
    from rclpy.node import Node

_UNKNOWN = (ParameterNotDeclaredException, ParameterUninitializedException)


class ParameterService:
    """Six services of one node."""

    def __init__(self, node: Node) -> None:
        self._node: Any = weakref.proxy(node)
        for srv_type, name, callback in (
            (srv.DescribeParameters, 'describe_parameters', self._describe),
            (srv.GetParameters, 'get_parameters', self._get),
            (srv.GetParameterTypes, 'get_parameter_types', self._get_types),
            (srv.ListParameters, 'list_parameters', self._list),
            (srv.SetParameters, 'set_parameters', self._set_each),
            (srv.SetParametersAtomically, 'set_parameters_atomically', self._set_all),
        ):
            node.create_service(
                srv_type, f'~/{name}', callback, qos_profile=qos_profile_parameters
            )

    def _describe(self, request: Any, response: Any) -> Any:
        with suppress(*_UNKNOWN):
            response.descriptors = self._node.describe_parameters(list(request.names))
        return response

    def _get(self, request: Any, response: Any) -> Any:
        with suppress(*_UNKNOWN):
            parameters = self._node.get_parameters(list(request.names))
            response.values = [parameter.get_parameter_value() for parameter in parameters]
        return response

    def _get_types(self, request: Any, response: Any) -> Any:
        with suppress(*_UNKNOWN):
            response.types = self._node.get_parameter_types(list(request.names))
        return response

    def _list(self, request: Any, response: Any) -> Any:
        with suppress(TypeError, ValueError):
            response.result = self._node.list_parameters(list(request.prefixes), request.depth)
        return response

    def _set_each(self, request: Any, response: Any) -> Any:
        response.results = [self._set([parameter]) for parameter in request.parameters]
        return response

    def _set_all(self, request: Any, response: Any) -> Any:
        response.result = self._set(request.parameters)
        return response

    def _set(self, messages: Any) -> SetParametersResult:
        try:
            parameters = [Parameter.from_parameter_msg(message) for message in messages]
            return self._node.set_parameters_atomically(parameters)
        except (ParameterNotDeclaredException, TypeError, ValueError) as error:
            return SetParametersResult(successful=False, reason=str(error))
