"""`ros2 node`: look at nodes."""

from __future__ import annotations

import argparse
import sys

from ros2cli.node import (
    absolute_name,
    add_node_arguments,
    discovered_node,
    node_names,
    parse_node_name,
    visible,
)
from ros2cli.verbs import Verbs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = Verbs(parser)
    info = verbs.add('info', 'Output information about a node', _info)
    add_node_arguments(info)
    info.add_argument('node_name', help='Fully qualified node name to request information')
    info.add_argument(
        '--include-hidden',
        action='store_true',
        help='Display hidden topics, services, and actions as well',
    )
    listing = verbs.add('list', 'Output a list of available nodes', _list)
    add_node_arguments(listing)
    listing.add_argument(
        '-a', '--all', action='store_true', help='Display all nodes even hidden ones'
    )
    listing.add_argument(
        '-c',
        '--count-nodes',
        action='store_true',
        help='Only display the number of nodes discovered',
    )


def _list(args: argparse.Namespace) -> None:
    with discovered_node(args) as node:
        names = sorted(name.full_name for name in node_names(node, include_hidden=args.all))
    if args.count_nodes:
        print(len(names))
        return
    if len(set(names)) < len(names):
        print(
            'WARNING: Be aware that there are nodes in the graph that share an exact name, which '
            'can have unintended side effects.',
            file=sys.stderr,
        )
    for name in names:
        print(name)


def _info(args: argparse.Namespace) -> str | None:
    name = parse_node_name(args.node_name)
    with discovered_node(args) as node:
        names = [n.full_name for n in node_names(node, include_hidden=True)]
        count = names.count(absolute_name(args.node_name))
        if count == 0:
            return f"Unable to find node '{args.node_name}'"
        if count > 1:
            print(
                f'There are {count} nodes in the graph with the exact name "{name.full_name}". '
                'You are seeing information about only one of them.',
                file=sys.stderr,
            )
        print(name.full_name)
        for title, look_up in (
            ('Subscribers', node.get_subscriber_names_and_types_by_node),
            ('Publishers', node.get_publisher_names_and_types_by_node),
            ('Service Servers', node.get_service_names_and_types_by_node),
            ('Service Clients', node.get_client_names_and_types_by_node),
        ):
            print(f'  {title}:')
            found = look_up(name.name, name.namespace)
            for topic, types in visible(found, include_hidden=args.include_hidden):
                print(f'    {topic}: {", ".join(types)}')
    return None
