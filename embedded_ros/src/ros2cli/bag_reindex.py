"""`ros2 bag reindex`: make a bag readable whose recorder was killed."""

from __future__ import annotations

import argparse
import struct
from pathlib import Path
from typing import Any, BinaryIO

import yaml
from rosbags.interfaces import Connection
from rosbags.rosbag2 import Reader
from rosbags.rosbag2.metadata import dump_qos_v9

from ros2cli.bag_files import PATH, STORAGE, open_bag
from ros2cli.bag_writer import VERSION, recording

_METADATA = 'metadata.yaml'
_MAGIC = b'\x89MCAP0\r\n'
_HEAD = struct.Struct('<BQ')  # type of a record, length of what follows [bytes]
_FOOTER = 0x02
# End of the data with no checksum, a footer that tells of no index, the magic once more.
_END = _HEAD.pack(0x0F, 4) + bytes(4) + _HEAD.pack(_FOOTER, 20) + bytes(20) + _MAGIC

ARGUMENTS = (PATH, STORAGE)


def main(args: argparse.Namespace) -> str | None:
    """Run the verb."""
    path: Path = args.bag_path
    if not path.is_dir():
        return f"[ERROR] [ros2bag]: Bag path '{path}' is no folder."
    if (path / _METADATA).exists():
        return f"[ERROR] [ros2bag]: '{path}' was closed, it has {_METADATA}; nothing was changed."
    files = list(path.glob('*.mcap'))
    if len(files) != 1:
        return (
            f"[ERROR] [ros2bag]: '{path}' must have one .mcap file, it has {len(files)}; an "
            'sqlite3 bag that was not closed is lost.'
        )
    with recording(path):
        lost = close_file(files[0])
        with open_bag(files[0]) as bag:
            text = _metadata(files[0].name, bag)
            print(f'{bag.message_count} messages are there, {lost} bytes of an unfinished record '
                  'were cut off')
        partial = path / f'.{_METADATA}.partial'
        partial.write_text(text)
        partial.replace(path / _METADATA)
    return None


def close_file(file: Path) -> int:
    """Cut off the record that was being written, and end an mcap file; nothing if it has its end.

    Returns:
        How much was cut off [bytes].

    Raises:
        RuntimeError: It is no mcap file.
    """
    with file.open('r+b') as mcap:
        if mcap.read(len(_MAGIC)) != _MAGIC:
            raise RuntimeError(f"'{file}' does not begin as an mcap file; nothing was changed")
        size = file.stat().st_size
        end = _end_of_records(mcap, size)
        if end is not None:
            mcap.seek(end)
            mcap.truncate()
            mcap.write(_END)
        return 0 if end is None else size - end


def _end_of_records(mcap: BinaryIO, size: int) -> int | None:
    """Where the last whole record ends; None if that is the footer."""
    while True:
        begin = mcap.tell()
        head = mcap.read(_HEAD.size)
        if len(head) < _HEAD.size:
            return begin
        kind, length = _HEAD.unpack(head)
        if not kind or mcap.tell() + length > size:
            return begin
        if kind == _FOOTER:
            whole = begin + _HEAD.size + length + len(_MAGIC) == size
            return None if whole else begin
        mcap.seek(length, 1)


def _metadata(name: str, bag: Reader) -> str:
    """metadata.yaml of a bag that has one file, as `rosbags.rosbag2.Writer` makes it."""
    # rosbags counts one nanosecond more, for the last message to be inside.
    duration, start = (bag.duration - 1, bag.start_time) if bag.message_count else (0, 0)
    span = {
        'duration': {'nanoseconds': duration},
        'starting_time': {'nanoseconds_since_epoch': start},
        'message_count': bag.message_count,
    }
    return yaml.safe_dump({
        'rosbag2_bagfile_information': {
            'version': VERSION,
            'storage_identifier': 'mcap',
            'relative_file_paths': [name],
            **span,
            'topics_with_message_count': [_topic(each) for each in bag.connections],
            'compression_format': '',
            'compression_mode': '',
            'files': [{'path': name, **span}],
            'custom_data': None,
            'ros_distro': 'rosbags',
        }
    })


def _topic(connection: Connection) -> dict[str, Any]:
    offered: Any = connection.ext
    return {
        'topic_metadata': {
            'name': connection.topic,
            'type': connection.msgtype,
            'serialization_format': offered.serialization_format,
            'offered_qos_profiles': dump_qos_v9(offered.offered_qos_profiles),
            'type_description_hash': connection.digest,
        },
        'message_count': connection.msgcount,
    }
