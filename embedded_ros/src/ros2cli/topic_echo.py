"""`ros2 topic echo`: show the messages of a topic."""

from __future__ import annotations

import argparse
from typing import Any

import rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.task import Future
from ros2cli.arguments import (
    NODE_ARGUMENTS,
    argument,
    flag,
    ignored,
    nonnegative_int,
    positive_float,
)
from ros2cli.node import direct_node, interface_class, topic_class
from ros2cli.qos import chosen_profile, is_profile_chosen, match_all, qos_arguments
from rosidl_runtime_py import message_to_csv, message_to_yaml

ARGUMENTS = (
    *NODE_ARGUMENTS,
    argument('topic_name', help="Name of the ROS topic to listen to (e.g. '/chatter')"),
    argument('message_type', nargs='?', help="Type of the message (e.g. 'std_msgs/msg/String')"),
    *qos_arguments('sensor_data'),
    flag('--csv', help='Output all recursive fields separated by commas (e.g. for plotting)'),
    argument('--field', help="Echo a selected (sub-)field (e.g. 'pose.pose.position')"),
    flag('-f', '--full-length', help='Output all of arrays, bytes, and strings'),
    argument('-l', '--truncate-length', type=nonnegative_int, default=128,
             help='The length to truncate arrays, bytes, and strings to (default: %(default)s)'),
    flag('--no-arr', help="Don't print array fields of messages"),
    flag('--no-str', help="Don't print string fields of messages"),
    flag('--once', help='Print the first message received and then exit.'),
    argument('--timeout', metavar='N', type=positive_float, help='Wait for N seconds at most'),
    ignored('--no-lost-messages'),
)


def main(args: argparse.Namespace) -> None:
    """Run the verb."""
    done = Future()
    printer = _Printer(args, done)
    with direct_node(args) as node:
        if args.message_type is None:
            message_type = topic_class(node, args.topic_name, args.spin_time)
        else:
            message_type = interface_class('message', args.message_type)
        if message_type is None:
            raise RuntimeError('Could not determine the type for the passed topic')
        profile = _profile(node, args)
        node.create_subscription(message_type, args.topic_name, printer.on_message, profile)
        rclpy.spin_until_future_complete(node, done, timeout_sec=args.timeout)


class _Printer:
    """Prints the messages that a command line asks for."""

    def __init__(self, args: argparse.Namespace, done: Future) -> None:
        self._args = args
        self._done = done
        self._fields = list(filter(None, (args.field or '').split('.')))
        if args.field is not None and not self._fields:
            raise RuntimeError(f"Invalid field value '{args.field}'")
        length = None if args.full_length else args.truncate_length
        self._style: dict[str, Any] = {
            'truncate_length': length, 'no_arr': args.no_arr, 'no_str': args.no_str,
        }

    def on_message(self, message: Any) -> None:
        for field in self._fields:
            try:
                message = getattr(message, field)
            except AttributeError as error:
                raise RuntimeError(f"Invalid field '{self._args.field}': {error}") from error
        if self._done.done():
            return
        if self._args.once:
            self._done.set_result(True)
        if not hasattr(message, 'get_fields_and_field_types'):
            print(message, end='\n---\n')
        elif self._args.csv:
            print(message_to_csv(message, **self._style))
        else:
            print(message_to_yaml(message, **self._style), end='---\n')


def _profile(node: Node, args: argparse.Namespace) -> QoSProfile:
    """The profile asked for, else one that every publisher matches."""
    profile = chosen_profile(args)
    offers = [each.qos_profile for each in node.get_publishers_info_by_topic(args.topic_name)]
    if is_profile_chosen(args) or not offers:
        return profile
    for text in match_all(profile, offers):
        print(text)
    return profile
