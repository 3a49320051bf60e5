"""The node that a command uses, and what it sees of the graph."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import rclpy
from embedded_ros.polling import wait_until
from rclpy.exceptions import NotInitializedException
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.parameter import Parameter
from ros2cli.arguments import SPIN_TIME
from rosidl_runtime_py.utilities import get_message, get_service

NODE_NAME_PREFIX = '_ros2cli'
_POLL_PERIOD = 0.02  # [s]
_QUIET_TIME = 0.3  # [s] without news after which the graph counts as discovered
_FIRST_TIME = 0.5  # [s] that discovery is given at least
_LONELY_TIME = 1.0  # [s] that it is given while nobody else was seen
_CALL_TIMEOUT = 5.0  # [s] that a service is given to appear
_CALL_CHECK_PERIOD = 1.0  # [s] after which a service that ended is noticed



@contextlib.contextmanager
def direct_node(args: argparse.Namespace, name: str | None = None) -> Iterator[Node]:
    """A node for the time of a command.

    Args:
        args: Arguments of the command.
        name: Name of the node; by default a hidden one.

    Raises:
        SystemExit: A signal shut rclpy down; the code is upstream's.
    """
    use_sim_time = Parameter('use_sim_time', value=getattr(args, 'use_sim_time', False))
    rclpy.init(args=[])
    try:
        node = rclpy.create_node(
            name or f'{NODE_NAME_PREFIX}_{os.getpid()}',
            start_parameter_services=False,
            parameter_overrides=[use_sim_time],
        )
        try:
            yield node
        finally:
            node.destroy_node()
    except (ExternalShutdownException, NotInitializedException):
        if rclpy.ok():
            raise
        raise SystemExit(signal.SIGTERM) from None
    finally:
        rclpy.try_shutdown()


@contextlib.contextmanager
def discovered_node(args: argparse.Namespace) -> Iterator[Node]:
    """A node that has had the time to see the graph."""
    with direct_node(args) as node:
        wait_for_discovery(node, args.spin_time)
        yield node


def wait_for_discovery(node: Node, longest: float = SPIN_TIME) -> None:
    """Wait until the graph is known: until nothing new was seen for a while.

    Args:
        node: The node that looks.
        longest: Time to wait at most [s].
    """
    start = changed = time.monotonic()
    seen: Any = None
    while rclpy.ok():
        now = time.monotonic()
        graph = (
            sorted(node.get_node_names_and_namespaces()),
            sorted(node.get_topic_names_and_types()),
            sorted(node.get_service_names_and_types()),
        )
        if graph != seen:
            seen, changed = graph, now
        least = _FIRST_TIME if len(graph[0]) > 1 else _LONELY_TIME
        if now - start >= longest or (now - start >= least and now - changed >= _QUIET_TIME):
            return
        time.sleep(_POLL_PERIOD)


def absolute_name(name: str) -> str:
    """The name with a leading slash."""
    return name if name.startswith('/') else f'/{name}'


def is_hidden(name: str) -> bool:
    """Whether a topic, service or node is hidden: a part of its name starts with `_`."""
    return '/_' in absolute_name(name)


def node_names(node: Node, *, include_hidden: bool = False) -> list[str]:
    """Full names of the nodes of the graph."""
    return sorted(
        f'{namespace.rstrip("/")}/{name}'
        for name, namespace in node.get_node_names_and_namespaces()
        if include_hidden or not name.startswith('_')
    )


def types_of(names_and_types: list[tuple[str, list[str]]], name: str) -> list[str]:
    """Types of a topic or service; empty if it does not exist."""
    return dict(names_and_types).get(name, [])


@contextlib.contextmanager
def named_node(
    args: argparse.Namespace, names: Callable[..., list[str]] = node_names
) -> Iterator[tuple[Node, str]]:
    """Node to call services with, and the full name of the node that a command names.

    Args:
        args: Arguments of the command.
        names: Lists the nodes that may be named.

    Raises:
        RuntimeError: There is no such node.
    """
    name = absolute_name(args.node_name)
    with direct_node(args) as node:
        timeout = getattr(args, 'timeout', None) or args.spin_time
        if not wait_until(lambda: name in names(node, include_hidden=True), timeout, rclpy.ok):
            raise RuntimeError('Node not found')
        yield node, name


def for_named_node(
    args: argparse.Namespace,
    show: Callable[[Node, str], None],
    names: Callable[..., list[str]] = node_names,
) -> None:
    """Show something of the node that a command names, or of all nodes that answer.

    Args:
        args: The command line.
        show: What to do with the command's node and the full name of the other.
        names: Lists the nodes.
    """
    if args.node_name:
        with named_node(args, names) as (node, name):
            show(node, name)
        return
    with discovered_node(args) as node:
        for name in names(node, include_hidden=args.include_hidden_nodes):
            try:
                show(node, name)
            except RuntimeError as error:
                print(error, file=sys.stderr)


def print_names(names: Iterable[str], *, only_count: bool) -> None:
    """Print names, one a line, or just their number."""
    lines = list(names)
    print(len(lines) if only_count else '\n'.join(lines), end='\n' if lines or only_count else '')


def interface_class(kind: str, name: str) -> Any:
    """Class of a message or service.

    Args:
        kind: 'message' or 'service'.
        name: Such as 'std_msgs/msg/String'.

    Raises:
        RuntimeError: There is no such type.
    """
    try:
        return (get_message if kind == 'message' else get_service)(name)
    except (AttributeError, LookupError, ModuleNotFoundError, ValueError) as error:
        raise RuntimeError(f"The passed {kind} type '{name}' is invalid: {error}") from error


def call(node: Node, service: Any, name: str, **fields: Any) -> Any:
    """Call a service and wait for the response, as long as the service is there.

    Args:
        node: Node that calls.
        service: Class of the service.
        name: Name of the service.
        fields: Fields of the request.

    Raises:
        RuntimeError: The service does not exist or ends without an answer, or the call failed.
    """
    client = node.create_client(service, name)
    if not client.wait_for_service(timeout_sec=_CALL_TIMEOUT):
        raise RuntimeError(f"Wait for service timed out waiting for '{name}'")
    future = client.call_async(service.Request(**fields))
    while not future.done():
        if not client.service_is_ready():
            raise RuntimeError(f"The service '{name}' ended without an answer")
        rclpy.spin_until_future_complete(node, future, timeout_sec=_CALL_CHECK_PERIOD)
    if future.result() is None:
        raise RuntimeError(f"Exception while calling service '{name}': {future.exception()}")
    return future.result()


def topic_class(node: Node, topic: str, timeout: float, *, blocking: bool = False) -> Any:
    """Class of the messages on a topic, None if the topic does not appear.

    Args:
        node: Node that looks.
        topic: Name of the topic.
        timeout: Time to wait for the topic before the user is told [s].
        blocking: Whether to wait on, until shutdown.

    Raises:
        RuntimeError: The name is invalid, or the topic has several types, or an unknown one.
    """
    try:
        name = node.resolve_topic_name(topic)
    except ValueError as error:
        raise RuntimeError(str(error)) from error

    def look() -> list[str]:
        return types_of(node.get_topic_names_and_types(), name)

    types = wait_until(look, timeout, rclpy.ok)
    if not types:
        print(f'WARNING: topic [{topic}] does not appear to be published yet')
        types = wait_until(look, None, rclpy.ok) if blocking else []
    if len(types) > 1:
        raise RuntimeError(
            f"Cannot echo topic '{topic}', as it contains more than one type: [{', '.join(types)}]"
        )
    return interface_class('message', types[0]) if types else None
