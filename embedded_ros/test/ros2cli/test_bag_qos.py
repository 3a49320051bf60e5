import pytest
from rosbags.interfaces import QosLiveliness

from rclpy.duration import Duration
from rclpy.qos import DurabilityPolicy, LivelinessPolicy, QoSProfile, ReliabilityPolicy
from ros2cli.bag_record import recording_profile
from ros2cli.bag_topics import playing_profile, to_recorded

RELIABLE, BEST_EFFORT = ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT
LATCHED, VOLATILE = DurabilityPolicy.TRANSIENT_LOCAL, DurabilityPolicy.VOLATILE


def _offer(reliability=RELIABLE, durability=VOLATILE, depth=10):
    return QoSProfile(depth=depth, reliability=reliability, durability=durability)


@pytest.mark.parametrize(
    ('offers', 'reliability', 'durability'),
    [
        ([_offer()], RELIABLE, VOLATILE),
        ([_offer(), _offer(BEST_EFFORT)], BEST_EFFORT, VOLATILE),
        ([_offer(durability=LATCHED)], RELIABLE, LATCHED),
        ([_offer(durability=LATCHED), _offer()], RELIABLE, VOLATILE),
    ],
)
def test_recording_asks_for_what_all_publishers_offer(offers, reliability, durability):
    profile = recording_profile(offers)
    assert (profile.reliability, profile.durability) == (reliability, durability)


def test_recording_has_room_for_all_latched_messages():
    assert recording_profile([_offer(depth=1), _offer(depth=5000)]).depth == 5000


def test_played_profile_is_the_recorded_one():
    offer = QoSProfile(
        depth=3,
        reliability=RELIABLE,
        durability=LATCHED,
        deadline=Duration(seconds=2.5),
        liveliness=LivelinessPolicy.AUTOMATIC,
        liveliness_lease_duration=Duration(nanoseconds=2**63 - 1),
    )
    assert playing_profile([to_recorded(offer)]) == offer


def test_different_offers_have_no_common_profile_but_depth_is_no_difference():
    deep, shallow = to_recorded(_offer(depth=9)), to_recorded(_offer(depth=2))
    assert playing_profile([shallow, deep]).depth == 9
    assert playing_profile([deep, to_recorded(_offer(BEST_EFFORT))]) is None
    assert playing_profile([]) == QoSProfile(depth=10)


def test_obsolete_policy_becomes_the_default():
    offer = to_recorded(_offer())._replace(liveliness=QosLiveliness.MANUAL_BY_NODE)
    assert playing_profile([offer]).liveliness == LivelinessPolicy.SYSTEM_DEFAULT
