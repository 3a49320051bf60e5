"""`ros2 topic hz`, `bw` and `delay`: statistics of the messages of a topic."""

from __future__ import annotations

import argparse
from collections import deque
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import fmean, pstdev
from typing import Any

import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.qos import qos_profile_sensor_data
from rclpy.time import Time
from ros2cli.arguments import NODE_ARGUMENTS, Verbs, argument, flag, positive_int
from ros2cli.node import direct_node
from ros2cli.topic_echo import expression
from ros2cli.topics import topic_class

_REPORT_PERIOD = 1.0  # [s]
_UNITS = ((1e6, 2, 'MB'), (1e3, 2, 'KB'), (0.0, 0, 'B'))
_TOPIC = argument('topic_name', help="Name of the ROS topic to listen to (e.g. '/chatter')")

verbs = Verbs()


def _window(default: int) -> Any:
    text = 'window size, in # of messages, for calculating rate (default: %(default)s)'
    return argument('-w', '--window', type=positive_int, default=default, help=text)


@verbs.add(
    'hz',
    'Print the average publishing rate to screen',
    _TOPIC,
    _window(10000),
    argument('--filter', dest='filter_expr', metavar='EXPR', help='Python expression of message m'),
    flag('--wall-time', help='Use wall time, even if there is a simulated one'),
    *NODE_ARGUMENTS,
)
def _rate(args: argparse.Namespace) -> None:
    accepts = expression(args.filter_expr)
    args.window += 1  # that many intervals are between one more messages

    def measure(message: Any, now: Time) -> int | None:
        return now.nanoseconds if accepts(message) else None

    def describe(times_ns: Sequence[int], now_ns: int, is_new: bool) -> str:
        return rate_text(times_ns) if is_new else ''

    _listen(args, measure, describe)


@verbs.add('delay', 'Display delay of topic from timestamp in header', _TOPIC, _window(10000),
           *NODE_ARGUMENTS)
def _delay(args: argparse.Namespace) -> None:
    def measure(message: Any, now: Time) -> int:
        if not hasattr(message, 'header'):
            raise RuntimeError('msg does not have header')
        return (now - Time.from_msg(message.header.stamp)).nanoseconds

    def describe(delays_ns: Sequence[int], now_ns: int, is_new: bool) -> str:
        if not is_new:
            return 'no new messages' if delays_ns else ''
        return f'average delay: {fmean(delays_ns) * 1e-9:.3f}\n{_spread(delays_ns)}'

    _listen(args, measure, describe)


@verbs.add('bw', 'Display bandwidth used by topic', _TOPIC, _window(100), *NODE_ARGUMENTS)
def _bandwidth(args: argparse.Namespace) -> None:
    def measure(data: bytes, now: Time) -> tuple[int, int]:
        return now.nanoseconds, len(data)

    def describe(found: Sequence[tuple[int, int]], now_ns: int, is_new: bool) -> str:
        if len(found) < 2 or now_ns <= found[0][0]:
            return ''
        return bandwidth_text([size for _, size in found], now_ns - found[0][0])

    _listen(args, measure, describe, raw=True)


def rate_text(times_ns: Sequence[int]) -> str:
    """Rate of messages, from the times when they came [ns]; empty for fewer than two."""
    # Simulated time may start again.
    intervals = [after - before for before, after in pairwise(times_ns) if after >= before]
    if not intervals:
        return ''
    mean = fmean(intervals)
    return f'average rate: {1e9 / mean if mean else 0.0:.3f}\n{_spread(intervals)}'


def bandwidth_text(sizes: Sequence[int], duration_ns: int) -> str:
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
    sizes_text = f'mean: {mean} min: {least} max: {greatest}'
    return f'{total}/s from {len(sizes)} messages\n\tMessage size {sizes_text}'


def _spread(values_ns: Sequence[int]) -> str:
    least, greatest, deviation = min(values_ns), max(values_ns), pstdev(values_ns)
    return (
        f'\tmin: {least * 1e-9:.3f}s max: {greatest * 1e-9:.3f}s std dev: {deviation * 1e-9:.5f}s '
        f'window: {len(values_ns)}'
    )


def _listen(
    args: argparse.Namespace,
    measure: Callable[[Any, Time], Any],
    describe: Callable[[Sequence[Any], int, bool], str],
    raw: bool = False,
) -> None:
    """Listen to a topic once it exists, and report every second of wall time until shutdown.

    Args:
        args: The command line.
        measure: Value of a message and the time when it came; None: it does not count.
        describe: Text about the last values, the time [ns], and whether values are new.
        raw: Whether messages are measured as bytes.
    """
    values: deque[Any] = deque(maxlen=args.window)
    is_new = False
    with direct_node(args) as node:
        is_wall_time = getattr(args, 'wall_time', False)
        clock = Clock(clock_type=ClockType.SYSTEM_TIME) if is_wall_time else node.get_clock()

        def on_message(message: Any) -> None:
            nonlocal is_new
            if (value := measure(message, clock.now())) is not None:
                values.append(value)
                is_new = True

        def report() -> None:
            nonlocal is_new
            if text := describe(values, clock.now().nanoseconds, is_new):
                print(text)
            is_new = False

        name = args.topic_name
        message_type = topic_class(node, name, args.spin_time, blocking=True)
        if message_type is None:
            return
        node.create_subscription(message_type, name, on_message, qos_profile_sensor_data, raw=raw)
        if raw:
            print(f'Subscribed to [{name}]')
        node.create_timer(_REPORT_PERIOD, report, clock=Clock(clock_type=ClockType.STEADY_TIME))
        rclpy.spin(node)
