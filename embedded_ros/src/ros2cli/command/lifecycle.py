"""`ros2 lifecycle`: look at managed nodes and make them change their state."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from lifecycle_msgs.srv import ChangeState, GetAvailableTransitions, GetState

from rclpy.node import Node
from ros2cli.arguments import HIDDEN_NODES, NODE_ARGUMENTS, Verbs, argument, flag
from ros2cli.command.node import LISTING
from ros2cli.node import (
    call,
    discovered_node,
    for_named_node,
    named_node,
    node_names,
    print_names,
    types_of,
)

_NAME = argument('node_name', help='Name of the ROS node')

verbs = Verbs()
add_arguments = verbs.add_arguments


def _managed_nodes(node: Node, *, include_hidden: bool) -> list[str]:
    services = node.get_service_names_and_types()
    names = set(node_names(node, include_hidden=include_hidden))
    return sorted(
        name
        for name in names
        if 'lifecycle_msgs/srv/GetState' in types_of(services, f'{name}/get_state')
    )


@verbs.add('nodes', 'Output a list of nodes with lifecycle', *LISTING)
def _nodes(args: argparse.Namespace) -> None:
    with discovered_node(args) as node:
        names = _managed_nodes(node, include_hidden=args.all)
    print_names(names, only_count=args.count_nodes)


@verbs.add('get', 'Get lifecycle state for one or more nodes', *NODE_ARGUMENTS,
           argument('node_name', nargs='?', help='Name of the ROS node; by default all nodes'),
           HIDDEN_NODES)
def _get(args: argparse.Namespace) -> None:
    def show(node: Node, name: str) -> None:
        state = call(node, GetState, f'{name}/get_state').current_state
        print(f'{"" if args.node_name else f"{name}: "}{state.label} [{state.id}]')

    for_named_node(args, show, _managed_nodes)


def _transitions(node: Node, name: str, service: str) -> list[Any]:
    return list(call(node, GetAvailableTransitions, f'{name}/{service}').available_transitions)


@verbs.add('list', 'Output a list of available transitions', *NODE_ARGUMENTS, _NAME, HIDDEN_NODES,
           flag('-a', '--all', help='Display all existing transitions'))
def _list(args: argparse.Namespace) -> None:
    service = 'get_transition_graph' if args.all else 'get_available_transitions'
    with named_node(args, _managed_nodes) as (node, name):
        for each in _transitions(node, name, service):
            print(
                f'- {each.transition.label} [{each.transition.id}]\n'
                f'\tStart: {each.start_state.label}\n\tGoal: {each.goal_state.label}'
            )


@verbs.add('set', 'Trigger lifecycle state transition', *NODE_ARGUMENTS, _NAME, HIDDEN_NODES,
           argument('transition', help='Label or number of the lifecycle transition'))
def _set(args: argparse.Namespace) -> str | None:
    with named_node(args, _managed_nodes) as (node, name):
        found = [each.transition for each in _transitions(node, name, 'get_available_transitions')]
        chosen = next((t for t in found if args.transition in (t.label, str(t.id))), None)
        if chosen is None:
            choices = ''.join(f'\n- {t.label} [{t.id}]' for t in found)
            return f'Unknown transition requested, available ones are:{choices}'
        success = call(node, ChangeState, f'{name}/change_state', transition=chosen).success
    if success:
        print('Transitioning successful')
    else:
        print('Transitioning failed', file=sys.stderr)
    return None
