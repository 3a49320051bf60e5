"""`ros2 topic`: look at topics, listen to them and publish."""

from __future__ import annotations

import argparse

from ros2cli import topic_echo, topic_hz, topic_pub
from ros2cli.arguments import NODE_ARGUMENTS, Verbs, argument, flag
from ros2cli.listing import add_listing
from ros2cli.node import discovered_node, types_of

verbs = Verbs('bw', 'delay', 'find')
add_arguments = verbs.add_arguments
add_listing(verbs, 'topic')
verbs.add('echo', 'Output messages from a topic', *topic_echo.ARGUMENTS)(topic_echo.main)
verbs.add('hz', 'Print the average publishing rate to screen', *topic_hz.ARGUMENTS)(topic_hz.main)
verbs.add('pub', 'Publish a message to a topic', *topic_pub.ARGUMENTS)(topic_pub.main)


@verbs.add('info', 'Print information about a topic', *NODE_ARGUMENTS,
           argument('topic_name', help="Name of the ROS topic to get info (e.g. '/chatter')"),
           flag('-v', '--verbose', help='Also tells nodes, type hashes, GIDs and QoS profiles'))
def _info(args: argparse.Namespace) -> str | None:
    topic = args.topic_name
    with discovered_node(args) as node:
        types = types_of(node.get_topic_names_and_types(), topic)
        if not types:
            return f"Unknown topic '{topic}'"
        end = '\n\n' if args.verbose else '\n'
        print(f'Type: {types[0] if len(types) == 1 else types}', end=end)
        for title, count_of, information_of in (
            ('Publisher', node.count_publishers, node.get_publishers_info_by_topic),
            ('Subscription', node.count_subscribers, node.get_subscriptions_info_by_topic),
        ):
            print(f'{title} count: {count_of(topic)}', end=end)
            if args.verbose:
                for endpoint in information_of(topic):
                    print(endpoint, end=end)
    return None
