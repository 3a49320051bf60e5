import threading

import pytest
from rosbags.rosbag2 import Reader, Writer
from rosbags.typesys import get_types_from_msg

from ros2cli import bag_writer
from ros2cli.bag_types import definition_text, hash_text, is_same_definition
from ros2cli.bag_writer import BagMessage, BagTopic, BagWriter

TOPIC = BagTopic('/a', 'std_msgs/msg/String', ())


def _messages(count):
    return [BagMessage('/a', number, bytes([number]) * 10) for number in range(count)]


def test_messages_that_do_not_fit_are_lost_and_counted(tmp_path, monkeypatch, wait_until):
    entered, may_write = threading.Event(), threading.Event()

    class SlowWriter(Writer):
        def write(self, *arguments):
            entered.set()
            may_write.wait()
            super().write(*arguments)

    monkeypatch.setattr(bag_writer, 'Writer', SlowWriter)
    messages = _messages(6)
    with BagWriter(tmp_path / 'bag', 'mcap', 25) as writer:
        writer.add_topic(TOPIC)
        writer.write(messages[0])
        assert entered.wait(30)  # the first is being written, the next ones wait: 2 have room
        for message in messages[1:]:
            writer.write(message)
        assert writer.lost == {'/a': 3}
        may_write.set()
    with Reader(tmp_path / 'bag') as bag:
        assert [data for _, _, data in bag.messages()] == [each.data for each in messages[:3]]


def test_message_larger_than_the_cache_is_written(tmp_path):
    with BagWriter(tmp_path / 'bag', 'mcap', 1) as writer:
        writer.add_topic(TOPIC)
        writer.write(_messages(1)[0])
    assert not writer.lost


def test_full_disk_is_told(tmp_path, monkeypatch, wait_until):
    class FullDisk(Writer):
        def write(self, *arguments):
            raise OSError(28, 'No space left on device')

    monkeypatch.setattr(bag_writer, 'Writer', FullDisk)
    writer = BagWriter(tmp_path / 'bag', 'mcap', 1000)
    writer.check()
    writer.add_topic(TOPIC)
    writer.write(_messages(1)[0])
    with pytest.raises(RuntimeError, match='cannot write bag .*No space left on device'):
        writer.close()


def test_existing_folder_is_refused(tmp_path):
    with pytest.raises(RuntimeError, match='cannot write bag .* exists already'):
        BagWriter(tmp_path, 'mcap', 1000)


def test_definition_has_all_nested_messages_once():
    text = definition_text('geometry_msgs/msg/TwistWithCovarianceStamped')
    assert text.count('MSG: geometry_msgs/Vector3\n') == 1
    found = get_types_from_msg(text, 'geometry_msgs/msg/TwistWithCovarianceStamped')
    assert sorted(found) == [
        'builtin_interfaces/msg/Time',
        'geometry_msgs/msg/Twist',
        'geometry_msgs/msg/TwistWithCovariance',
        'geometry_msgs/msg/TwistWithCovarianceStamped',
        'geometry_msgs/msg/Vector3',
        'std_msgs/msg/Header',
    ]


def test_definitions_are_compared_by_their_hashes():
    name = 'std_msgs/msg/String'
    assert is_same_definition(hash_text(name), name)
    assert is_same_definition('', name)
    assert not is_same_definition(hash_text('std_msgs/msg/Bool'), name)
