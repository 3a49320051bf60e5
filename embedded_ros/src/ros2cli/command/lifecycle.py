"""`ros2 lifecycle`: look at managed nodes and make them change their state."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from lifecycle_msgs.srv import ChangeState, GetAvailableTransitions, GetState

from rclpy.node import Node
from ros2cli.node import (
    absolute_name,
    add_node_arguments,
    direct_node,
    discovered_node,
    node_names,
    types_of,
    wait_until,
)
from ros2cli.service_calls import call
from ros2cli.verbs import Verbs

_NOT_FOUND = 'Node not found'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = Verbs(parser)
    get = verbs.add('get', 'Get lifecycle state for one or more nodes', _get)
    add_node_arguments(get)
    get.add_argument(
        'node_name',
        nargs='?',
        help='Name of the ROS node. If no name is provided, then get the state for all nodes.',
    )
    _add_hidden(get)
    listing = verbs.add('list', 'Output a list of available transitions', _list)
    add_node_arguments(listing)
    listing.add_argument('node_name', help='Name of the ROS node')
    _add_hidden(listing)
    listing.add_argument(
        '-a', '--all', action='store_true', help='Display all existing transitions'
    )
    nodes = verbs.add('nodes', 'Output a list of nodes with lifecycle', _nodes)
    add_node_arguments(nodes)
    nodes.add_argument(
        '-a', '--all', action='store_true', help='Display all nodes even hidden ones'
    )
    nodes.add_argument(
        '-c',
        '--count-nodes',
        action='store_true',
        help='Only display the number of nodes discovered',
    )
    change = verbs.add('set', 'Trigger lifecycle state transition', _set)
    add_node_arguments(change)
    change.add_argument('node_name', help='Name of the ROS node')
    _add_hidden(change)
    change.add_argument('transition', help='The lifecycle transition')


def _add_hidden(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--include-hidden-nodes', action='store_true', help='Consider hidden nodes as well'
    )


def _managed_nodes(node: Node, *, include_hidden: bool) -> list[str]:
    services = node.get_service_names_and_types()
    return sorted(
        {
            name.full_name
            for name in node_names(node, include_hidden=include_hidden)
            if 'lifecycle_msgs/srv/GetState' in types_of(services, f'{name.full_name}/get_state')
        }
    )


def _is_managed(node: Node, name: str, timeout: float) -> bool:
    """Whether a managed node is, or soon becomes, part of the graph."""
    return wait_until(lambda: name in _managed_nodes(node, include_hidden=True), timeout)


def _nodes(args: argparse.Namespace) -> None:
    with discovered_node(args) as node:
        names = _managed_nodes(node, include_hidden=args.all)
    if args.count_nodes:
        print(len(names))
        return
    for name in names:
        print(name)


def _get(args: argparse.Namespace) -> str | None:
    if args.node_name:
        name = absolute_name(args.node_name)
        with direct_node(args) as node:
            if not _is_managed(node, name, args.spin_time):
                return _NOT_FOUND
            print(_state(node, name))
        return None
    with discovered_node(args) as node:
        for name in _managed_nodes(node, include_hidden=args.include_hidden_nodes):
            try:
                print(f'{name}: {_state(node, name)}')
            except RuntimeError as error:
                print(error, file=sys.stderr)
    return None


def _state(node: Node, name: str) -> str:
    state = call(node, GetState, f'{name}/get_state', GetState.Request()).current_state
    return f'{state.label} [{state.id}]'


def _list(args: argparse.Namespace) -> str | None:
    name = absolute_name(args.node_name)
    with direct_node(args) as node:
        if not _is_managed(node, name, args.spin_time):
            return _NOT_FOUND
        for description in _transitions(node, name, all_of_them=args.all):
            transition = description.transition
            print(
                f'- {transition.label} [{transition.id}]\n'
                f'\tStart: {description.start_state.label}\n\tGoal: {description.goal_state.label}'
            )
    return None


def _set(args: argparse.Namespace) -> str | None:
    name = absolute_name(args.node_name)
    with direct_node(args) as node:
        if not _is_managed(node, name, args.spin_time):
            return _NOT_FOUND
        transitions = [d.transition for d in _transitions(node, name, all_of_them=False)]
        chosen = next((t for t in transitions if t.label == args.transition), None) or next(
            (t for t in transitions if str(t.id) == args.transition), None
        )
        if chosen is None:
            choices = ''.join(f'\n- {t.label} [{t.id}]' for t in transitions)
            return f'Unknown transition requested, available ones are:{choices}'
        request = ChangeState.Request()
        request.transition = chosen
        response = call(node, ChangeState, f'{name}/change_state', request)
    if response.success:
        print('Transitioning successful')
    else:
        print('Transitioning failed', file=sys.stderr)
    return None


def _transitions(node: Node, name: str, *, all_of_them: bool) -> list[Any]:
    service = 'get_transition_graph' if all_of_them else 'get_available_transitions'
    response = call(
        node, GetAvailableTransitions, f'{name}/{service}', GetAvailableTransitions.Request()
    )
    return list(response.available_transitions)
