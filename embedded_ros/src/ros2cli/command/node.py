"""`ros2 node`: look at nodes."""

from __future__ import annotations

import argparse
import sys

from ros2cli.arguments import NODE_ARGUMENTS, Verbs, argument, flag
from ros2cli.node import absolute_name, discovered_node, is_hidden, node_names, print_names

verbs = Verbs()
add_arguments = verbs.add_arguments
LISTING = (
    *NODE_ARGUMENTS,
    flag('-a', '--all', help='Display all nodes even hidden ones'),
    flag('-c', '--count-nodes', help='Only display the number of nodes discovered'),
)


@verbs.add('list', 'Output a list of available nodes', *LISTING)
def _list(args: argparse.Namespace) -> None:
    with discovered_node(args) as node:
        names = node_names(node, include_hidden=args.all)
    if len(set(names)) < len(names) and not args.count_nodes:
        print(
            'WARNING: Be aware that there are nodes in the graph that share an exact name, which '
            'can have unintended side effects.',
            file=sys.stderr,
        )
    print_names(names, only_count=args.count_nodes)


@verbs.add('info', 'Output information about a node', *NODE_ARGUMENTS,
           argument('node_name', help='Node name to request information'),
           flag('--include-hidden', help='Display hidden topics, services, and actions as well'))
def _info(args: argparse.Namespace) -> str | None:
    full_name = absolute_name(args.node_name)
    namespace, _, name = full_name.rpartition('/')
    with discovered_node(args) as node:
        count = node_names(node, include_hidden=True).count(full_name)
        if count == 0:
            return f"Unable to find node '{args.node_name}'"
        if count > 1:
            print(
                f'There are {count} nodes in the graph with the exact name "{full_name}". '
                'You are seeing information about only one of them.',
                file=sys.stderr,
            )
        print(full_name)
        for title, look_up in (
            ('Subscribers', node.get_subscriber_names_and_types_by_node),
            ('Publishers', node.get_publisher_names_and_types_by_node),
            ('Service Servers', node.get_service_names_and_types_by_node),
            ('Service Clients', node.get_client_names_and_types_by_node),
        ):
            lines = [
                f'    {topic}: {", ".join(types)}'
                for topic, types in look_up(name, namespace or '/')
                if args.include_hidden or not is_hidden(topic)
            ]
            print(f'  {title}:', *(lines or ['']), sep='\n')
        print('  Action Servers:\n\n  Action Clients:\n')
    return None
