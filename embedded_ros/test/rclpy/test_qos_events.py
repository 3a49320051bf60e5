import pytest
from std_msgs.msg import String

from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
from rclpy.qos import QoSProfile, ReliabilityPolicy

BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
RELIABLE = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)


@pytest.fixture
def pair(make_node):
    return make_node('one'), make_node('two')


def test_incompatible_qos_is_warned_about_on_both_sides(pair, spin_until, capfd):
    pair[0].create_publisher(String, 'topic', BEST_EFFORT)
    pair[1].create_subscription(String, 'topic', print, RELIABLE)
    output = []

    def both_warned():
        output.append(capfd.readouterr().err)
        text = ''.join(output)
        return 'New subscription discovered' in text and 'New publisher discovered' in text

    spin_until(both_warned, *pair)
    lines = ''.join(output).splitlines()
    [warning] = [line for line in lines if 'New subscription discovered' in line]
    assert warning.startswith('[WARN]') and '[one]' in warning
    assert "'topic', requesting incompatible QoS. No messages will be sent to it." in warning
    [warning] = [line for line in lines if 'New publisher discovered' in line]
    assert '[two]' in warning and 'Last incompatible policy: RELIABILITY' in warning


def test_the_warning_can_be_left_out(pair, spin_until, capfd):
    pair[0].create_publisher(
        String,
        'topic',
        BEST_EFFORT,
        event_callbacks=PublisherEventCallbacks(use_default_callbacks=False),
    )
    matched = []
    pair[1].create_subscription(
        String,
        'topic',
        print,
        RELIABLE,
        event_callbacks=SubscriptionEventCallbacks(incompatible_qos=matched.append),
    )
    spin_until(lambda: matched, *pair)
    assert 'incompatible QoS' not in capfd.readouterr().err
