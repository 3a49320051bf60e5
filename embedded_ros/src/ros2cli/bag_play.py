"""`ros2 bag play`: publish the messages of a bag again."""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rosbags.interfaces import Connection
from rosbags.rosbag2 import Reader
from rosgraph_msgs.msg import Clock

import rclpy
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from rclpy.serialization import serialize_message
from rclpy.time import Time
from ros2cli.bag_arguments import add_overrides_argument, add_refused_arguments, topic_list
from ros2cli.bag_files import STORAGES, messages, open_bag
from ros2cli.bag_qos import playing_profile, read_overrides
from ros2cli.bag_types import is_same_definition
from ros2cli.near_matches import near_matches
from ros2cli.node import absolute_name, direct_node, wait_for_discovery
from ros2cli.topics import message_class
from ros2cli.verbs import Verbs, nonnegative_float, nonnegative_int, positive_float

_NODE_NAME = 'rosbag2_player'
_CLOCK_TOPIC = '/clock'
_CLOCK_RATE = 40.0  # [Hz]
_NS_PER_S = 10**9
_DISCOVERY_TIME = 3.0  # [s] at most that subscriptions are given to be found
_LAST_WAIT = 2.0  # [s] at most that subscriptions are given for the last messages
_POLL_PERIOD = 0.1  # [s] after which a shutdown is noticed
_REFUSED = """
    --clock-topics --clock-topics-all --services --exclude-topics --exclude-services -e --regex
    -x --exclude-regex -p --start-paused --playback-duration --playback-until-sec
    --playback-until-nsec --wait-for-all-acked --disable-loan-message --publish-service-requests
    --service-requests-source --storage-config-file -i --input --topic-remapping --progress-bar
""".split()


def add(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verbs.add('play', 'Play back ROS data from a bag', _main)
    parser.add_argument('bag_path', type=Path, help='Bag to open')
    parser.add_argument(
        '-r',
        '--rate',
        type=positive_float,
        default=1.0,
        help='Rate at which to play back messages (default: %(default)s)',
    )
    parser.add_argument(
        '--topics', nargs='+', default=[], metavar='topic', help='Topics to play (default: all)'
    )
    parser.add_argument(
        '-m',
        '--remap',
        nargs='+',
        default=[],
        metavar='old:=new',
        help='List of topics to be remapped: in the form "old_topic1:=new_topic1 ..."',
    )
    parser.add_argument(
        '-l', '--loop', action='store_true', help='Start again at the end, until interrupted'
    )
    parser.add_argument(
        '--clock',
        nargs='?',
        type=positive_float,
        const=_CLOCK_RATE,
        metavar='Hz',
        help=f'Publish to /clock at this frequency (default: {_CLOCK_RATE:g}), to act as the '
        'source of ROS time',
    )
    parser.add_argument(
        '-d',
        '--delay',
        type=nonnegative_float,
        default=0.0,
        help='Sleep before each play (each loop) [s]',
    )
    parser.add_argument(
        '--start-offset',
        type=nonnegative_float,
        default=0.0,
        help='Start this long after the begin of the bag [s]',
    )
    add_overrides_argument(parser)
    _add_ignored_arguments(parser)
    add_refused_arguments(parser, *_REFUSED)


def _add_ignored_arguments(parser: argparse.ArgumentParser) -> None:
    text = 'Accepted for compatibility'
    parser.add_argument('-s', '--storage', choices=STORAGES, help=f'{text}; the bag tells it')
    parser.add_argument('--read-ahead-queue-size', type=nonnegative_int, help=text)
    parser.add_argument(
        '--disable-keyboard-controls', action='store_true', help=f'{text}; there are none'
    )


class _Due(NamedTuple):
    """A message that is due at a time of the bag [ns]; topic None: a tick of the clock."""

    stamp_ns: int
    topic: Connection | None
    data: bytes


def with_clock_ticks(
    found: Iterable[tuple[Connection, int, bytes]], start_ns: int, period_ns: float | None
) -> Iterator[_Due]:
    """Messages of a bag and ticks of its clock, by time.

    Args:
        found: Topic, time [ns] and bytes of the messages.
        start_ns: Time of the first tick [ns].
        period_ns: Bag time between ticks [ns]; None: no ticks.

    Yields:
        What is due; a tick before the messages of the same time.
    """
    count = 0
    for topic, stamp_ns, data in found:
        while period_ns is not None and (tick := start_ns + round(count * period_ns)) <= stamp_ns:
            yield _Due(tick, None, b'')
            count += 1
        yield _Due(stamp_ns, topic, data)


class _Player:
    """Publishes the messages of a bag at their times."""

    def __init__(self, node: Node, bag: Reader, args: argparse.Namespace) -> None:
        self._bag = bag
        self._rate = args.rate
        self._start_ns = bag.start_time + round(args.start_offset * _NS_PER_S)
        self._tick_ns = None if args.clock is None else _NS_PER_S * args.rate / args.clock
        self._publishers = _create_publishers(node, bag, args)
        self._topics = [topic for topic in bag.connections if topic.id in self._publishers]
        if not self._topics or self._start_ns >= bag.end_time:
            raise RuntimeError('the bag has nothing to play with these arguments')
        self._clock: Publisher | None = None
        if args.clock is not None:
            self._clock = node.create_publisher(Clock, _CLOCK_TOPIC, 10)

    def play(self) -> None:
        """Play once; ends early when rclpy is shut down."""
        begin_ns = time.monotonic_ns()
        found = messages(self._bag, self._topics, self._start_ns)
        for due in with_clock_ticks(found, self._start_ns, self._tick_ns):
            due_ns = begin_ns + round((due.stamp_ns - self._start_ns) / self._rate)
            if not _sleep_until(due_ns):
                return
            if due.topic is not None:
                self._publishers[due.topic.id].publish(due.data)
            elif self._clock is not None:
                now = Time(nanoseconds=due.stamp_ns).to_msg()
                self._clock.publish(serialize_message(Clock(clock=now)))

    def wait_for_subscriptions(self) -> None:
        """Wait until reliable subscriptions have the last messages."""
        deadline = time.monotonic() + _LAST_WAIT
        for publisher in {id(each): each for each in self._publishers.values()}.values():
            left = max(0.0, deadline - time.monotonic())
            publisher.wait_for_all_acked(Duration(seconds=left))


def _create_publishers(node: Node, bag: Reader, args: argparse.Namespace) -> dict[int, Publisher]:
    """Publishers by the number of the bag's topic; topics of unknown types are left out."""
    logger = node.get_logger()
    remapped = _remapped(args.remap)
    overrides = read_overrides(args.qos_profile_overrides_path)
    found: dict[int, Publisher] = {}
    for topic in _chosen(bag, topic_list(args.topics)):
        name = remapped.get(topic.topic, topic.topic)
        if name == _CLOCK_TOPIC and args.clock is not None:
            logger.warning('The recorded /clock is not played, because --clock publishes it')
            continue
        try:
            message_type = message_class(topic.msgtype)
        except RuntimeError as error:
            logger.warning(f"Ignoring a topic '{topic.topic}', reason: {error}")
            continue
        if not is_same_definition(topic.digest, topic.msgtype):
            logger.warning(
                f"Topic '{topic.topic}': the bag has another definition of {topic.msgtype} than "
                'the one that is installed here; subscriptions may misread the messages'
            )
        profile = overrides.get(topic.topic) or _recorded_profile(topic, logger)
        found[topic.id] = node.create_publisher(message_type, name, profile)
    return found


def _recorded_profile(topic: Connection, logger: Any) -> QoSProfile:
    profile = playing_profile(topic.ext.offered_qos_profiles)  # type: ignore[union-attr]
    if profile is not None:
        return profile
    logger.warning(
        f"Not all original publishers on topic '{topic.topic}' offered the same QoS profiles. "
        'Falling back to the default publisher offer.'
    )
    return QoSProfile(depth=10)


def _chosen(bag: Reader, names: list[str]) -> list[Connection]:
    for name in names:
        if name not in bag.topics:
            raise RuntimeError(f"the bag has no topic '{name}'{near_matches(name, bag.topics)}")
    return [topic for topic in bag.connections if not names or topic.topic in names]


def _remapped(rules: list[str]) -> dict[str, str]:
    found = {}
    for rule in rules:
        old, separator, new = rule.partition(':=')
        if not (old and separator and new):
            raise RuntimeError(f"--remap '{rule}' is not of the form old_topic:=new_topic")
        found[absolute_name(old)] = absolute_name(new)
    return found


def _sleep_until(due_ns: int) -> bool:
    """Sleep until a time of the steady clock [ns]; False if rclpy was shut down."""
    while rclpy.ok():
        left = (due_ns - time.monotonic_ns()) / _NS_PER_S
        if left <= 0:
            return True
        time.sleep(min(left, _POLL_PERIOD))
    return False


def _main(args: argparse.Namespace) -> None:
    with open_bag(args.bag_path) as bag, direct_node(args, _NODE_NAME) as node:
        player = _Player(node, bag, args)
        node.get_logger().info(f'Set rate to {args.rate:g}')
        wait_for_discovery(node, _DISCOVERY_TIME)
        is_first = True
        while rclpy.ok() and (is_first or args.loop):
            is_first = False
            if _sleep_until(time.monotonic_ns() + round(args.delay * _NS_PER_S)):
                player.play()
        with contextlib.suppress(RuntimeError):
            player.wait_for_subscriptions()
