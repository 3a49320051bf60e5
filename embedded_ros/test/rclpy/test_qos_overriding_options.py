import pytest
from rcl_interfaces.msg import SetParametersResult
from std_msgs.msg import String

from rclpy.duration import Duration
from rclpy.exceptions import ParameterImmutableException
from rclpy.parameter import Parameter
from rclpy.qos import HistoryPolicy, QoSPolicyKind, QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import InvalidQosOverridesError, QoSOverridingOptions

DEFAULT = QoSOverridingOptions.with_default_policies()


def test_chosen_policies_become_parameters(node):
    publisher = node.create_publisher(String, 'topic', 7, qos_overriding_options=DEFAULT)
    prefix = 'qos_overrides./topic.publisher'
    found = {name: each.value for name, each in node.get_parameters_by_prefix(prefix).items()}
    assert found == {'history': 'keep_last', 'depth': 7, 'reliability': 'reliable'}
    with pytest.raises(ParameterImmutableException):
        node.undeclare_parameter(f'{prefix}.depth')
    assert publisher.qos_profile.depth == 7


def test_parameters_change_the_profile(make_node):
    prefix = 'qos_overrides./topic.subscription_main'
    node = make_node(
        parameter_overrides=[
            Parameter(f'{prefix}.reliability', value='best_effort'),
            Parameter(f'{prefix}.history', value='keep_all'),
            Parameter(f'{prefix}.deadline', value=10**9),
        ]
    )
    options = QoSOverridingOptions(
        [
            QoSPolicyKind.RELIABILITY,
            QoSPolicyKind.HISTORY,
            QoSPolicyKind.DEADLINE,
            QoSPolicyKind.LIFESPAN,
        ],
        entity_id='main',
    )
    profile = node.create_subscription(
        String, 'topic', print, QoSProfile(depth=7), qos_overriding_options=options
    ).qos_profile
    assert profile.reliability == ReliabilityPolicy.BEST_EFFORT
    assert profile.history == HistoryPolicy.KEEP_ALL
    assert profile.deadline == Duration(seconds=1)
    assert not node.has_parameter(f'{prefix}.lifespan')


def test_wrong_values_are_refused(make_node):
    node = make_node(
        parameter_overrides=[
            Parameter('qos_overrides./topic.publisher.reliability', value='certain')
        ]
    )
    with pytest.raises(RuntimeError, match='certain'):
        node.create_publisher(String, 'topic', 1, qos_overriding_options=DEFAULT)


def test_a_callback_judges_the_profile(node):
    options = QoSOverridingOptions.with_default_policies(
        callback=lambda qos: SetParametersResult(successful=qos.depth > 5, reason='too shallow')
    )
    assert node.create_publisher(String, 'deep', 6, qos_overriding_options=options)
    with pytest.raises(InvalidQosOverridesError, match='too shallow'):
        node.create_publisher(String, 'shallow', 5, qos_overriding_options=options)
