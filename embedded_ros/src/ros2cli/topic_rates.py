"""`ros2 topic hz`, `bw` and `delay`: statistics of the messages of topics."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any

import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from rclpy.time import Time
from ros2cli.node import add_node_arguments, direct_node
from ros2cli.statistics import Bandwidth, Rate, Summary, Window
from ros2cli.topic_echo import expression
from ros2cli.topics import topic_class_when_published
from ros2cli.verbs import Verbs, positive_int

_REPORT_PERIOD = 1.0  # [s]
_UNITS = ((1e6, 2, 'MB'), (1e3, 2, 'KB'), (1.0, 0, 'B'))
_COLUMNS = ('topic', 'rate', 'min_delta', 'max_delta', 'std_dev', 'window')


def add_rate(verbs: Verbs) -> None:
    """Add the verb `hz`."""
    parser = verbs.add('hz', 'Print the average publishing rate to screen', _rate)
    parser.add_argument(
        'topic_name', nargs='+', help="Names of the ROS topic to listen to (e.g. '/chatter')"
    )
    _add_window(parser, 10000)
    parser.add_argument(
        '--filter',
        dest='filter_expr',
        metavar='EXPR',
        help='only measure messages matching the specified Python expression',
    )
    parser.add_argument(
        '--wall-time',
        dest='use_wtime',
        action='store_true',
        help='calculates rate using wall time which can be helpful when clock is not published '
        'during simulation',
    )
    add_node_arguments(parser)


def add_bandwidth(verbs: Verbs) -> None:
    """Add the verb `bw`."""
    parser = verbs.add('bw', 'Display bandwidth used by topic', _bandwidth)
    parser.add_argument('topic', help='Topic name to monitor for bandwidth utilization')
    _add_window(parser, 100)
    add_node_arguments(parser)


def add_delay(verbs: Verbs) -> None:
    """Add the verb `delay`."""
    parser = verbs.add('delay', 'Display delay of topic from timestamp in header', _delay)
    parser.add_argument('topic', help='Topic name to calculate the delay for')
    _add_window(parser, 10000)
    add_node_arguments(parser)


def _add_window(parser: argparse.ArgumentParser, default: int) -> None:
    parser.add_argument(
        '-w',
        '--window',
        type=positive_int,
        default=default,
        metavar='WINDOW',
        help='window size, in # of messages, for calculating rate (default: %(default)s)',
    )


def _rate(args: argparse.Namespace) -> None:
    accepts = expression(args.filter_expr)
    with direct_node(args) as node:
        clock = Clock(clock_type=ClockType.SYSTEM_TIME) if args.use_wtime else node.get_clock()
        rates = {topic: Rate(args.window) for topic in args.topic_name}

        def on_message(rate: Rate, message: Any) -> None:
            if accepts(message):
                rate.add(clock.now().nanoseconds)

        for topic, rate in rates.items():
            _subscribe(node, topic, args, partial(on_message, rate))
            if len(rates) > 1:
                print(f'Subscribed to [{topic}]')
        _report(node, lambda: _print_rates(rates))


def _print_rates(rates: dict[str, Rate]) -> None:
    news = {topic: rate.news() for topic, rate in rates.items()}
    rows = [_rate_row(topic, summary) for topic, summary in news.items() if summary is not None]
    if not rows:
        return
    if len(rates) > 1:
        print(table(_COLUMNS, rows))
        return
    _, hz, least, greatest, std_dev, count = rows[0]
    print(
        f'average rate: {hz}\n\tmin: {least}s max: {greatest}s std dev: {std_dev}s window: {count}'
    )


def _rate_row(topic: str, summary: Summary) -> tuple[str, ...]:
    hz = 1e9 / summary.mean if summary.mean > 0 else 0.0
    return (
        topic,
        f'{hz:.3f}',
        f'{summary.least * 1e-9:.3f}',
        f'{summary.greatest * 1e-9:.3f}',
        f'{summary.std_dev * 1e-9:.5f}',
        str(summary.number),
    )


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Text table with columns that are as wide as they need to be."""
    widths = [max(len(cell) for cell in column) for column in zip(header, *rows, strict=True)]
    titles = '   '.join(cell.center(width) for cell, width in zip(header, widths, strict=True))
    body = (
        '   '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    rule = '=' * (sum(widths) + 3 * (len(widths) - 1))
    return '\n'.join([titles, rule, *body, ''])


def _bandwidth(args: argparse.Namespace) -> None:
    with direct_node(args) as node:
        clock = node.get_clock()
        bandwidth = Bandwidth(args.window)

        def report() -> None:
            result = bandwidth.per_second(clock.now().nanoseconds)
            if result is None:
                return
            per_second, sizes = result
            text = partial(byte_text, scale=per_second)
            print(
                f'{text(per_second)}/s from {sizes.number} messages\n\tMessage size mean: '
                f'{text(sizes.mean)} min: {text(sizes.least)} max: {text(sizes.greatest)}'
            )

        _subscribe(
            node,
            args.topic,
            args,
            lambda data: bandwidth.add(clock.now().nanoseconds, len(data)),
            raw=True,
        )
        print(f'Subscribed to [{args.topic}]')
        _report(node, report)


def byte_text(count: float, scale: float) -> str:
    """Number of bytes, in the unit that fits another number of bytes."""
    factor, digits, unit = next((u for u in _UNITS if scale >= u[0]), _UNITS[-1])
    return f'{count / factor:.{digits}f} {unit}'


def _delay(args: argparse.Namespace) -> None:
    with direct_node(args) as node:
        clock = node.get_clock()
        delays = Window(args.window)

        def on_message(message: Any) -> None:
            if not hasattr(message, 'header'):
                raise RuntimeError('msg does not have header')
            delays.add((clock.now() - Time.from_msg(message.header.stamp)).nanoseconds)

        def report() -> None:
            summary = delays.news()
            if summary is not None:
                mean, least, greatest, std_dev = (value * 1e-9 for value in summary[:4])
                print(
                    f'average delay: {mean:.3f}\n\tmin: {least:.3f}s max: {greatest:.3f}s '
                    f'std dev: {std_dev:.5f}s window: {summary.number}'
                )
            elif delays:
                print('no new messages')

        _subscribe(node, args.topic, args, on_message)
        _report(node, report)


def _subscribe(
    node: Node,
    topic: str,
    args: argparse.Namespace,
    callback: Callable[[Any], None],
    raw: bool = False,
) -> None:
    """Subscribe to a topic once it exists."""
    message_type = topic_class_when_published(node, topic, args)
    if message_type is not None:
        node.create_subscription(message_type, topic, callback, qos_profile_sensor_data, raw=raw)


def _report(node: Node, report: Callable[[], None]) -> None:
    """Report every second of wall time until shutdown."""
    node.create_timer(_REPORT_PERIOD, report, clock=Clock(clock_type=ClockType.STEADY_TIME))
    if rclpy.ok():
        rclpy.spin(node)
