"""Quality of service: profiles, what they do, and the events that tell of them."""

import pytest
from std_msgs.msg import String

from rclpy.duration import Duration
from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
from rclpy.parameter import Parameter
from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    InvalidQoSProfileException,
    LivelinessPolicy,
    QoSCompatibility,
    QoSPolicyKind,
    QoSPresetProfiles,
    QoSProfile,
    ReliabilityPolicy,
    qos_check_compatible,
    qos_profile_sensor_data,
)
from rclpy.qos_overriding_options import QoSOverridingOptions

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


def test_a_profile_needs_a_history():
    with pytest.raises(InvalidQoSProfileException):
        QoSProfile()
    with pytest.raises(InvalidQoSProfileException):
        QoSProfile(history=HistoryPolicy.KEEP_LAST)


def test_the_presets_have_their_values():
    sensor_data = qos_profile_sensor_data
    assert (sensor_data.depth, sensor_data.reliability) == (5, ReliabilityPolicy.BEST_EFFORT)
    assert QoSPresetProfiles.get_from_short_key('sensor_data') == sensor_data
    assert ReliabilityPolicy.get_from_short_key('best_effort') == ReliabilityPolicy.BEST_EFFORT
    assert DurabilityPolicy.TRANSIENT_LOCAL.short_key == 'transient_local'


@pytest.mark.parametrize(
    ('offered', 'requested', 'verdict'),
    [
        ({}, {'reliability': ReliabilityPolicy.BEST_EFFORT}, QoSCompatibility.OK),
        ({'reliability': ReliabilityPolicy.BEST_EFFORT}, {}, QoSCompatibility.ERROR),
        ({'durability': DurabilityPolicy.TRANSIENT_LOCAL}, {}, QoSCompatibility.OK),
        ({}, {'durability': DurabilityPolicy.TRANSIENT_LOCAL}, QoSCompatibility.ERROR),
        ({}, {'deadline': Duration(seconds=1)}, QoSCompatibility.ERROR),
        ({'liveliness': LivelinessPolicy.SYSTEM_DEFAULT},) * 2 + (QoSCompatibility.WARNING,),
    ],
)
def test_compatibility_can_be_asked_for(offered, requested, verdict):
    known = {'depth': 1, 'liveliness': LivelinessPolicy.AUTOMATIC}
    result, _ = qos_check_compatible(
        QoSProfile(**(known | offered)), QoSProfile(**(known | requested))
    )
    assert result == verdict


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


def test_both_sides_are_warned_of_incompatible_qos(pair, spin_until, capfd):
    pair[0].create_publisher(String, 'topic', BEST_EFFORT)
    pair[1].create_subscription(String, 'topic', print, RELIABLE)
    output = []

    def warned():
        output.append(capfd.readouterr().err)
        text = ''.join(output)
        return 'New subscription discovered' in text and 'New publisher discovered' in text

    spin_until(warned, *pair)
    lines = ''.join(output).splitlines()
    [by_one] = [line for line in lines if 'New subscription discovered' in line]
    [by_two] = [line for line in lines if 'New publisher discovered' in line]
    assert by_one.startswith('[WARN]') and '[one]' in by_one and "'topic'" in by_one
    assert '[two]' in by_two and 'RELIABILITY' in by_two


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


def test_chosen_policies_are_parameters(make_node):
    prefix = 'qos_overrides./topic.publisher'
    node = make_node(parameter_overrides=[Parameter(f'{prefix}.depth', value=3)])
    options = QoSOverridingOptions.with_default_policies()
    node.create_publisher(String, 'topic', 7, qos_overriding_options=options)
    found = {name: each.value for name, each in node.get_parameters_by_prefix(prefix).items()}
    assert found == {'history': 'keep_last', 'depth': 3, 'reliability': 'reliable'}
