"""`ros2 bag play` in a process of its own, heard by nodes of this one."""

import signal

import pytest
from rosgraph_msgs.msg import Clock
from segue.msg import ActionChunk
from std_msgs.msg import String

from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message, serialize_message
from ros2cli.bag_play import with_clock_ticks
from ros2cli.bag_topics import to_recorded
from ros2cli.bag_writer import BagWriter

START_NS = 1_700_000_000_000_000_000
STEP_NS = 100_000_000
COUNT = 5
DEEP = QoSProfile(depth=1000)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
SENSOR = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)


def _data(message):
    return bytes(serialize_message(message))


TEXTS = [_data(String(data=f'text {number}')) for number in range(COUNT)]
CHUNKS = [_data(ActionChunk(chunk_number=number, names=['a'])) for number in range(COUNT)]
KEPT = _data(String(data='kept'))


@pytest.fixture
def make_bag(tmp_path):
    """Function that writes a bag: COUNT texts and chunks, STEP_NS apart, and one latched text."""

    def make(storage='mcap', step_ns=STEP_NS, text_offer=DEEP, last_ns=None):
        path = tmp_path / 'bag'
        with BagWriter(path, storage, 10**6) as writer:
            for name, kind, offer in (
                ('/kept', 'std_msgs/msg/String', LATCHED),
                ('/text', 'std_msgs/msg/String', text_offer),
                ('/chunk', 'segue/msg/ActionChunk', DEEP),
            ):
                writer.add_topic(name, kind, (to_recorded(offer),))
            writer.write('/kept', START_NS, KEPT)
            for number in range(COUNT):
                stamp = START_NS + number * step_ns
                writer.write('/text', stamp, TEXTS[number])
                writer.write('/chunk', stamp, CHUNKS[number])
            if last_ns is not None:
                writer.write('/text', START_NS + last_ns, TEXTS[0])
        return str(path)

    return make


@pytest.fixture
def listen(own_node, wait_until):
    """Function that subscribes; it returns the bytes heard, and a function that waits for them."""
    node = own_node('listener')
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)

    def start(topic, kind=String, qos=DEEP):
        heard = []
        node.create_subscription(kind, topic, heard.append, qos, raw=True)

        def wait_for(count):
            def has_come():
                executor.spin_once(timeout_sec=0.01)
                return len(heard) >= count

            wait_until(has_come, f'{count} messages came on {topic}')

        return heard, wait_for

    start.node = node
    yield start
    executor.shutdown()


def _play(start_ros2, *arguments):
    return start_ros2('bag', 'play', *arguments)


def _end(process, code=0):
    _, errors = process.communicate(timeout=30)
    assert process.returncode == code, errors
    return errors


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_subscriptions_get_the_recorded_bytes_in_order(make_bag, listen, start_ros2, storage):
    texts, wait_for_texts = listen('/text')
    chunks, wait_for_chunks = listen('/chunk', ActionChunk)
    process = _play(start_ros2, make_bag(storage))
    wait_for_texts(COUNT)
    wait_for_chunks(COUNT)
    assert 'Set rate to 1' in _end(process)
    assert (texts, chunks) == (TEXTS, CHUNKS)


def test_late_subscription_gets_latched_data(make_bag, listen, start_ros2):
    _, wait_for_texts = listen('/text')
    process = _play(start_ros2, make_bag(last_ns=3600 * 10**9))
    wait_for_texts(COUNT)
    kept, wait_for_kept = listen('/kept', qos=LATCHED)
    wait_for_kept(1)
    assert kept == [KEPT]
    process.send_signal(signal.SIGINT)
    assert 'Traceback' not in _end(process, signal.SIGINT)


def test_publisher_offers_what_was_recorded(make_bag, listen, start_ros2, wait_until):
    texts, wait_for_texts = listen('/text', qos=SENSOR)
    process = _play(start_ros2, make_bag(text_offer=SENSOR, last_ns=3600 * 10**9))
    wait_for_texts(1)
    (info,) = listen.node.get_publishers_info_by_topic('/text')
    assert info.qos_profile.reliability == ReliabilityPolicy.BEST_EFFORT
    process.send_signal(signal.SIGTERM)
    assert 'Traceback' not in _end(process, 0)


@pytest.mark.parametrize(
    ('rate', 'ticks'), [(1.0, range(0, 401, 10)), (4.0, range(0, 401, 40)), (0.5, range(0, 401, 5))]
)
def test_clock_ticks_are_uniform_in_bag_time_for_any_rate(
    make_bag, listen, start_ros2, rate, ticks
):
    clocks, wait_for_clocks = listen('/clock', Clock)
    process = _play(start_ros2, make_bag(), '--clock', '100', '--rate', str(rate))
    wait_for_clocks(len(ticks))
    _end(process)
    stamps = [deserialize_message(data, Clock).clock for data in clocks]
    stamps_ns = [stamp.sec * 10**9 + stamp.nanosec for stamp in stamps]
    assert stamps_ns == [START_NS + milliseconds * 10**6 for milliseconds in ticks]


def test_rate_shortens_the_wait(make_bag, listen, start_ros2):
    texts, wait_for_texts = listen('/text')
    year_ns = 365 * 24 * 3600 * 10**9  # never ends unless the rate is used
    process = _play(start_ros2, make_bag(last_ns=year_ns), '--rate', '1e9')
    wait_for_texts(COUNT + 1)
    _end(process)
    assert texts == [*TEXTS, TEXTS[0]]


def test_loop_starts_again_until_interrupted(make_bag, listen, start_ros2):
    texts, wait_for_texts = listen('/text')
    process = _play(start_ros2, make_bag(step_ns=10**6), '--loop')
    wait_for_texts(3 * COUNT)
    process.send_signal(signal.SIGINT)
    assert 'Traceback' not in _end(process, signal.SIGINT)
    assert texts[: 3 * COUNT] == TEXTS * 3


def test_topics_are_chosen_renamed_and_started_later(make_bag, listen, start_ros2):
    texts, wait_for_texts = listen('/renamed')
    originals, _ = listen('/text')
    chunks, _ = listen('/chunk', ActionChunk)
    arguments = ('--topics', '/text', '--remap', '/text:=/renamed', '--start-offset', '0.25')
    process = _play(start_ros2, make_bag(), *arguments, '-d', '0.01')
    wait_for_texts(2)
    _end(process)
    assert (texts, originals, chunks) == (TEXTS[3:], [], [])


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--topics', '/txt'], "the bag has no topic '/txt'; did you mean '/text'?"),
        (['--remap', '/text'], "--remap '/text' is not of the form old_topic:=new_topic"),
        (['--start-offset', '5'], 'the bag has nothing to play with these arguments'),
    ],
)
def test_playing_that_cannot_work_tells_why(make_bag, ros2, arguments, message):
    result = ros2('bag', 'play', make_bag(), *arguments)
    assert result.returncode == 1
    assert message in result.stderr and result.stderr.count('\n') == 1


@pytest.mark.parametrize(
    ('stamps', 'period', 'expected'),
    [
        ([0, 25], None, [(0, True), (25, True)]),
        ([0, 25], 10, [(0, False), (0, True), (10, False), (20, False), (25, True)]),
        ([20], 10, [(0, False), (10, False), (20, False), (20, True)]),
        ([1], 10, [(0, False), (1, True)]),
    ],
)
def test_ticks_come_before_the_messages_of_their_time(stamps, period, expected):
    found = [('topic', stamp, b'x') for stamp in stamps]
    due = with_clock_ticks(found, 0, period)
    assert [(stamp, topic is not None) for topic, stamp, _ in due] == expected
