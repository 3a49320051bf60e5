"""`ros2 topic hz`, `bw` and `delay`: statistics of the messages of a topic."""

from __future__ import annotations

import argparse
from collections import deque
from collections.abc import Callable
from statistics import fmean, pstdev
from typing import Any

import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from rclpy.time import Time
from ros2cli.arguments import Verbs, argument, flag, positive_int
from ros2cli.node import NODE_ARGUMENTS, direct_node
from ros2cli.topic_echo import expression
from ros2cli.topics import topic_class

_REPORT_PERIOD = 1.0  # [s]
_UNITS = ((1e6, 2, 'MB'), (1e3, 2, 'KB'), (0.0, 0, 'B'))
_TOPIC = argument('topic_name', help="Name of the ROS topic to listen to (e.g. '/chatter')")


def add_statistics(verbs: Verbs) -> None:
    """Add the verbs."""
    verbs.add(
        'hz',
        'Print the average publishing rate to screen',
        _TOPIC,
        _window(10000),
        argument('--filter', dest='filter_expr', metavar='EXPR', help='Only count messages m of '
                 'which this Python expression is true'),
        flag('--wall-time', help='Use wall time, even if there is a simulated one'),
        *NODE_ARGUMENTS,
    )(_rate)  # fmt: skip
    verbs.add(
        'bw', 'Display bandwidth used by topic', _TOPIC, _window(100), *NODE_ARGUMENTS
    )(_bandwidth)  # fmt: skip
    verbs.add(
        'delay', 'Display delay of topic from timestamp in header', _TOPIC, _window(10000),
        *NODE_ARGUMENTS,
    )(_delay)  # fmt: skip


def _window(default: int) -> Any:
    text = 'window size, in # of messages, for calculating rate (default: %(default)s)'
    return argument('-w', '--window', type=positive_int, default=default, help=text)


class Intervals:
    """The last intervals between messages [ns]."""

    def __init__(self, size: int) -> None:
        """Make a rate of nothing.

        Args:
            size: Number of intervals to keep.
        """
        self.values: deque[int] = deque(maxlen=size)
        self._last = 0

    def add(self, now_ns: int) -> None:
        """A message arrived; time that goes back starts all over."""
        if now_ns < self._last:
            self.values.clear()
        elif self._last:
            self.values.append(now_ns - self._last)
        self._last = now_ns


def _rate(args: argparse.Namespace) -> None:
    accepts = expression(args.filter_expr)
    intervals = Intervals(args.window)
    with direct_node(args) as node:
        clock = Clock(clock_type=ClockType.SYSTEM_TIME) if args.wall_time else node.get_clock()

        def on_message(message: Any) -> bool:
            if is_counted := accepts(message):
                intervals.add(clock.now().nanoseconds)
            return is_counted

        def report(has_news: bool) -> None:
            if has_news and intervals.values:
                mean = fmean(intervals.values)
                print(f'average rate: {1e9 / mean if mean else 0.0:.3f}')
                print(_spread(intervals.values))

        _listen(node, args, on_message, report)


def _delay(args: argparse.Namespace) -> None:
    delays: deque[int] = deque(maxlen=args.window)
    with direct_node(args) as node:
        clock = node.get_clock()

        def on_message(message: Any) -> bool:
            if not hasattr(message, 'header'):
                raise RuntimeError('msg does not have header')
            delays.append((clock.now() - Time.from_msg(message.header.stamp)).nanoseconds)
            return True

        def report(has_news: bool) -> None:
            if has_news:
                print(f'average delay: {fmean(delays) * 1e-9:.3f}\n{_spread(delays)}')
            elif delays:
                print('no new messages')

        _listen(node, args, on_message, report)


def _spread(values_ns: deque[int]) -> str:
    least, greatest, deviation = min(values_ns), max(values_ns), pstdev(values_ns)
    return (
        f'\tmin: {least * 1e-9:.3f}s max: {greatest * 1e-9:.3f}s std dev: {deviation * 1e-9:.5f}s '
        f'window: {len(values_ns)}'
    )


def _bandwidth(args: argparse.Namespace) -> None:
    messages: deque[tuple[int, int]] = deque(maxlen=args.window)  # time [ns], size [bytes]
    with direct_node(args) as node:
        clock = node.get_clock()

        def on_message(data: bytes) -> bool:
            messages.append((clock.now().nanoseconds, len(data)))
            return True

        def report(has_news: bool) -> None:
            now_ns = clock.now().nanoseconds
            if len(messages) > 1 and now_ns > messages[0][0]:
                print(bandwidth_text([size for _, size in messages], now_ns - messages[0][0]))

        _listen(node, args, on_message, report, raw=True)


def bandwidth_text(sizes: list[int], duration_ns: int) -> str:
    """Bytes per second and sizes of messages, all in the unit that fits the former.

    Args:
        sizes: Sizes of the messages [bytes].
        duration_ns: Time since the first one [ns].
    """
    per_second = sum(sizes) / (duration_ns * 1e-9)
    factor, digits, unit = next(each for each in _UNITS if per_second >= each[0])
    total, mean, least, greatest = (
        f'{value / (factor or 1.0):.{digits}f} {unit}'
        for value in (per_second, fmean(sizes), min(sizes), max(sizes))
    )
    return (
        f'{total}/s from {len(sizes)} messages\n'
        f'\tMessage size mean: {mean} min: {least} max: {greatest}'
    )


def _listen(
    node: Node,
    args: argparse.Namespace,
    on_message: Callable[[Any], bool],
    report: Callable[[bool], None],
    raw: bool = False,
) -> None:
    """Listen to a topic once it exists, and report every second of wall time until shutdown.

    Args:
        node: Node that listens.
        args: The command line.
        on_message: Handles a message; returns whether it counts.
        report: Prints; is told whether messages came that count.
        raw: Whether messages are handled as bytes.
    """
    has_news = False

    def notice(message: Any) -> None:
        nonlocal has_news
        has_news |= bool(on_message(message))

    def tell() -> None:
        nonlocal has_news
        report(has_news)
        has_news = False

    message_type = topic_class(node, args.topic_name, args.spin_time, blocking=True)
    if message_type is None:
        return
    node.create_subscription(
        message_type, args.topic_name, notice, qos_profile_sensor_data, raw=raw
    )
    if raw:
        print(f'Subscribed to [{args.topic_name}]')
    node.create_timer(_REPORT_PERIOD, tell, clock=Clock(clock_type=ClockType.STEADY_TIME))
    rclpy.spin(node)
