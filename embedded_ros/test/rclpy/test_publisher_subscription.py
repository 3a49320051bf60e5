import pytest
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import String

from rclpy.duration import Duration
from rclpy.exceptions import InvalidHandle
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from rclpy.serialization import deserialize_message, serialize_message

LATCHED = QoSProfile(depth=3, durability=DurabilityPolicy.TRANSIENT_LOCAL)


@pytest.fixture
def connect(node, spin_until):
    """Function that makes a publisher and a list of what a subscription receives."""

    def make(msg_type, qos=10, **options):
        received = []
        subscription = node.create_subscription(
            msg_type, 'topic', options.pop('callback', received.append), qos, **options
        )
        publisher = node.create_publisher(msg_type, 'topic', qos)
        spin_until(
            lambda: publisher.get_subscription_count() and subscription.get_publisher_count(), node
        )
        return publisher, received

    return make


def test_messages_arrive_in_order(connect, spin_until):
    publisher, received = connect(String, 100)
    for number in range(50):
        publisher.publish(String(data=str(number)))
    spin_until(lambda: len(received) == 50)
    assert [message.data for message in received] == [str(number) for number in range(50)]


def test_large_best_effort_messages_arrive(connect, spin_until):
    publisher, received = connect(Image, qos_profile_sensor_data)
    sent = Image(height=480, width=640, step=1920, data=bytes(range(256)) * 3600)
    publisher.publish(sent)
    assert spin_until(lambda: received)[0].data == sent.data


def test_a_late_subscription_gets_latched_messages_only(make_node, spin_until):
    early, late = make_node('early'), make_node('late')
    publisher = early.create_publisher(String, 'topic', LATCHED)
    for text in 'abcde':
        publisher.publish(String(data=text))
    latched, volatile = [], []
    late.create_subscription(String, 'topic', lambda m: latched.append(m.data), LATCHED)
    late.create_subscription(String, 'topic', lambda m: volatile.append(m.data), 10)
    spin_until(lambda: len(latched) == 3 and publisher.get_subscription_count() == 2, late)
    publisher.publish(String(data='end'))
    spin_until(lambda: 'end' in latched and volatile, late)
    assert (latched, volatile) == (['c', 'd', 'e', 'end'], ['end'])


def test_callbacks_can_ask_for_the_time_of_sending(connect, spin_until):
    infos = []
    publisher, _ = connect(String, callback=lambda message, info: infos.append(info))
    publisher.publish(String())
    info = spin_until(lambda: infos)[0]
    assert 0 < info['source_timestamp'] <= info['received_timestamp']


def test_raw_subscriptions_get_bytes(connect, spin_until):
    publisher, received = connect(String, raw=True)
    publisher.publish(String(data='text'))
    assert deserialize_message(spin_until(lambda: received)[0], String) == String(data='text')


def test_serialised_messages_can_be_published(connect, spin_until):
    publisher, received = connect(String)
    publisher.publish(serialize_message(String(data='text')))
    assert spin_until(lambda: received) == [String(data='text')]


def test_callbacks_can_be_coroutines(connect, spin_until):
    received = []

    async def callback(message):
        received.append(message.data)

    publisher, _ = connect(String, callback=callback)
    publisher.publish(String(data='text'))
    assert spin_until(lambda: received) == ['text']


def test_an_exception_in_a_callback_leaves_spin(connect, executor, spin_until):
    def callback(message):
        raise KeyError(message.data)

    publisher, _ = connect(String, callback=callback)
    publisher.publish(String(data='text'))
    with pytest.raises(KeyError, match='text'):
        executor.spin()


def test_all_messages_can_be_waited_for(connect, spin_until):
    publisher, received = connect(String)
    publisher.publish(String())
    assert publisher.wait_for_all_acked(Duration(seconds=30))


def test_only_messages_of_the_right_type_are_published(node):
    publisher = node.create_publisher(String, 'topic', 1)
    with pytest.raises(TypeError):
        publisher.publish('text')
    with pytest.raises(TypeError):
        publisher.publish(JointState())


def test_wrong_arguments_are_refused(node):
    with pytest.raises(TypeError):
        node.create_publisher(String, 'topic', 'reliable')
    with pytest.raises(ValueError):
        node.create_publisher(String, 'topic', -1)
    with pytest.raises(AttributeError):
        node.create_publisher(str, 'topic', 1)
    with pytest.raises(RuntimeError):
        node.create_subscription(String, 'topic', lambda: None, 1)


def test_what_was_destroyed_cannot_be_used(node):
    publisher = node.create_publisher(String, 'topic', 1)
    subscription = node.create_subscription(String, 'topic', print, 1)
    assert node.destroy_publisher(publisher) and node.destroy_subscription(subscription)
    assert publisher not in node.publishers and subscription not in node.subscriptions
    assert not node.destroy_publisher(publisher)
    assert not node.destroy_subscription(subscription)
    with pytest.raises(InvalidHandle):
        publisher.publish(String())
    with pytest.raises(InvalidHandle):
        subscription.get_publisher_count()


def test_publishing_after_shutdown_is_an_error(context, node):
    publisher = node.create_publisher(String, 'topic', 1)
    context.shutdown()
    with pytest.raises(RuntimeError):
        publisher.publish(String())


def test_a_destroyed_subscription_gets_nothing(connect, node, spin_until):
    publisher, received = connect(String)
    still = []
    node.create_subscription(String, 'topic', still.append, 10)
    spin_until(lambda: publisher.get_subscription_count() == 2)
    node.destroy_subscription(next(each for each in node.subscriptions if each.topic == 'topic'))
    publisher.publish(String())
    spin_until(lambda: still)
    assert not received
