"""Quality of service: profiles, what they do, and the events that tell of them."""

import pytest
from std_msgs.msg import String

from rclpy.duration import Duration
from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    QoSPolicyKind,
    QoSProfile,
    ReliabilityPolicy,
)

BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
RELIABLE = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
LATCHED = QoSProfile(depth=3, durability=DurabilityPolicy.TRANSIENT_LOCAL)


@pytest.fixture
def pair(make_node):
    return make_node('one'), make_node('two')


def test_a_depth_alone_means_reliable_volatile_keep_last():
    profile = QoSProfile(depth=7)
    assert (profile.history, profile.depth) == (HistoryPolicy.KEEP_LAST, 7)
    assert profile.reliability == ReliabilityPolicy.RELIABLE
    assert profile.durability == DurabilityPolicy.VOLATILE
    assert profile.deadline == profile.lifespan == Duration()
    assert profile == QoSProfile(depth=7) != QoSProfile(depth=8)


def test_a_late_subscription_gets_the_latched_messages_only(pair, spin_until):
    publisher = pair[0].create_publisher(String, 'topic', LATCHED)
    for text in 'abcde':
        publisher.publish(String(data=text))
    latched, volatile = [], []
    pair[1].create_subscription(String, 'topic', lambda m: latched.append(m.data), LATCHED)
    pair[1].create_subscription(String, 'topic', lambda m: volatile.append(m.data), 10)
    spin_until(lambda: len(latched) == 3 and publisher.get_subscription_count() == 2, pair[1])
    publisher.publish(String(data='end'))
    spin_until(lambda: 'end' in latched and volatile, pair[1])
    assert (latched, volatile) == (['c', 'd', 'e', 'end'], ['end'])


def test_both_sides_hear_of_incompatible_qos(pair, spin_until):
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


def test_both_sides_hear_of_matches(pair, spin_until):
    of_publisher, of_subscription = [], []
    pair[0].create_publisher(
        String, 'topic', 1, event_callbacks=PublisherEventCallbacks(matched=of_publisher.append)
    )
    subscription = pair[1].create_subscription(
        String,
        'topic',
        print,
        1,
        event_callbacks=SubscriptionEventCallbacks(matched=of_subscription.append),
    )
    spin_until(lambda: of_publisher and of_subscription, *pair)
    assert (of_publisher[0].current_count, of_publisher[0].current_count_change) == (1, 1)
    assert (of_subscription[0].total_count, of_subscription[0].total_count_change) == (1, 1)
    pair[1].destroy_subscription(subscription)
    spin_until(lambda: len(of_publisher) == 2)
    assert (of_publisher[1].current_count, of_publisher[1].current_count_change) == (0, -1)
