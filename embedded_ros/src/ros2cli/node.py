"""The node that a command uses, and what it sees of the graph."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node

NODE_NAME_PREFIX = '_ros2cli'
_HIDDEN_PREFIX = '_'
_POLL_PERIOD = 0.02  # [s]
_QUIET_TIME = 0.3  # [s] without news after which the graph counts as discovered
_FIRST_TIME = 0.5  # [s] that discovery is given at least
_LONELY_TIME = 1.0  # [s] that it is given while nobody else was seen
_SPIN_TIME = 3.0  # [s] that it is given at most


class NodeName(NamedTuple):
    """Name of a node."""

    name: str
    namespace: str
    full_name: str


def add_node_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of all verbs that look at the graph."""
    parser.add_argument(
        '--spin-time',
        type=float,
        default=_SPIN_TIME,
        help='Time to wait for discovery at most [s]; it ends early when the graph is known '
        f'(default: {_SPIN_TIME})',
    )
    parser.add_argument(
        '-s', '--use-sim-time', action='store_true', help='Enable ROS simulation time'
    )
    parser.add_argument(
        '--no-daemon', action='store_true', help='Accepted for compatibility; there is no daemon'
    )


@contextlib.contextmanager
def direct_node(args: argparse.Namespace, name: str | None = None) -> Iterator[Node]:
    """A node for the time of a command.

    Args:
        args: Arguments of the command.
        name: Name of the node; by default a hidden one.

    Raises:
        SystemExit: A signal shut rclpy down; the code is upstream's.
    """
    from rclpy.parameter import Parameter

    rclpy.init(args=[])
    try:
        node = rclpy.create_node(
            name or f'{NODE_NAME_PREFIX}_{os.getpid()}',
            start_parameter_services=False,
            parameter_overrides=[
                Parameter('use_sim_time', value=bool(getattr(args, 'use_sim_time', False)))
            ],
        )
        try:
            yield node
        except ExternalShutdownException:
            raise SystemExit(signal.SIGTERM) from None
        finally:
            node.destroy_node()
    finally:
        rclpy.try_shutdown()


@contextlib.contextmanager
def discovered_node(args: argparse.Namespace) -> Iterator[Node]:
    """A node that has had the time to see the graph."""
    with direct_node(args) as node:
        wait_for_discovery(node, args.spin_time)
        yield node


def wait_for_discovery(node: Node, longest: float) -> None:
    """Wait until the graph is known: until nothing new was seen for a while.

    Args:
        node: The node that looks.
        longest: Time to wait at most [s].
    """
    start = changed = time.monotonic()
    seen: Any = None
    while rclpy.ok():
        now = time.monotonic()
        graph = _graph(node)
        if graph != seen:
            seen, changed = graph, now
        least = _FIRST_TIME if len(graph[0]) > 1 else _LONELY_TIME
        if now - start >= longest or (now - start >= least and now - changed >= _QUIET_TIME):
            return
        time.sleep(_POLL_PERIOD)


def wait_until(condition: Callable[[], bool], timeout: float) -> bool:
    """Wait until a condition is true, as soon as it is.

    Args:
        condition: The condition; it is asked again and again.
        timeout: Time to wait at most [s].

    Returns:
        Whether it became true.
    """
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() >= deadline or not rclpy.ok():
            return False
        time.sleep(_POLL_PERIOD)
    return True


def is_hidden(name: str) -> bool:
    """Whether a topic, service or node is hidden: a part of its name starts with `_`."""
    return any(part.startswith(_HIDDEN_PREFIX) for part in name.split('/'))


def absolute_name(name: str) -> str:
    """The name with a leading slash."""
    return name if name.startswith('/') else f'/{name}'


def parse_node_name(name: str) -> NodeName:
    """Name and namespace in a full name."""
    full_name = absolute_name(name)
    namespace, _, base = full_name.rpartition('/')
    return NodeName(base, namespace or '/', full_name)


def node_names(node: Node, *, include_hidden: bool = False) -> list[NodeName]:
    """Nodes of the graph."""
    return [
        NodeName(name, namespace, f'{namespace.rstrip("/")}/{name}')
        for name, namespace in node.get_node_names_and_namespaces()
        if include_hidden or not name.startswith(_HIDDEN_PREFIX)
    ]


def wait_for_node(node: Node, full_name: str, timeout: float) -> bool:
    """Wait until a node is in the graph, hidden or not."""
    return wait_until(
        lambda: any(n.full_name == full_name for n in node_names(node, include_hidden=True)),
        timeout,
    )


def visible(
    names_and_types: Iterable[tuple[str, list[str]]], *, include_hidden: bool
) -> list[tuple[str, list[str]]]:
    """Topics or services without the hidden ones."""
    return [
        (name, types) for name, types in names_and_types if include_hidden or not is_hidden(name)
    ]


def types_of(names_and_types: Iterable[tuple[str, list[str]]], name: str) -> list[str]:
    """Types of a topic or service; empty if it does not exist."""
    return next((types for found, types in names_and_types if found == name), [])


def _graph(node: Node) -> tuple[Any, ...]:
    return (
        sorted(node.get_node_names_and_namespaces()),
        sorted(node.get_topic_names_and_types()),
        sorted(node.get_service_names_and_types()),
    )
