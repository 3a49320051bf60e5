"""`ros2 topic pub`: publish to a topic."""

from __future__ import annotations

import argparse
import time

import rclpy
from embedded_ros.polling import wait_until
from rclpy.publisher import Publisher
from ros2cli.arguments import NODE_ARGUMENTS, argument, flag, nonnegative_int, positive_float
from ros2cli.node import direct_node, interface_class
from ros2cli.qos import chosen_profile, qos_arguments
from ros2cli.values import VALUES, fill

_REPORT_PERIOD = 1.0  # [s]

ARGUMENTS = (
    argument('topic_name', help="Name of the ROS topic to publish to (e.g. '/chatter')"),
    argument('message_type', help="Type of the ROS message (e.g. 'std_msgs/msg/String')"),
    VALUES,
    argument('-r', '--rate', metavar='N', type=positive_float, default=1.0, help='Rate in Hz'),
    argument('-p', '--print', metavar='N', type=nonnegative_int, default=1,
             help='Only print every N-th published message (default: 1)'),
    [
        flag('-1', '--once', help='Publish one message and exit'),
        argument('-t', '--times', type=nonnegative_int, default=0, help='Publish so many times'),
    ],
    argument('-w', '--wait-matching-subscriptions', type=nonnegative_int,
             help='Wait for this number of subscriptions (default: 1 with -1 and -t, else 0)'),
    argument('--max-wait-time-secs', type=positive_float, help='Longest time to wait'),
    argument('--keep-alive', metavar='N', type=positive_float, default=0.1,
             help='Keep publishing node alive for N seconds after the last msg (default: 0.1)'),
    argument('-n', '--node-name', help='Name of the created publishing node'),
    *qos_arguments('default'),
    *NODE_ARGUMENTS,
)


def main(args: argparse.Namespace) -> str | None:
    """Run the verb."""
    times = 1 if args.once else args.times
    wanted = args.wait_matching_subscriptions
    if wanted is None:
        wanted = int(times != 0)
    if wanted == 0 and args.max_wait_time_secs is not None:
        return (
            '--max-wait-time-secs option is only effective with --wait-matching-subscriptions, '
            '--once or --times'
        )
    message = interface_class('message', args.message_type)()
    stamps = fill(message, args, stamps=True)
    count = 0
    with direct_node(args, args.node_name) as node:
        publisher = node.create_publisher(type(message), args.topic_name, chosen_profile(args))
        _wait_for_subscriptions(publisher, wanted, args.max_wait_time_secs or float('inf'))
        print('publisher: beginning loop')

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
        node.create_timer(1.0 / args.rate, publish)
        while rclpy.ok() and (times == 0 or count < times):
            rclpy.spin_once(node)
        time.sleep(args.keep_alive)
    return None


def _wait_for_subscriptions(publisher: Publisher, wanted: int, longest: float) -> None:
    deadline = time.monotonic() + longest
    while rclpy.ok() and publisher.get_subscription_count() < wanted:
        left = deadline - time.monotonic()
        if left <= 0:
            raise RuntimeError(
                f'Timed out waiting for subscribers: Expected {wanted} subscribers but only got '
                f'{publisher.get_subscription_count()} subscribers'
            )
        print(f'Waiting for at least {wanted} matching subscription(s)...')
        wait_until(
            lambda: publisher.get_subscription_count() >= wanted,
            min(left, _REPORT_PERIOD),
            rclpy.ok,
        )
