"""Calls of the parameter services of a node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rcl_interfaces.srv import DescribeParameters, GetParameters, ListParameters, SetParameters

from rclpy.node import Node
from ros2cli.service_calls import call


def names(node: Node, target: str, prefixes: Sequence[str] = ()) -> list[str]:
    """Names of a node's parameters.

    Args:
        node: Node that calls.
        target: Full name of the node that is asked.
        prefixes: Only names with one of these prefixes; none means all.

    Raises:
        RuntimeError: The node does not answer; so do all functions here.
    """
    request = ListParameters.Request(prefixes=list(prefixes))
    return list(call(node, ListParameters, f'{target}/list_parameters', request).result.names)


def values(node: Node, target: str, parameters: Sequence[str]) -> list[Any]:
    """Values of a node's parameters; empty when one of them is not declared."""
    request = GetParameters.Request(names=list(parameters))
    return list(call(node, GetParameters, f'{target}/get_parameters', request).values)


def descriptors(node: Node, target: str, parameters: Sequence[str]) -> list[Any]:
    """Descriptors of a node's parameters."""
    request = DescribeParameters.Request(names=list(parameters))
    service = f'{target}/describe_parameters'
    return list(call(node, DescribeParameters, service, request).descriptors)


def set_values(node: Node, target: str, parameters: Sequence[Any]) -> list[Any]:
    """Set a node's parameters one by one; returns a result for each."""
    request = SetParameters.Request(parameters=list(parameters))
    return list(call(node, SetParameters, f'{target}/set_parameters', request).results)
