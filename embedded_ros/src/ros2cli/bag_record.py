"""`ros2 bag record`: record topics to a bag."""

from __future__ import annotations

import argparse
import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.exceptions import NotInitializedException
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription
from ros2cli.bag_arguments import add_overrides_argument, add_refused_arguments
from ros2cli.bag_files import STORAGES
from ros2cli.bag_filter import TopicFilter, add_filter_arguments
from ros2cli.bag_qos import read_overrides, recording_profile, to_recorded
from ros2cli.bag_types import is_same_definition
from ros2cli.bag_writer import BagMessage, BagTopic, BagWriter
from ros2cli.node import direct_node, wait_for_discovery
from ros2cli.topics import message_class
from ros2cli.verbs import Verbs, positive_int

_NODE_NAME = 'rosbag2_recorder'
_CACHE_SIZE = 100 * 1024 * 1024  # [bytes]
_POLLING_INTERVAL_MS = 100
_DISCOVERY_TIME = 3.0  # [s] at most
_REFUSED = """
    --all-actions --all-services --actions --services --static-topics-path --topic-types
    --exclude-actions --exclude-services --exclude-topic-types --include-unpublished-topics
    --ignore-leaf-topics -f --serialization-format -b --max-bag-size -d --max-bag-duration
    --max-bag-files --max-cache-duration --start-paused --custom-data --snapshot-mode
    --compression-queue-size --compression-threads --compression-mode --compression-format
    --storage-config-file --storage-preset-profile
""".split()


def add(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verbs.add('record', 'Record ROS data to a bag', _main)
    parser.add_argument(
        '-o',
        '--output',
        help='Destination of the bag to create, defaults to a timestamped folder in the current '
        'directory',
    )
    parser.add_argument(
        '-s',
        '--storage',
        choices=STORAGES,
        default=STORAGES[0],
        help='Storage identifier to be used (default: %(default)s)',
    )
    add_filter_arguments(parser)
    parser.add_argument(
        '-p',
        '--polling-interval',
        type=positive_int,
        default=_POLLING_INTERVAL_MS,
        help='Time in ms to wait between querying available topics (default: %(default)s)',
    )
    parser.add_argument(
        '--max-cache-size',
        type=positive_int,
        default=_CACHE_SIZE,
        help='Maximum size (in bytes) of messages that wait to be written; as many again may be '
        'being written (default: %(default)s)',
    )
    add_overrides_argument(parser)
    parser.add_argument(
        '--use-sim-time',
        action='store_true',
        help='Use simulation time for message timestamps by subscribing to the /clock topic. Until '
        'the first /clock message is received, no messages will be written to the bag.',
    )
    parser.add_argument('--node-name', default=_NODE_NAME, help='Name of the recorder node')
    parser.add_argument(
        '--disable-keyboard-controls',
        action='store_true',
        help='Accepted for compatibility; there are none',
    )
    add_refused_arguments(parser, *_REFUSED)


class _Recorder:
    """Subscribes to topics as they appear and hands their messages to a writer."""

    def __init__(
        self,
        node: Node,
        writer: BagWriter,
        wanted: TopicFilter,
        overrides: dict[str, QoSProfile],
    ) -> None:
        self._node = node
        self._writer = writer
        self._wanted = wanted
        self._overrides = overrides
        self._clock = node.get_clock()
        self._is_simulated = node.get_parameter('use_sim_time').value
        self._subscriptions: dict[str, Subscription] = {}
        self._ignored: set[str] = set()
        self._publisher_counts: dict[str, int] = {}

    def check(self) -> None:
        """Look after the writer.

        Raises:
            RuntimeError: The bag cannot be written any more.
        """
        self._writer.check()

    def discover(self) -> None:
        """Subscribe to new topics.

        Those whose publishers changed since the last look wait for the next one: the profile of
        the subscription is made for all publishers, and they are discovered one by one.
        """
        for name, types in self._node.get_topic_names_and_types():
            if name in self._subscriptions or name in self._ignored or not self._wanted(name):
                continue
            before = self._publisher_counts.get(name)
            count = self._publisher_counts[name] = self._node.count_publishers(name)
            if count and count == before:
                self._subscribe(name, types)

    def is_complete(self) -> bool:
        """Whether all topics that were asked for are recorded."""
        return self._wanted.is_satisfied(set(self._subscriptions))

    def drain(self) -> None:
        """Record what has arrived but was not handled before the end."""
        for name, subscription in self._subscriptions.items():
            for _ in range(subscription.qos_profile.depth):
                sample = subscription.handle.take()
                if sample is None:
                    break
                info = {'received_timestamp': time.time_ns()}
                self._on_message(name, bytes(sample.buffer), info)

    def _subscribe(self, name: str, types: list[str]) -> None:
        logger = self._node.get_logger()
        try:
            if len(types) > 1:
                raise RuntimeError(f'it has more than one type: {", ".join(types)}')
            message_type = message_class(types[0])
        except RuntimeError as error:
            logger.warning(f"Topic '{name}' is not recorded: {error}")
            self._ignored.add(name)
            return
        publishers = self._node.get_publishers_info_by_topic(name)
        if not publishers:
            return  # they have just gone
        if any(not is_same_definition(str(p.topic_type_hash), types[0]) for p in publishers):
            logger.warning(
                f"Topic '{name}': a publisher uses another definition of {types[0]} than the one "
                'that is installed here; the bag gets the installed one'
            )
        offers = [publisher.qos_profile for publisher in publishers]
        self._writer.add_topic(BagTopic(name, types[0], tuple(map(to_recorded, offers))))
        self._subscriptions[name] = self._node.create_subscription(
            message_type,
            name,
            partial(self._on_message, name),
            self._overrides.get(name) or recording_profile(offers),
            raw=True,
        )
        logger.info(f"Subscribed to topic '{name}'")

    def _on_message(self, name: str, data: bytes, info: dict[str, Any]) -> None:
        stamp_ns = info['received_timestamp']
        if self._is_simulated:
            stamp_ns = self._clock.now().nanoseconds
            if stamp_ns == 0:
                return
        self._writer.write(BagMessage(name, stamp_ns, data))


def _main(args: argparse.Namespace) -> str | None:
    wanted = TopicFilter(args)
    overrides = read_overrides(args.qos_profile_overrides_path)
    path = Path(args.output or time.strftime('rosbag2_%Y_%m_%d-%H_%M_%S'))
    if path.exists():
        return f"[ERROR] [ros2bag]: Output folder '{path}' already exists."
    recording = threading.Event()
    with _interrupt_ends_spinning(recording), direct_node(args, args.node_name) as node:
        recording.set()
        logger = node.get_logger()
        with BagWriter(path, args.storage, args.max_cache_size) as writer:
            recorder = _Recorder(node, writer, wanted, overrides)
            try:
                _record(node, recorder, args)
            except (ExternalShutdownException, NotInitializedException, RuntimeError):
                if rclpy.ok():
                    raise  # else a signal came in the middle of something
            recorder.drain()
            logger.info('Writing remaining messages from cache to the bag. It may take a while')
        if writer.lost:
            lines = ''.join(f'\n\t{name}: {count}' for name, count in writer.lost.items())
            logger.warning(f'Cache buffers lost messages per topic:{lines}')
        logger.info('Recording stopped')
    return None


def _record(node: Node, recorder: _Recorder, args: argparse.Namespace) -> None:
    """Record until a signal comes; it may end this with an exception."""
    logger = node.get_logger()
    logger.info('Listening for topics...')
    if args.no_discovery:
        wait_for_discovery(node, _DISCOVERY_TIME)
        recorder.discover()
        recorder.discover()
    is_discovering = not args.no_discovery

    def poll() -> None:
        nonlocal is_discovering
        recorder.check()
        if is_discovering:
            recorder.discover()
            if recorder.is_complete():
                is_discovering = False
                logger.info('All requested topics are subscribed. Stopping discovery...')

    steady = Clock(clock_type=ClockType.STEADY_TIME)
    node.create_timer(args.polling_interval / 1000.0, poll, clock=steady)
    logger.info('Recording...')
    rclpy.spin(node)


@contextlib.contextmanager
def _interrupt_ends_spinning(recording: threading.Event) -> Iterator[None]:
    """Once recording, SIGINT only shuts rclpy down, and so never interrupts closing the bag."""

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        if not recording.is_set():
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
