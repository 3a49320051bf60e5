import pytest
from sensor_msgs.msg import JointState
from std_msgs.msg import String

from rclpy.exceptions import InvalidHandle


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


def test_callbacks_can_be_coroutines(connect, spin_until):
    received = []

    async def callback(message):
        received.append(message.data)

    publisher, _ = connect(String, callback=callback)
    publisher.publish(String(data='text'))
    assert spin_until(lambda: received) == ['text']


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
