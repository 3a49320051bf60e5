"""`ros2 topic hz`: the rate of the messages of a topic."""

from __future__ import annotations

import argparse
from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean, pstdev

import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.qos import qos_profile_sensor_data
from ros2cli.arguments import NODE_ARGUMENTS, argument, positive_int
from ros2cli.node import direct_node, topic_class

_REPORT_PERIOD = 1.0  # [s]

ARGUMENTS = (
    argument('topic_name', help="Name of the ROS topic to listen to (e.g. '/chatter')"),
    argument('-w', '--window', type=positive_int, default=10000,
             help='Intervals between messages to calculate the rate of (default: %(default)s)'),
    *NODE_ARGUMENTS,
)


def main(args: argparse.Namespace) -> None:
    """Listen to a topic once it exists, and report every second of wall time until shutdown."""
    times_ns: deque[int] = deque(maxlen=args.window + 1)
    reported_ns = None
    with direct_node(args) as node:

        def on_message(message: bytes) -> None:
            times_ns.append(node.get_clock().now().nanoseconds)

        def report() -> None:
            nonlocal reported_ns
            if times_ns and times_ns[-1] != reported_ns:
                reported_ns = times_ns[-1]
                print(rate_text(times_ns), end='')

        message_type = topic_class(node, args.topic_name, args.spin_time, blocking=True)
        if message_type is None:
            return
        node.create_subscription(
            message_type, args.topic_name, on_message, qos_profile_sensor_data, raw=True
        )
        node.create_timer(_REPORT_PERIOD, report, clock=Clock(clock_type=ClockType.STEADY_TIME))
        rclpy.spin(node)


def rate_text(times_ns: Sequence[int]) -> str:
    """Rate of messages, from the times when they came [ns]; empty for fewer than two."""
    # Simulated time may start again.
    intervals = [after - before for before, after in pairwise(times_ns) if after >= before]
    if not intervals:
        return ''
    mean, least, greatest = fmean(intervals), min(intervals), max(intervals)
    return (
        f'average rate: {1e9 / mean if mean else 0.0:.3f}\n'
        f'\tmin: {least * 1e-9:.3f}s max: {greatest * 1e-9:.3f}s '
        f'std dev: {pstdev(intervals) * 1e-9:.5f}s window: {len(intervals)}\n'
    )
