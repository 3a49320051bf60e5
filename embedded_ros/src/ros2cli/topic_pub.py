"""`ros2 topic pub`: publish to a topic."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import yaml

import rclpy
from rclpy.node import Node
from rclpy.publisher import Publisher
from ros2cli.node import add_node_arguments, direct_node
from ros2cli.qos_arguments import add_qos_arguments, qos_profile
from ros2cli.topics import message_class
from ros2cli.verbs import Verbs, nonnegative_int, positive_float
from rosidl_runtime_py import set_message_fields

_POLL_PERIOD = 0.1  # [s]


def add(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verbs.add('pub', 'Publish a message to a topic', _main)
    parser.add_argument('topic_name', help="Name of the ROS topic to publish to (e.g. '/chatter')")
    parser.add_argument('message_type', help="Type of the ROS message (e.g. 'std_msgs/msg/String')")
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        'values',
        nargs='?',
        default='{}',
        help="Values to fill the message with in YAML format (e.g. 'data: Hello World'), "
        'otherwise the message will be published with default values',
    )
    source.add_argument('--stdin', action='store_true', help='Read values from standard input')
    _add_rate_arguments(parser)
    parser.add_argument(
        '--keep-alive',
        metavar='N',
        type=positive_float,
        default=0.1,
        help='Keep publishing node alive for N seconds after the last msg (default: 0.1)',
    )
    parser.add_argument('-n', '--node-name', help='Name of the created publishing node')
    add_qos_arguments(parser, 'publish', 'default')
    add_node_arguments(parser)


def _add_rate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '-r',
        '--rate',
        metavar='N',
        type=positive_float,
        default=1.0,
        help='Publishing rate in Hz (default: 1)',
    )
    parser.add_argument(
        '-p',
        '--print',
        metavar='N',
        type=nonnegative_int,
        default=1,
        help='Only print every N-th published message (default: 1)',
    )
    count = parser.add_mutually_exclusive_group()
    count.add_argument('-1', '--once', action='store_true', help='Publish one message and exit')
    count.add_argument(
        '-t',
        '--times',
        type=nonnegative_int,
        default=0,
        help='Publish this number of times and then exit',
    )
    parser.add_argument(
        '-w',
        '--wait-matching-subscriptions',
        type=nonnegative_int,
        help='Wait until finding the specified number of matching subscriptions. Defaults to 1 '
        'when using "-1"/"--once"/"--times", otherwise defaults to 0.',
    )
    parser.add_argument(
        '--max-wait-time-secs',
        type=positive_float,
        help='Wait for matching subscriptions no longer than this; by default endlessly',
    )


def _main(args: argparse.Namespace) -> str | None:
    times = 1 if args.once else args.times
    wanted = args.wait_matching_subscriptions
    if wanted is None:
        wanted = int(times != 0)
    if wanted == 0 and args.max_wait_time_secs is not None:
        return (
            '--max-wait-time-secs option is only effective with --wait-matching-subscriptions, '
            '--once or --times'
        )
    values = _values(sys.stdin.read() if args.stdin else args.values)
    message = message_class(args.message_type)()
    try:
        stamps = set_message_fields(message, values, expand_header_auto=True, expand_time_now=True)
    except (AssertionError, AttributeError, TypeError, ValueError) as error:
        return f'Failed to populate field: {error}'
    with direct_node(args, args.node_name) as node:
        publisher = node.create_publisher(type(message), args.topic_name, qos_profile(args))
        _wait_for_subscriptions(publisher, wanted, args.max_wait_time_secs)
        print('publisher: beginning loop')
        _publish(node, publisher, message, stamps, args, times)
        time.sleep(args.keep_alive)
    return None


def _values(text: str) -> dict[str, Any]:
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RuntimeError(f'The passed value is not valid YAML: {error}') from error
    if not isinstance(values, dict):
        raise RuntimeError('The passed value needs to be a dictionary in YAML format')
    return values


def _wait_for_subscriptions(publisher: Publisher, wanted: int, longest: float | None) -> None:
    start = time.monotonic()
    reported: float | None = None
    while rclpy.ok() and publisher.get_subscription_count() < wanted:
        waited = time.monotonic() - start
        if longest is not None and waited >= longest:
            raise RuntimeError(
                f'Timed out waiting for subscribers: Expected {wanted} subscribers but only got '
                f'{publisher.get_subscription_count()} subscribers'
            )
        if reported is None or waited - reported >= 1.0:
            print(f'Waiting for at least {wanted} matching subscription(s)...')
            reported = waited
        time.sleep(_POLL_PERIOD)


def _publish(
    node: Node,
    publisher: Publisher,
    message: Any,
    stamps: list[Any],
    args: argparse.Namespace,
    times: int,
) -> None:
    count = 0

    def publish() -> None:
        nonlocal count
        now = node.get_clock().now().to_msg()
        for set_stamp in stamps:
            set_stamp(now)
        count += 1
        if args.print and count % args.print == 0:
            print(f'publishing #{count}: {message!r}\n')
        publisher.publish(message)

    publish()
    if times == 1:
        return
    node.create_timer(1.0 / args.rate, publish)
    while rclpy.ok() and (times == 0 or count < times):
        rclpy.spin_once(node)
