import pytest
from std_msgs.msg import String

from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
from rclpy.qos import DurabilityPolicy, QoSPolicyKind, QoSProfile, ReliabilityPolicy

BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
RELIABLE = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


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


def test_callbacks_hear_of_incompatible_qos(pair, spin_until):
    offered, requested = [], []
    pair[0].create_publisher(
        String, 'topic', 1, event_callbacks=PublisherEventCallbacks(incompatible_qos=offered.append)
    )
    pair[1].create_subscription(
        String,
        'topic',
        print,
        LATCHED,
        event_callbacks=SubscriptionEventCallbacks(incompatible_qos=requested.append),
    )
    spin_until(lambda: offered and requested, *pair)
    for event in (offered[0], requested[0]):
        assert (event.total_count, event.last_policy_kind) == (1, QoSPolicyKind.DURABILITY)


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


def test_callbacks_hear_of_matches(pair, spin_until):
    pub_events, sub_events = [], []
    publisher = pair[0].create_publisher(
        String, 'topic', 1, event_callbacks=PublisherEventCallbacks(matched=pub_events.append)
    )
    subscription = pair[1].create_subscription(
        String,
        'topic',
        print,
        1,
        event_callbacks=SubscriptionEventCallbacks(matched=sub_events.append),
    )
    spin_until(lambda: pub_events and sub_events, *pair)
    assert (pub_events[0].current_count, pub_events[0].current_count_change) == (1, 1)
    assert (sub_events[0].total_count, sub_events[0].total_count_change) == (1, 1)
    pair[1].destroy_subscription(subscription)
    spin_until(lambda: len(pub_events) == 2)
    assert (pub_events[1].current_count, pub_events[1].current_count_change) == (0, -1)
    assert publisher.get_subscription_count() == 0
