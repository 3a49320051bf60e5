"""`ros2 bag record`: record topics to a bag."""

from __future__ import annotations

import argparse
import signal
import time
from functools import partial
from pathlib import Path
from typing import Any

import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.exceptions import NotInitializedException
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription
from ros2cli.arguments import argument, flag, ignored, positive_int
from ros2cli.bag_files import STORAGES
from ros2cli.bag_filter import FILTER_ARGUMENTS, TopicFilter
from ros2cli.bag_topics import to_recorded
from ros2cli.bag_writer import BagWriter
from ros2cli.node import direct_node, interface_class
from ros2cli.qos import match_all

_CACHE_SIZE = 100 * 1024 * 1024  # [bytes]
# Samples that wait for the recorder at most, unless publishers keep more for late subscriptions.
_DEPTH = 100

ARGUMENTS = (
    argument('-o', '--output', help='Folder to create, by default one with the time as its name'),
    argument('-s', '--storage', choices=STORAGES, default=STORAGES[0],
             help='Storage identifier to be used (default: %(default)s)'),
    *FILTER_ARGUMENTS,
    argument('-p', '--polling-interval', type=positive_int, default=100,
             help='Time in ms to wait between querying available topics (default: %(default)s)'),
    argument('--max-cache-size', type=positive_int, default=_CACHE_SIZE,
             help='Most bytes of messages that wait to be written (default: %(default)s)'),
    flag('--use-sim-time', help='Use the time of /clock; until it comes nothing is recorded'),
    argument('--node-name', default='rosbag2_recorder', help='Name of the recorder node'),
    ignored('--disable-keyboard-controls'),
)


class _Recorder:
    """Subscribes to topics as they appear and hands their messages to a writer."""

    def __init__(self, node: Node, writer: BagWriter, wanted: TopicFilter) -> None:
        self._node = node
        self._writer = writer
        self._wanted = wanted
        self._is_simulated = node.get_parameter('use_sim_time').value
        self._subscriptions: dict[str, Subscription | None] = {}  # None: cannot be recorded
        self._publisher_counts: dict[str, int] = {}

    def discover(self) -> None:
        """Subscribe to new topics.

        Those whose publishers changed since the last look wait for the next one: the profile of
        the subscription is made for all publishers, and they are discovered one by one.

        Raises:
            RuntimeError: The bag cannot be written any more.
        """
        self._writer.check()
        for name, types in self._node.get_topic_names_and_types():
            if name in self._subscriptions or not self._wanted(name):
                continue
            before = self._publisher_counts.get(name)
            count = self._publisher_counts[name] = self._node.count_publishers(name)
            if count and count == before:
                self._subscribe(name, types)

    def drain(self) -> None:
        """Record what has arrived but was not handled before the end."""
        for name, subscription in self._subscriptions.items():
            for _ in range(subscription.qos_profile.depth if subscription else 0):
                if (sample := subscription.handle.take()) is None:
                    break
                self._record(name, bytes(sample.buffer), {'received_timestamp': time.time_ns()})

    def _subscribe(self, name: str, types: list[str]) -> None:
        logger = self._node.get_logger()
        publishers = self._node.get_publishers_info_by_topic(name)
        if not publishers:
            return  # they have just gone
        try:
            if len(types) > 1:
                raise RuntimeError(f'it has more than one type: {", ".join(types)}')
            message_type = interface_class('message', types[0])
        except RuntimeError as error:
            logger.warning(f"Topic '{name}' is not recorded: {error}")
            self._subscriptions[name] = None
            return
        offers = [publisher.qos_profile for publisher in publishers]
        profile = recording_profile(offers)
        self._writer.add_topic(name, types[0], [to_recorded(offer) for offer in offers])
        self._subscriptions[name] = self._node.create_subscription(
            message_type, name, partial(self._record, name), profile, raw=True
        )
        logger.info(f"Subscribed to topic '{name}'")

    def _record(self, name: str, data: bytes, info: dict[str, Any]) -> None:
        stamp_ns = info['received_timestamp']
        if self._is_simulated:
            stamp_ns = self._node.get_clock().now().nanoseconds
        if stamp_ns:
            self._writer.write(name, stamp_ns, data)


def recording_profile(offers: list[QoSProfile]) -> QoSProfile:
    """Profile of a subscription that gets the messages of all publishers."""
    profile = QoSProfile(depth=max([_DEPTH, *(each.depth for each in offers)]))
    match_all(profile, offers)
    return profile


def main(args: argparse.Namespace) -> str | None:
    """Run the verb."""
    wanted = TopicFilter(args)
    path = Path(args.output or time.strftime('rosbag2_%Y_%m_%d-%H_%M_%S'))
    if path.exists():
        return f"[ERROR] [ros2bag]: Output folder '{path}' already exists."
    # Then SIGINT only shuts rclpy down, and never interrupts closing the bag.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with direct_node(args, args.node_name) as node:
            with BagWriter(path, args.storage, args.max_cache_size) as writer:
                _record(node, _Recorder(node, writer, wanted), args.polling_interval)
            _report(node, writer)
    finally:
        signal.signal(signal.SIGINT, before)
    return None


def _record(node: Node, recorder: _Recorder, period_ms: int) -> None:
    """Record until a signal comes."""
    steady = Clock(clock_type=ClockType.STEADY_TIME)
    node.create_timer(period_ms / 1000.0, recorder.discover, clock=steady)
    node.get_logger().info('Recording...')
    try:
        rclpy.spin(node)
    except (ExternalShutdownException, NotInitializedException, RuntimeError):
        if rclpy.ok():
            raise  # else a signal came in the middle of something
    recorder.drain()


def _report(node: Node, writer: BagWriter) -> None:
    logger = node.get_logger()
    if writer.lost:
        lines = ''.join(f'\n\t{name}: {count}' for name, count in writer.lost.items())
        logger.warning(f'Cache buffers lost messages per topic:{lines}')
    logger.info('Recording stopped')
