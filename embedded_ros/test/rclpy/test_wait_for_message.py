import threading

from std_msgs.msg import String

from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.wait_for_message import wait_for_message

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def test_a_message_is_received_without_spinning(node, make_node):
    publisher = make_node('talker').create_publisher(String, 'topic', LATCHED)
    publisher.publish(String(data='text'))
    received, message = wait_for_message(
        String, node, 'topic', qos_profile=LATCHED, time_to_wait=30.0
    )
    assert (received, message) == (True, String(data='text'))
    assert not any(each.topic == 'topic' for each in node.subscriptions)


def test_the_wait_can_end_in_vain(node):
    assert wait_for_message(String, node, 'topic', time_to_wait=0.05) == (False, None)


def test_shutdown_ends_the_wait(context, make_node, wait_until):
    node, results = make_node('listener'), []
    watcher = make_node('watcher')
    thread = threading.Thread(
        target=lambda: results.append(wait_for_message(String, node, 'topic')), daemon=True
    )
    thread.start()
    wait_until(lambda: watcher.count_subscribers('/topic') == 1)
    context.shutdown()
    thread.join(30)
    assert results == [(False, None)]
