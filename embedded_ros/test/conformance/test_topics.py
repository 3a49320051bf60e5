"""Publishers and subscriptions."""

import pytest
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import String

from rclpy.duration import Duration
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from rclpy.serialization import deserialize_message, serialize_message

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


@pytest.fixture
def connect(make_node, spin_until):
    """Function that makes a publisher, and a subscription in another node."""
    nodes = make_node('sender'), make_node('receiver')

    def make(msg_type, qos=10, callback=None, **options):
        received = []
        subscription = nodes[1].create_subscription(
            msg_type, 'topic', callback or received.append, qos, **options
        )
        publisher = nodes[0].create_publisher(msg_type, 'topic', qos)
        spin_until(
            lambda: publisher.get_subscription_count() and subscription.get_publisher_count(),
            nodes[1],
        )
        return publisher, received

    return make


def test_messages_arrive_in_order(connect, spin_until):
    publisher, received = connect(String, 100)
    for number in range(50):
        publisher.publish(String(data=str(number)))
    spin_until(lambda: len(received) == 50)
    assert [message.data for message in received] == [str(number) for number in range(50)]


def test_all_fields_arrive(connect, spin_until):
    publisher, received = connect(JointState)
    sent = JointState(name=['a', 'ü'], position=[1.5, -2.5], effort=[0.0, 1e-300])
    sent.header.frame_id = 'frame'
    sent.header.stamp.sec = 5
    publisher.publish(sent)
    assert spin_until(lambda: received)[0] == sent


@pytest.mark.parametrize('qos', [10, qos_profile_sensor_data], ids=['reliable', 'best effort'])
def test_images_arrive(connect, spin_until, qos):
    publisher, received = connect(Image, qos)
    sent = Image(height=480, width=640, step=1920, data=bytes(range(256)) * 3600)

    def arrived():
        publisher.publish(sent)   # best effort may lose some
        return received

    assert spin_until(arrived)[0].data == sent.data


def test_callbacks_can_ask_for_the_time_of_sending(connect, spin_until):
    infos = []
    publisher, _ = connect(String, callback=lambda message, info: infos.append(info))
    publisher.publish(String())
    info = spin_until(lambda: infos)[0]
    assert 0 < info['source_timestamp'] <= info['received_timestamp']


def test_serialised_messages_can_be_sent_and_received(connect, spin_until):
    publisher, received = connect(String, raw=True)
    publisher.publish(serialize_message(String(data='text')))
    assert deserialize_message(spin_until(lambda: received)[0], String) == String(data='text')


def test_an_exception_in_a_callback_leaves_spin(connect, executor):
    def callback(message):
        raise KeyError(message.data)

    publisher, _ = connect(String, callback=callback)
    publisher.publish(String(data='text'))
    with pytest.raises(KeyError, match='text'):
        executor.spin()


def test_a_publisher_can_wait_until_all_have_received(connect):
    publisher, _ = connect(String)
    publisher.publish(String())
    assert publisher.wait_for_all_acked(Duration(seconds=30))


def test_processes_exchange_messages(node, run_python, spin_until):
    run_python("""
        import rclpy
        from std_msgs.msg import String
        rclpy.init()
        node = rclpy.create_node('remote')
        publisher = node.create_publisher(String, 'answer', 10)
        node.create_subscription(String, 'question', lambda message: publisher.publish(message), 10)
        rclpy.spin(node)
    """)
    received = []
    publisher = node.create_publisher(String, 'question', 10)
    subscription = node.create_subscription(String, 'answer', received.append, 10)
    spin_until(
        lambda: publisher.get_subscription_count() and subscription.get_publisher_count(), node
    )

    def answered():
        publisher.publish(String(data='text'))   # the other side may know us later than we know it
        return received

    assert spin_until(answered)[0].data == 'text'
