"""`ros2 topic echo`: show the messages of a topic."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import yaml

import rclpy
from rclpy.node import Node
from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy
from rclpy.task import Future
from ros2cli.node import add_node_arguments, direct_node
from ros2cli.qos_arguments import add_qos_arguments, is_qos_given, qos_profile
from ros2cli.topics import message_class, topic_class
from ros2cli.verbs import Verbs, nonnegative_int, positive_float
from rosidl_runtime_py import message_to_csv, message_to_yaml

_TRUNCATE_LENGTH = 128


def add(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verbs.add('echo', 'Output messages from a topic', _main)
    add_node_arguments(parser)
    parser.add_argument('topic_name', help="Name of the ROS topic to listen to (e.g. '/chatter')")
    parser.add_argument(
        'message_type', nargs='?', help="Type of the ROS message (e.g. 'std_msgs/msg/String')"
    )
    add_qos_arguments(parser, 'subscribe', 'sensor_data')
    _add_format_arguments(parser)
    parser.add_argument('--raw', action='store_true', help='Echo the raw binary representation')
    parser.add_argument(
        '--filter',
        dest='filter_expr',
        help='Python expression to filter messages that are printed. Expression can use Python '
        'builtins as well as m (the message).',
    )
    parser.add_argument(
        '--once', action='store_true', help='Print the first message received and then exit.'
    )
    parser.add_argument(
        '--timeout', metavar='N', type=positive_float, help='Set a timeout in seconds for waiting'
    )
    parser.add_argument(
        '-i',
        '--include-message-info',
        action='store_true',
        help='Shows the associated message info.',
    )
    parser.add_argument(
        '-c', '--clear', action='store_true', help='Clear screen before printing next message'
    )
    parser.add_argument('-n', '--node-name', help='The name of the echoing node; hidden by default')
    parser.add_argument(
        '--no-lost-messages',
        action='store_true',
        help='Accepted for compatibility; lost messages are not reported',
    )


def _add_format_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--csv',
        action='store_true',
        help='Output all recursive fields separated by commas (e.g. for plotting)',
    )
    parser.add_argument(
        '--field',
        help="Echo a selected field of a message. Use '.' to select sub-fields. For example: "
        "'ros2 topic echo /odom --field pose.pose.position'",
    )
    parser.add_argument(
        '-f',
        '--full-length',
        action='store_true',
        help='Output all elements of arrays, bytes, and strings, however long they are',
    )
    parser.add_argument(
        '-l',
        '--truncate-length',
        type=nonnegative_int,
        default=_TRUNCATE_LENGTH,
        help='The length to truncate arrays, bytes, and strings to (default: %(default)s)',
    )
    parser.add_argument(
        '--no-arr', action='store_true', help="Don't print array fields of messages"
    )
    parser.add_argument(
        '--no-str', action='store_true', help="Don't print string fields of messages"
    )
    parser.add_argument(
        '--flow-style',
        action='store_true',
        help='Print collections in the flow style (not available with csv format)',
    )


class _Printer:
    """Prints the messages that a command line asks for."""

    def __init__(self, args: argparse.Namespace, done: Future) -> None:
        self._args = args
        self._done = done
        self._fields = [] if args.field is None else [f for f in args.field.split('.') if f]
        if args.field is not None and not self._fields:
            raise RuntimeError(f"Invalid field value '{args.field}'")
        self._accepts = expression(args.filter_expr)
        style: dict[str, Any] = {
            'truncate_length': None if args.full_length else args.truncate_length,
            'no_arr': args.no_arr,
            'no_str': args.no_str,
        }
        self._csv = style
        self._yaml = style | {'flow_style': args.flow_style}

    def on_message(self, message: Any, info: Any) -> None:
        value = self._select(message)
        if self._done.done() or not self._accepts(value):
            return
        if self._args.once:
            self._done.set_result(True)
        if self._args.clear:
            print('\x1b[H\x1b[2J', end='')
        self._print(value, info)

    def _select(self, message: Any) -> Any:
        for field in self._fields:
            try:
                message = getattr(message, field)
            except AttributeError as error:
                raise RuntimeError(f"Invalid field '{'.'.join(self._fields)}': {error}") from error
        return message

    def _print(self, value: Any, info: Any) -> None:
        with_info = self._args.include_message_info
        if not hasattr(value, 'get_fields_and_field_types'):
            if with_info:
                print(f'---Got new message, message info:---\n{info}\n---Message data:---')
            print(value, end='\n---\n')
        elif self._args.csv:
            line = message_to_csv(value, **self._csv)
            prefix = ','.join(str(item) for item in info.values()) + ',' if with_info else ''
            print(f'{prefix}{line}')
        else:
            if with_info:
                print(yaml.dump(info), end='---\n')
            print(message_to_yaml(value, **self._yaml), end='---\n')


def expression(text: str | None) -> Callable[[Any], Any]:
    """Function of a message `m`, from a Python expression; always true without one."""
    if not text:
        return lambda m: True
    code = compile(text, '--filter', 'eval')
    return lambda m: eval(code, {'m': m})


def _main(args: argparse.Namespace) -> None:
    done = Future()
    printer = _Printer(args, done)
    with direct_node(args, args.node_name) as node:
        if args.message_type is None:
            message_type = topic_class(node, args.topic_name, args.spin_time)
        else:
            message_type = message_class(args.message_type)
        if message_type is None:
            print(f'WARNING: topic [{args.topic_name}] does not appear to be published yet')
            raise RuntimeError('Could not determine the type for the passed topic')
        node.create_subscription(
            message_type,
            args.topic_name,
            printer.on_message,
            _choose_qos(node, args),
            raw=args.raw,
        )
        rclpy.spin_until_future_complete(node, done, timeout_sec=args.timeout)


def _choose_qos(node: Node, args: argparse.Namespace) -> QoSProfile:
    """The profile asked for, else one that every publisher matches."""
    profile = qos_profile(args)
    publishers = node.get_publishers_info_by_topic(args.topic_name)
    if is_qos_given(args) or not publishers:
        return profile
    profile.reliability = _common(
        [info.qos_profile.reliability for info in publishers],
        QoSReliabilityPolicy.RELIABLE,
        QoSReliabilityPolicy.BEST_EFFORT,
    )
    profile.durability = _common(
        [info.qos_profile.durability for info in publishers],
        QoSDurabilityPolicy.TRANSIENT_LOCAL,
        QoSDurabilityPolicy.VOLATILE,
    )
    return profile


def _common(offered: list[Any], strong: Any, weak: Any) -> Any:
    """The strong policy if all offer it, else the weak one, which matches all."""
    count = offered.count(strong)
    if count == len(offered):
        return strong
    if count:
        print(
            f'Some, but not all, publishers are offering {strong}. Falling back to {weak} as it '
            'will connect to all publishers'
        )
    return weak
