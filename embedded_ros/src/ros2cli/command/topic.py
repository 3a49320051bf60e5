"""`ros2 topic`: look at topics, listen to them and publish."""

from __future__ import annotations

import argparse

from ros2cli import topic_echo, topic_pub, topic_rates
from ros2cli.node import (
    add_node_arguments,
    direct_node,
    discovered_node,
    types_of,
    visible,
    wait_until,
)
from ros2cli.verbs import Verbs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = Verbs(parser)
    topic_rates.add_bandwidth(verbs)
    topic_rates.add_delay(verbs)
    topic_echo.add(verbs)
    _add_find(verbs)
    topic_rates.add_rate(verbs)
    _add_info(verbs)
    _add_list(verbs)
    topic_pub.add(verbs)
    _add_type(verbs)


def _add_list(verbs: Verbs) -> None:
    parser = verbs.add('list', 'Output a list of available topics', _list)
    add_node_arguments(parser)
    parser.add_argument(
        '-t', '--show-types', action='store_true', help='Additionally show the topic type'
    )
    _add_listing_arguments(parser)
    parser.add_argument(
        '-v', '--verbose', action='store_true', help='List full details about each topic'
    )


def _add_listing_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '-c',
        '--count-topics',
        action='store_true',
        help='Only display the number of topics discovered',
    )
    parser.add_argument(
        '--include-hidden-topics', action='store_true', help='Consider hidden topics as well'
    )


def _list(args: argparse.Namespace) -> None:
    with discovered_node(args) as node:
        topics = visible(
            node.get_topic_names_and_types(), include_hidden=args.include_hidden_topics
        )
        if args.count_topics:
            print(len(topics))
            return
        if args.verbose:
            published = [(t, types, node.count_publishers(t)) for t, types in topics]
            subscribed = [(t, types, node.count_subscribers(t)) for t, types in topics]
            print(_counted('Published', 'publisher', published))
            print(_counted('Subscribed', 'subscriber', subscribed))
            return
    for name, types in topics:
        print(f'{name} [{", ".join(types)}]' if args.show_types else name)


def _counted(title: str, noun: str, topics: list[tuple[str, list[str], int]]) -> str:
    lines = [f'{title} topics:\n']
    for name, types, count in topics:
        if count:
            plural = 's' if count > 1 else ''
            lines.append(f' * {name} [{", ".join(types)}] {count} {noun}{plural}\n')
    return ''.join(lines)


def _add_info(verbs: Verbs) -> None:
    parser = verbs.add('info', 'Print information about a topic', _info)
    add_node_arguments(parser)
    parser.add_argument('topic_name', help="Name of the ROS topic to get info (e.g. '/chatter')")
    parser.add_argument(
        '-v',
        '--verbose',
        action='store_true',
        help='Prints detailed information like the node name, node namespace, topic type, topic '
        'type hash, GUID, and QoS Profile of the publishers and subscribers to this topic',
    )


def _info(args: argparse.Namespace) -> str | None:
    with discovered_node(args) as node:
        topic = args.topic_name
        types = types_of(node.get_topic_names_and_types(), topic)
        if not types:
            return f"Unknown topic '{topic}'"
        end = '\n\n' if args.verbose else '\n'
        print(f'Type: {types[0] if len(types) == 1 else types}', end=end)
        print(f'Publisher count: {node.count_publishers(topic)}', end=end)
        if args.verbose:
            for endpoint in node.get_publishers_info_by_topic(topic):
                print(endpoint, end=end)
        print(f'Subscription count: {node.count_subscribers(topic)}', end=end)
        if args.verbose:
            for endpoint in node.get_subscriptions_info_by_topic(topic):
                print(endpoint, end=end)
    return None


def _add_type(verbs: Verbs) -> None:
    parser = verbs.add('type', "Print a topic's type", _type)
    add_node_arguments(parser)
    parser.add_argument('topic_name', help="Name of the ROS topic to get type (e.g. '/chatter')")


def _type(args: argparse.Namespace) -> int:
    with direct_node(args) as node:
        wait_until(
            lambda: bool(types_of(node.get_topic_names_and_types(), args.topic_name)),
            args.spin_time,
        )
        types = types_of(node.get_topic_names_and_types(), args.topic_name)
    for name in types:
        print(name)
    return 0 if types else 1


def _add_find(verbs: Verbs) -> None:
    parser = verbs.add('find', 'Output a list of available topics of a given type', _find)
    add_node_arguments(parser)
    parser.add_argument(
        'topic_type', help="Name of the ROS topic type to filter for (e.g. 'std_msgs/msg/String')"
    )
    _add_listing_arguments(parser)


def _find(args: argparse.Namespace) -> None:
    with discovered_node(args) as node:
        topics = visible(
            node.get_topic_names_and_types(), include_hidden=args.include_hidden_topics
        )
    names = [name for name, types in topics if args.topic_type in types]
    if args.count_topics:
        print(len(names))
    else:
        for name in names:
            print(name)
