"""The services through which others read and set a node's parameters."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from rcl_interfaces.msg import ListParametersResult, SetParametersResult
from rcl_interfaces.srv import (
    DescribeParameters,
    GetParameters,
    GetParameterTypes,
    ListParameters,
    SetParameters,
    SetParametersAtomically,
)

from rclpy.exceptions import ParameterNotDeclaredException, ParameterUninitializedException
from rclpy.parameter import Parameter
from rclpy.qos import qos_profile_parameters
from rclpy.validate_topic_name import TOPIC_SEPARATOR_STRING

if TYPE_CHECKING:
    from rclpy.node import Node


class ParameterService:
    """Six services of one node."""

    def __init__(self, node: Node) -> None:
        self._node_reference = weakref.ref(node)
        for srv_type, name, callback in (
            (DescribeParameters, 'describe_parameters', self._describe_parameters),
            (GetParameters, 'get_parameters', self._get_parameters),
            (GetParameterTypes, 'get_parameter_types', self._get_parameter_types),
            (ListParameters, 'list_parameters', self._list_parameters),
            (SetParameters, 'set_parameters', self._set_parameters),
            (SetParametersAtomically, 'set_parameters_atomically', self._set_atomically),
        ):
            node.create_service(
                srv_type,
                TOPIC_SEPARATOR_STRING.join((node.get_name(), name)),
                callback,
                qos_profile=qos_profile_parameters,
            )

    def _describe_parameters(self, request: Any, response: Any) -> Any:
        try:
            response.descriptors = self._node().describe_parameters(list(request.names))
        except ParameterNotDeclaredException:
            response.descriptors = []
        return response

    def _get_parameters(self, request: Any, response: Any) -> Any:
        try:
            parameters = self._node().get_parameters(list(request.names))
        except (ParameterNotDeclaredException, ParameterUninitializedException):
            parameters = []
        response.values = [parameter.get_parameter_value() for parameter in parameters]
        return response

    def _get_parameter_types(self, request: Any, response: Any) -> Any:
        try:
            response.types = self._node().get_parameter_types(list(request.names))
        except ParameterNotDeclaredException:
            response.types = []
        return response

    def _list_parameters(self, request: Any, response: Any) -> Any:
        try:
            response.result = self._node().list_parameters(list(request.prefixes), request.depth)
        except (TypeError, ValueError):
            response.result = ListParametersResult()
        return response

    def _set_parameters(self, request: Any, response: Any) -> Any:
        response.results = [self._set([parameter]) for parameter in request.parameters]
        return response

    def _set_atomically(self, request: Any, response: Any) -> Any:
        response.result = self._set(request.parameters)
        return response

    def _set(self, messages: Any) -> SetParametersResult:
        try:
            parameters = [Parameter.from_parameter_msg(message) for message in messages]
            return self._node().set_parameters_atomically(parameters)
        except (ParameterNotDeclaredException, TypeError, ValueError) as error:
            return SetParametersResult(successful=False, reason=str(error))

    def _node(self) -> Node:
        node = self._node_reference()
        if node is None:
            raise ReferenceError('Expected valid node weak reference')
        return node
