"""`ros2 bag info`: tell what is in a bag."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from rosbags.rosbag2 import Reader

from ros2cli.bag_arguments import add_refused_arguments
from ros2cli.bag_files import STORAGES, open_bag, storage_files, storage_id
from ros2cli.verbs import Verbs

_NS_PER_S = 10**9
_UNITS = ('B', 'KiB', 'MiB', 'GiB', 'TiB')
_INDENTATION = ' ' * 19


def add(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verbs.add('info', 'Print information about a bag to the screen', _main)
    parser.add_argument('bag_path', type=Path, help='Bag to open')
    parser.add_argument(
        '-s',
        '--storage',
        choices=STORAGES,
        help='Accepted for compatibility; the bag itself tells its storage',
    )
    parser.add_argument('-t', '--topic-name', action='store_true', help='Only display topic names')
    add_refused_arguments(parser, '-v', '--verbose', '--sort')


def _main(args: argparse.Namespace) -> None:
    with open_bag(args.bag_path) as bag:
        if args.topic_name:
            for name in sorted(bag.topics):
                print(name)
        else:
            print(f'\n{_information(args.bag_path, bag)}\n')


def _information(path: Path, bag: Reader) -> str:
    """The table of facts, in ROS 2's layout."""
    files = storage_files(path)
    # rosbags counts one nanosecond more, for the last message to be inside.
    duration_ns, start_ns = (bag.duration - 1, bag.start_time) if bag.message_count else (0, 0)
    topics = [
        f'Topic: {topic.topic} | Type: {topic.msgtype} | Count: {topic.msgcount} | '
        f'Serialization Format: {topic.ext.serialization_format}'  # type: ignore[union-attr]
        for topic in bag.connections
    ]
    rows = {
        'Files': f'\n{_INDENTATION}'.join(file.name for file in files),
        'Bag size': size_text(sum(file.stat().st_size for file in files)),
        'Storage id': storage_id(files),
        'ROS Distro': bag.ros_distro or 'unknown',
        'Duration': f'{_seconds(duration_ns)}s',
        'Start': time_text(start_ns),
        'End': time_text(start_ns + duration_ns),
        'Messages': str(bag.message_count),
        'Topic information': f'\n{_INDENTATION}'.join(topics),
    }
    return '\n'.join(f'{f"{title}:":<19}{text}' for title, text in rows.items())


def size_text(size: float) -> str:
    """Size with a unit.

    Args:
        size: Size [bytes].
    """
    index = 0
    while size >= 1024 and index < len(_UNITS) - 1:
        size /= 1024
        index += 1
    return f'{size:.{min(index, 1)}f} {_UNITS[index]}'


def time_text(stamp_ns: int) -> str:
    """Date, local time, and seconds since 1970.

    Args:
        stamp_ns: Time [ns since 1970].
    """
    seconds, fraction = divmod(stamp_ns, _NS_PER_S)
    date = time.strftime('%b %e %Y %H:%M:%S', time.localtime(seconds))
    return f'{date}.{fraction:09} ({_seconds(stamp_ns)})'


def _seconds(nanoseconds: int) -> str:
    return '{}.{:09}'.format(*divmod(nanoseconds, _NS_PER_S))
