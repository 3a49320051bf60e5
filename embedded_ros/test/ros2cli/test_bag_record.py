"""`ros2 bag record` in a process of its own, which records nodes of this one."""

import array
import itertools
import signal

import pytest
from builtin_interfaces.msg import Duration, Time
from rosbags.interfaces import QosDurability, QosReliability
from rosbags.rosbag2 import Reader
from rosbags.typesys import get_types_from_msg
from rosbags.typesys.store import Typestore
from rosgraph_msgs.msg import Clock
from segue.msg import ActionChunk
from sensor_msgs.msg import Image
from std_msgs.msg import String

import rclpy
from embedded_ros.interfaces import type_hash
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import serialize_message

LATCHED = QoSProfile(depth=3, durability=DurabilityPolicy.TRANSIENT_LOCAL)
COUNT = 25


def _texts(prefix, count=COUNT):
    return [String(data=f'{prefix} {number}') for number in range(count)]


def _images():
    pixels = (array.array('B', [number]) * (96 * 128 * 3) for number in range(COUNT))
    return [Image(height=96, width=128, encoding='rgb8', step=384, data=data) for data in pixels]


def _chunks():
    return [
        ActionChunk(
            session_id='s',
            chunk_number=number,
            step=Duration(nanosec=33_000_000),
            names=['a', 'b'],
            units=['rad', 'm'],
            actions=array.array('f', [number, 0.5] * 10),
        )
        for number in range(COUNT)
    ]


@pytest.fixture
def node(own_node):
    return own_node('talker')


@pytest.fixture
def record(start_ros2, tmp_path):
    """Function that starts recording; it returns a function that ends it and reads the bag."""
    numbers = itertools.count()

    def start(*arguments):
        path = tmp_path / f'bag{next(numbers)}'
        process = start_ros2('bag', 'record', '-o', str(path), *arguments)

        def finish(number=signal.SIGINT):
            process.send_signal(number)
            _, errors = process.communicate(timeout=30)
            assert process.returncode == 0, errors
            return path, errors

        return finish

    return start


def _publish(wait_until, publisher, messages):
    """Publish once the recorder listens, and wait until it has everything."""
    wait_until(publisher.get_subscription_count, 'the recorder subscribed')
    for message in messages:
        publisher.publish(message)
    assert publisher.wait_for_all_acked(rclpy.duration.Duration(seconds=30))


def _read(path):
    """Connections by topic, and the bytes of the messages by topic."""
    with Reader(path) as bag:
        data = {topic: [] for topic in bag.topics}
        stamps = []
        for connection, stamp, message in bag.messages():
            data[connection.topic].append(bytes(message))
            stamps.append(stamp)
        assert stamps == sorted(stamps)
        return {connection.topic: connection for connection in bag.connections}, data


@pytest.mark.parametrize(
    ('storage', 'number'), [('mcap', signal.SIGINT), ('sqlite3', signal.SIGTERM)]
)
def test_bag_has_all_bytes_of_two_nodes_after_a_signal(
    own_node, record, wait_until, storage, number
):
    talker, camera = own_node('talker'), own_node('camera')
    messages = {
        '/rec/text': _texts('text'),
        '/rec/chunk': _chunks(),
        '/rec/image': _images(),
        '/rec/latched': _texts('kept', 3),
    }
    depth = QoSProfile(depth=COUNT)
    publishers = {
        '/rec/text': talker.create_publisher(String, '/rec/text', depth),
        '/rec/chunk': talker.create_publisher(ActionChunk, '/rec/chunk', depth),
        '/rec/image': camera.create_publisher(Image, '/rec/image', depth),
    }
    latched = camera.create_publisher(String, '/rec/latched', LATCHED)
    for message in messages['/rec/latched']:
        latched.publish(message)
    finish = record('-e', '^/rec/', '-s', storage)
    for topic, publisher in publishers.items():
        _publish(wait_until, publisher, messages[topic])
    _publish(wait_until, latched, [])
    path, errors = finish(number)
    connections, data = _read(path)
    assert data == {
        topic: [bytes(serialize_message(message)) for message in sent]
        for topic, sent in messages.items()
    }
    assert "Subscribed to topic '/rec/image'" in errors and 'Recording stopped' in errors
    for topic, sent in messages.items():
        assert connections[topic].digest in ('', type_hash(type(sent[0])))  # mcap has none
    offer = connections['/rec/latched'].ext.offered_qos_profiles[0]
    assert offer.durability == QosDurability.TRANSIENT_LOCAL
    assert offer.reliability == QosReliability.RELIABLE
    chunk = connections['/rec/chunk']
    store = Typestore()
    store.register(get_types_from_msg(chunk.msgdef.data, chunk.msgtype))
    decoded = store.deserialize_cdr(data['/rec/chunk'][7], chunk.msgtype)
    assert (decoded.chunk_number, decoded.units, decoded.actions[0]) == (7, ['rad', 'm'], 7.0)


def test_topic_that_appears_later_is_recorded(node, record, wait_until):
    first = node.create_publisher(String, '/later/first', QoSProfile(depth=COUNT))
    finish = record('--all', '--exclude-topics', '/later/not')
    _publish(wait_until, first, _texts('first'))
    node.create_publisher(String, '/later/not', 10)
    second = node.create_publisher(String, '/later/second', QoSProfile(depth=COUNT))
    _publish(wait_until, second, _texts('second'))
    connections, data = _read(finish()[0])
    assert len(data['/later/first']) == len(data['/later/second']) == COUNT
    assert '/later/not' not in connections


def test_publishers_of_different_reliability_are_all_heard(node, record, wait_until):
    publishers = [
        node.create_publisher(String, '/mixed', QoSProfile(depth=COUNT, reliability=reliability))
        for reliability in (ReliabilityPolicy.BEST_EFFORT, ReliabilityPolicy.RELIABLE)
    ]
    finish = record('/mixed')
    for publisher in publishers:
        wait_until(publisher.get_subscription_count, 'the recorder matches the publisher')
    for publisher, text in zip(publishers, ('best', 'sure'), strict=True):
        _publish(wait_until, publisher, _texts(text))
    connections, data = _read(finish()[0])
    heard = b''.join(data['/mixed'])
    assert b'best' in heard and b'sure' in heard
    offers = connections['/mixed'].ext.offered_qos_profiles
    assert {offer.reliability.name for offer in offers} == {'BEST_EFFORT', 'RELIABLE'}


def test_simulated_time_stamps_the_messages(node, record, wait_until):
    clock = node.create_publisher(Clock, '/clock', 10)
    texts = node.create_publisher(String, '/timed', 10)
    finish = record('/timed', '--use-sim-time')
    _publish(wait_until, clock, [Clock(clock=Time(sec=1000, nanosec=5))])
    _publish(wait_until, texts, _texts('timed', 5))
    with Reader(finish()[0]) as bag:
        stamps = [stamp for _, stamp, _ in bag.messages()]
    assert stamps == [1000 * 10**9 + 5] * 5


def test_recording_of_nothing_gives_an_empty_bag(record, start_ros2, own_node, wait_until):
    finish = record('/nobody/there')
    node = own_node('watcher')
    wait_until(lambda: 'rosbag2_recorder' in node.get_node_names(), 'the recorder runs')
    connections, _ = _read(finish()[0])
    assert connections == {}


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ([], 'Need to specify at least one option out of --all, --topics or --regex'),
        (['-e', '('], "--regex '(' is not a regular expression"),
        (['-a', '-o', '/proc/bag'], "cannot write bag '/proc/bag'"),
        (['-a', '-o', '/'], "Output folder '/' already exists"),
    ],
)
def test_recording_that_cannot_work_tells_why(ros2, arguments, message):
    result = ros2('bag', 'record', *arguments)
    assert result.returncode == 1
    lines = [line for line in result.stderr.splitlines() if '[INFO]' not in line]
    assert len(lines) == 1 and message in lines[0]


def test_topic_of_unknown_type_is_not_recorded_but_told(node, start_ros2, run_python, tmp_path):
    (tmp_path / 'share/ament_index/resource_index/packages').mkdir(parents=True)
    (tmp_path / 'share/ament_index/resource_index/packages/foreign').write_text('')
    (tmp_path / 'share/foreign/msg').mkdir(parents=True)
    (tmp_path / 'share/foreign/msg/Thing.msg').write_text('int32 x\n')
    other = run_python(
        """
        import rclpy
        from foreign.msg import Thing
        rclpy.init(args=[])
        node = rclpy.create_node('foreigner')
        publisher = node.create_publisher(Thing, '/foreign', 10)
        print('ready')
        input()
        """,
        env={'AMENT_PREFIX_PATH': str(tmp_path)},
    )
    other.read_line()
    process = start_ros2('bag', 'record', '-a', '-o', str(tmp_path / 'bag'))
    lines = iter(process.stderr.readline, '')
    warning = next(line for line in lines if 'is not recorded' in line)
    assert "Topic '/foreign'" in warning and 'foreign/msg/Thing' in warning
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 0
