"""`ros2 bag play`: publish the messages of a bag again."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator

from rosbags.interfaces import Connection
from rosbags.rosbag2 import Reader
from rosgraph_msgs.msg import Clock

import rclpy
from embedded_ros.near_matches import near_matches
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from rclpy.serialization import serialize_message
from rclpy.time import Time
from ros2cli.arguments import argument, flag, ignored, nonnegative_float, positive_float
from ros2cli.bag_files import PATH, STORAGE, messages, open_bag
from ros2cli.bag_topics import playing_profile
from ros2cli.node import absolute_name, direct_node, interface_class, wait_for_discovery

_CLOCK_TOPIC = '/clock'
_CLOCK_RATE = 40.0  # [Hz]
_NS_PER_S = 10**9
_LAST_WAIT = 2.0  # [s] at most that subscriptions are given for the last messages
_POLL_PERIOD = 0.1  # [s] after which a shutdown is noticed

ARGUMENTS = (
    PATH,
    STORAGE,
    argument('-r', '--rate', type=positive_float, default=1.0, help='Rate (default: 1.0)'),
    argument('--topics', nargs='+', default=[], metavar='topic', help='Topics (default: all)'),
    argument('-m', '--remap', nargs='+', default=[], metavar='old:=new', help='New names'),
    flag('-l', '--loop', help='Start again at the end, until interrupted'),
    argument('--clock', nargs='?', type=positive_float, const=_CLOCK_RATE, metavar='Hz',
             help=f'Publish to /clock at this frequency (default: {_CLOCK_RATE:g})'),
    argument('-d', '--delay', type=nonnegative_float, default=0.0, help='Sleep before a play [s]'),
    argument('--start-offset', type=nonnegative_float, default=0.0, help='Skip the begin [s]'),
    ignored('--disable-keyboard-controls'),
)


def with_clock_ticks(
    found: Iterable[tuple[Connection, int, bytes]], start_ns: int, period_ns: float | None
) -> Iterator[tuple[Connection | None, int, bytes]]:
    """Messages of a bag and ticks of its clock, by time.

    Args:
        found: Topic, time [ns] and bytes of the messages.
        start_ns: Time of the first tick [ns].
        period_ns: Bag time between ticks [ns]; None: no ticks.

    Yields:
        What is due, in the same form; the topic of a tick is None, it comes before messages of
        its time.
    """
    count = 0
    for topic, stamp_ns, data in found:
        while period_ns is not None and (tick := start_ns + round(count * period_ns)) <= stamp_ns:
            yield None, tick, b''
            count += 1
        yield topic, stamp_ns, data


def main(args: argparse.Namespace) -> None:
    """Run the verb."""
    with open_bag(args.bag_path) as bag, direct_node(args, 'rosbag2_player') as node:
        publishers = _create_publishers(node, bag, args)
        if not publishers or bag.start_time + args.start_offset * _NS_PER_S >= bag.end_time:
            raise RuntimeError('the bag has nothing to play with these arguments')
        clock = node.create_publisher(Clock, _CLOCK_TOPIC, 10) if args.clock else None
        node.get_logger().info(f'Set rate to {args.rate:g}')
        wait_for_discovery(node)
        while _sleep_until(time.monotonic_ns() + round(args.delay * _NS_PER_S)):
            _play(bag, publishers, clock, args)
            if not args.loop:
                break
        deadline = time.monotonic() + _LAST_WAIT
        for publisher in publishers.values():
            if rclpy.ok():
                left = Duration(seconds=max(0.0, deadline - time.monotonic()))
                publisher.wait_for_all_acked(left)


def _play(
    bag: Reader,
    publishers: dict[int, Publisher],
    clock: Publisher | None,
    args: argparse.Namespace,
) -> None:
    """Play once; ends early when rclpy is shut down."""
    topics = [topic for topic in bag.connections if topic.id in publishers]
    start_ns = bag.start_time + round(args.start_offset * _NS_PER_S)
    period_ns = _NS_PER_S * args.rate / args.clock if args.clock else None
    begin_ns = time.monotonic_ns()
    found = messages(bag, topics, start_ns)
    for topic, stamp_ns, data in with_clock_ticks(found, start_ns, period_ns):
        if not _sleep_until(begin_ns + round((stamp_ns - start_ns) / args.rate)):
            return
        if topic is not None:
            publishers[topic.id].publish(data)
        elif clock is not None:
            now = Time(nanoseconds=stamp_ns).to_msg()
            clock.publish(serialize_message(Clock(clock=now)))


def _sleep_until(due_ns: int) -> bool:
    """Sleep until a time of the steady clock [ns]; False if rclpy was shut down."""
    while rclpy.ok():
        left = (due_ns - time.monotonic_ns()) / _NS_PER_S
        if left <= 0:
            return True
        time.sleep(min(left, _POLL_PERIOD))
    return False


def _create_publishers(node: Node, bag: Reader, args: argparse.Namespace) -> dict[int, Publisher]:
    """Publishers by the number of the bag's topic; topics of unknown types are left out."""
    logger = node.get_logger()
    new_names = _new_names(args.remap)
    wanted = [absolute_name(name) for name in args.topics]
    for name in wanted:
        if name not in bag.topics:
            raise RuntimeError(f"the bag has no topic '{name}'{near_matches(name, bag.topics)}")
    found: dict[int, Publisher] = {}
    for topic in bag.connections:
        name = new_names.get(topic.topic, topic.topic)
        if wanted and topic.topic not in wanted:
            continue
        if name == _CLOCK_TOPIC and args.clock:
            logger.warning('The recorded /clock is not played, because --clock publishes it')
            continue
        try:
            message_type = interface_class('message', topic.msgtype)
        except RuntimeError as error:
            logger.warning(f"Ignoring a topic '{topic.topic}', reason: {error}")
            continue
        profile = _profile(node, topic)
        found[topic.id] = node.create_publisher(message_type, name, profile)
    return found


def _profile(node: Node, topic: Connection) -> QoSProfile:
    profile = playing_profile(topic.ext.offered_qos_profiles)  # type: ignore[union-attr]
    if profile is None:
        node.get_logger().warning(
            f"Not all original publishers on topic '{topic.topic}' offered the same QoS profiles. "
            'Falling back to the default publisher offer.'
        )
    return profile or QoSProfile(depth=10)


def _new_names(rules: list[str]) -> dict[str, str]:
    found = {}
    for rule in rules:
        old, separator, new = rule.partition(':=')
        if not (old and separator and new):
            raise RuntimeError(f"--remap '{rule}' is not of the form old_topic:=new_topic")
        found[absolute_name(old)] = absolute_name(new)
    return found
