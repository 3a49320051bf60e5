"""`ros2 bag info`: tell what is in a bag."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from rosbags.rosbag2 import Reader

from ros2cli.arguments import flag
from ros2cli.bag_files import PATH, STORAGE, open_bag

_NS_PER_S = 10**9
_UNITS = ('B', 'KiB', 'MiB', 'GiB', 'TiB')
_INDENTATION = ' ' * 19
_STORAGES = {'.mcap': 'mcap', '.db3': 'sqlite3'}

ARGUMENTS = (PATH, STORAGE, flag('-t', '--topic-name', help='Only display topic names'))


def main(args: argparse.Namespace) -> None:
    """Run the verb."""
    with open_bag(args.bag_path) as bag:
        if args.topic_name:
            print('\n'.join(sorted(bag.topics)))
        else:
            print(f'\n{_information(args.bag_path, bag)}\n')


def _information(path: Path, bag: Reader) -> str:
    """The table of facts, in ROS 2's layout."""
    candidates = [path] if path.is_file() else path.iterdir()
    kinds = {file: Path(file.name.removesuffix('.zstd')).suffix for file in candidates}
    files = [file for file, kind in kinds.items() if kind in _STORAGES]
    files.sort(key=lambda file: (len(file.name), file.name))  # bag_2 is before bag_10
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
        'Storage id': _STORAGES[kinds[files[0]]] if files else 'unknown',
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
