"""What rosbag2 of Jazzy reads from a bag, field by field (`rosbag2_storage/yaml.hpp`)."""

import sqlite3
import struct

import pytest
import yaml

from embedded_ros.interfaces import get_message, type_hash
from rclpy.duration import Infinite
from rclpy.qos import QoSProfile, qos_profile_sensor_data
from ros2cli.bag_topics import definition_text, to_recorded
from ros2cli.bag_writer import BagWriter

TYPE = 'sensor_msgs/msg/JointState'
HASH = type_hash(get_message(TYPE))
FIRST_NS, LAST_NS = 1_700_000_000_000_000_001, 1_700_000_000_500_000_001
DATA = b'\x00\x01\x00\x00data'
FOR_EVER = {'sec': 9223372036, 'nsec': 854775807}
OFFERS = [
    {
        'history': 'keep_last', 'depth': 5, 'reliability': 'best_effort', 'durability': 'volatile',
        'deadline': {'sec': 0, 'nsec': 0}, 'lifespan': {'sec': 0, 'nsec': 0},
        'liveliness': 'system_default', 'liveliness_lease_duration': {'sec': 0, 'nsec': 0},
        'avoid_ros_namespace_conventions': False,
    },
    {
        'history': 'keep_last', 'depth': 1, 'reliability': 'reliable', 'durability': 'volatile',
        'deadline': FOR_EVER, 'lifespan': {'sec': 0, 'nsec': 0},
        'liveliness': 'system_default', 'liveliness_lease_duration': {'sec': 0, 'nsec': 0},
        'avoid_ros_namespace_conventions': False,
    },
]  # fmt: skip


@pytest.fixture(params=['mcap', 'sqlite3'])
def storage(request):
    return request.param


@pytest.fixture
def bag(tmp_path, storage):
    profiles = (qos_profile_sensor_data, QoSProfile(depth=1, deadline=Infinite))
    with BagWriter(tmp_path / 'bag', storage, 1000) as writer:
        writer.add_topic('/joints', TYPE, [to_recorded(profile) for profile in profiles])
        writer.write('/joints', FIRST_NS, DATA)
        writer.write('/joints', LAST_NS, DATA)
    return tmp_path / 'bag'


def metadata(text):
    return yaml.safe_load(text)


def test_metadata_has_every_field_of_version_9(bag, storage):
    file = {'mcap': 'bag.mcap', 'sqlite3': 'bag.db3'}[storage]
    times = {
        'starting_time': {'nanoseconds_since_epoch': FIRST_NS},
        'duration': {'nanoseconds': LAST_NS - FIRST_NS},
        'message_count': 2,
    }
    found = metadata((bag / 'metadata.yaml').read_text())['rosbag2_bagfile_information']
    assert found.pop('ros_distro')
    assert found == {
        'version': 9,
        'storage_identifier': storage,
        **times,
        'topics_with_message_count': [
            {
                'topic_metadata': {
                    'name': '/joints', 'type': TYPE, 'serialization_format': 'cdr',
                    'offered_qos_profiles': OFFERS, 'type_description_hash': HASH,
                },
                'message_count': 2,
            }
        ],
        'compression_format': '', 'compression_mode': '',
        'relative_file_paths': [file],
        'files': [{'path': file, **times}],
        'custom_data': None,  # as yaml-cpp writes a map without entries
    }  # fmt: skip


def records(data):
    """Operation codes and contents of MCAP records."""
    while data:
        code, size = struct.unpack_from('<BQ', data)
        yield code, data[9 : 9 + size]
        data = data[9 + size :]


def texts(data, count):
    """Strings at the start of some bytes, and the rest."""
    found = []
    for _ in range(count):
        (size,) = struct.unpack_from('<I', data)
        found.append(data[4 : 4 + size].decode())
        data = data[4 + size :]
    return *found, data


@pytest.mark.parametrize('storage', ['mcap'], indirect=True)
def test_mcap_records_are_those_of_ros(bag):
    magic = b'\x89MCAP0\r\n'
    content = (bag / 'bag.mcap').read_bytes()
    assert content.startswith(magic) and content.endswith(magic)
    outer = list(records(content[8:-8]))
    assert texts(outer[0][1], 1)[0] == 'ros2'  # header: profile
    (chunk,) = (data for code, data in outer if code == 0x06)
    compression, inner = texts(chunk[28:], 1)
    assert compression == ''
    found = dict(records(inner[8:]))

    name, encoding, definition, _ = texts(found[0x03][2:], 3)
    assert (name, encoding, definition) == (TYPE, 'ros2msg', definition_text(TYPE))
    topic, encoding, rest = texts(found[0x04][4:], 2)
    assert (topic, encoding) == ('/joints', 'cdr')
    key, offers, _ = texts(rest[4:], 2)
    assert (key, metadata(offers)) == ('offered_qos_profiles', OFFERS)
    channel, _, log_ns, publish_ns = struct.unpack_from('<HIQQ', found[0x05])
    assert (channel, log_ns, publish_ns) == (1, LAST_NS, LAST_NS)
    assert found[0x05][22:] == DATA

    (kept,) = (data for code, data in outer if code == 0x0C)
    name, rest = texts(kept, 1)
    key, text, _ = texts(rest[4:], 2)
    assert (name, key) == ('rosbag2', 'serialized_metadata')
    (topic,) = metadata(text)['topics_with_message_count']
    assert topic['topic_metadata']['type_description_hash'] == HASH


@pytest.mark.parametrize('storage', ['sqlite3'], indirect=True)
def test_sqlite3_tables_are_those_of_ros(bag):
    with sqlite3.connect(bag / 'bag.db3') as found:
        assert found.execute('SELECT schema_version FROM schema').fetchall() == [(4,)]
        ((version, text),) = found.execute('SELECT metadata_version, metadata FROM metadata')
        assert (version, metadata(text)['version']) == (9, 9)
        ((*topic, offers),) = found.execute(
            'SELECT name, type, serialization_format, type_description_hash, offered_qos_profiles '
            'FROM topics'
        )
        assert topic == ['/joints', TYPE, 'cdr', HASH]
        assert metadata(offers) == OFFERS
        assert found.execute(
            'SELECT topic_type, encoding, encoded_message_definition, type_description_hash '
            'FROM message_definitions'
        ).fetchall() == [(TYPE, 'ros2msg', definition_text(TYPE), HASH)]
        assert found.execute('SELECT timestamp, topic_id, data FROM messages').fetchall() == [
            (FIRST_NS, 1, DATA), (LAST_NS, 1, DATA),
        ]  # fmt: skip
    found.close()


def test_bag_of_ros_jazzy_is_read(bag, storage, ros2):
    """The metadata of `ros2 bag record` of Jazzy, as yaml-cpp writes it."""
    path = bag / 'metadata.yaml'
    text = path.read_text().replace('custom_data: null', 'custom_data: ~')
    path.write_text(text.replace('ros_distro: rosbags', 'ros_distro: jazzy'))
    output = ros2('bag', 'info', str(bag)).stdout
    assert 'ROS Distro:        jazzy' in output
    assert f'Topic: /joints | Type: {TYPE} | Count: 2 | Serialization Format: cdr' in output
