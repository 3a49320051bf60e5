import warnings

import pytest

from embedded_ros import qos
from embedded_ros.duration import Duration
from embedded_ros.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    InvalidQoSProfileException,
    LivelinessPolicy,
    QoSPresetProfiles,
    QoSProfile,
    ReliabilityPolicy,
    qos_policy_name_from_kind,
)


def test_a_depth_alone_means_reliable_volatile_keep_last():
    profile = QoSProfile(depth=7)
    assert (profile.history, profile.depth) == (HistoryPolicy.KEEP_LAST, 7)
    assert profile.reliability == ReliabilityPolicy.RELIABLE
    assert profile.durability == DurabilityPolicy.VOLATILE
    assert profile.liveliness == LivelinessPolicy.SYSTEM_DEFAULT
    assert profile.deadline == profile.lifespan == Duration()
    assert profile.avoid_ros_namespace_conventions is False


@pytest.mark.parametrize('arguments', [{}, {'history': HistoryPolicy.KEEP_LAST}])
def test_a_profile_that_defines_no_history_is_refused(arguments):
    with pytest.raises(InvalidQoSProfileException, match='Invalid QoSProfile'):
        QoSProfile(**arguments)
    assert InvalidQoSProfileException.__module__ == 'rclpy.qos'


def test_a_zero_depth_is_warned_of():
    with pytest.warns(UserWarning, match="zero depth with KEEP_LAST doesn't make sense"):
        QoSProfile(depth=0)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        QoSProfile(history=HistoryPolicy.KEEP_ALL, depth=0)


@pytest.mark.parametrize(
    ('field', 'value'),
    [('reliability', 'best_effort'), ('deadline', 1.0), ('depth', 1.5),
     ('avoid_ros_namespace_conventions', 1)],
)  # fmt: skip
def test_a_value_of_the_wrong_type_is_refused_by_name(field, value):
    with pytest.raises(AssertionError, match=field):
        QoSProfile(**{'depth': 1, field: value})


def test_integers_become_policies():
    assert QoSProfile(depth=1, reliability=2).reliability is ReliabilityPolicy.BEST_EFFORT
    with pytest.raises(ValueError):
        QoSProfile(depth=1, reliability=9)


def test_presets_have_ros_values():
    assert qos.qos_profile_sensor_data == QoSProfile(
        depth=5, reliability=ReliabilityPolicy.BEST_EFFORT
    )
    assert qos.qos_profile_parameters.depth == 1000
    assert qos.qos_profile_action_status_default.durability == DurabilityPolicy.TRANSIENT_LOCAL
    assert QoSPresetProfiles.get_from_short_key('Sensor_Data') is qos.qos_profile_sensor_data
    assert 'best_available' in QoSPresetProfiles.short_keys()


def test_policies_have_command_line_names():
    assert HistoryPolicy.short_keys() == ['system_default', 'keep_last', 'keep_all', 'unknown']
    assert ReliabilityPolicy.get_from_short_key('BEST_effort') == 2
    assert DurabilityPolicy.TRANSIENT_LOCAL.short_key == 'transient_local'
    assert qos_policy_name_from_kind(16) == 'RELIABILITY'
