"""The verbs that look topics and services up: `list` and `type`."""

from __future__ import annotations

import argparse
from operator import methodcaller
from typing import Any

import rclpy
from embedded_ros.polling import wait_until
from ros2cli.arguments import NODE_ARGUMENTS, Verbs, argument, flag
from ros2cli.node import direct_node, discovered_node, is_hidden, print_names, types_of


def add_listing(verbs: Verbs, noun: str) -> None:
    """Add the verbs.

    Args:
        verbs: Verbs of the command.
        noun: 'topic' or 'service'.
    """
    look_up: Any = methodcaller(f'get_{noun}_names_and_types')

    @verbs.add(
        'list',
        f'Output a list of available {noun}s',
        *NODE_ARGUMENTS,
        flag('-c', f'--count-{noun}s', dest='count', help='Only display their number'),
        flag(f'--include-hidden-{noun}s', dest='hidden', help='Consider hidden ones as well'),
        flag('-t', '--show-types', help=f'Additionally show the {noun} type'),
    )
    def _list(args: argparse.Namespace) -> None:
        with discovered_node(args) as node:
            found = [each for each in look_up(node) if args.hidden or not is_hidden(each[0])]
        lines = [f'{name} [{", ".join(types)}]' if args.show_types else name
                 for name, types in found]
        print_names(lines, only_count=args.count)

    @verbs.add('type', f'Print the type of a {noun}', *NODE_ARGUMENTS,
               argument('name', help=f'Name of the {noun}'))
    def _type(args: argparse.Namespace) -> int:
        with direct_node(args) as node:
            types = wait_until(
                lambda: types_of(look_up(node), args.name), args.spin_time, rclpy.ok
            )
        print_names(types, only_count=False)
        return 0 if types else 1
