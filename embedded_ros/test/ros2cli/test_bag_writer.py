import threading

import pytest
from rosbags.rosbag2 import Reader, Writer
from rosbags.typesys import get_types_from_msg

from ros2cli import bag_writer
from ros2cli.bag_topics import definition_text
from ros2cli.bag_writer import BagWriter

TOPIC = ('/a', 'std_msgs/msg/String', ())
DATA = [bytes([number]) * 10 for number in range(6)]


def test_messages_that_do_not_fit_are_lost_and_counted(tmp_path, monkeypatch):
    may_write = threading.Event()

    class SlowWriter(Writer):
        def write(self, *arguments):
            may_write.wait()
            super().write(*arguments)

    monkeypatch.setattr(bag_writer, 'Writer', SlowWriter)
    with BagWriter(tmp_path / 'bag', 'mcap', 35) as writer:
        writer.add_topic(*TOPIC)
        for number, data in enumerate(DATA):
            writer.write('/a', number, data)
        assert writer.lost == {'/a': 3}
        may_write.set()
    with Reader(tmp_path / 'bag') as bag:
        assert [data for _, _, data in bag.messages()] == DATA[:3]


def test_message_larger_than_the_cache_is_written(tmp_path):
    with BagWriter(tmp_path / 'bag', 'mcap', 1) as writer:
        writer.add_topic(*TOPIC)
        writer.write('/a', 0, DATA[0])
    assert not writer.lost


def test_full_disk_is_told(tmp_path, monkeypatch):
    class FullDisk(Writer):
        def write(self, *arguments):
            raise OSError(28, 'No space left on device')

    monkeypatch.setattr(bag_writer, 'Writer', FullDisk)
    with pytest.raises(RuntimeError, match='cannot write bag .*No space left on device'):
        with BagWriter(tmp_path / 'bag', 'mcap', 1000) as writer:
            writer.check()
            writer.add_topic(*TOPIC)
            writer.write('/a', 0, DATA[0])


def test_existing_folder_is_refused(tmp_path):
    with pytest.raises(RuntimeError, match='cannot write bag .* exists already'):
        BagWriter(tmp_path, 'mcap', 1000)


def test_definition_has_all_nested_messages_once():
    text = definition_text('geometry_msgs/msg/TwistWithCovarianceStamped')
    assert text.count('MSG: geometry_msgs/Vector3\n') == 1
    found = get_types_from_msg(text, 'geometry_msgs/msg/TwistWithCovarianceStamped')
    assert {'builtin_interfaces/msg/Time', 'geometry_msgs/msg/TwistWithCovariance'} < set(found)
