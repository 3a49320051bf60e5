import pytest
from launch import LaunchContext
from launch.conditions import (
    IfCondition,
    InvalidConditionExpressionError,
    LaunchConfigurationEquals,
    LaunchConfigurationNotEquals,
    UnlessCondition,
)
from launch.substitutions import LaunchConfiguration


@pytest.mark.parametrize(
    ('text', 'value'),
    [
        ('true', True),
        (' TRUE ', True),
        ('1', True),
        ('false', False),
        ('False', False),
        ('0', False),
    ],
)
def test_if_and_unless_are_opposites(text, value):
    context = LaunchContext()
    context.launch_configurations['use'] = text
    assert IfCondition(LaunchConfiguration('use')).evaluate(context) is value
    assert UnlessCondition(LaunchConfiguration('use')).evaluate(context) is not value


@pytest.mark.parametrize('text', ['', 'yes', '2'])
def test_other_texts_are_refused(text):
    with pytest.raises(InvalidConditionExpressionError, match=f"but got '{text}'"):
        IfCondition(text).evaluate(LaunchContext())


@pytest.mark.parametrize(
    ('expected', 'is_equal'), [('so101', True), ('astribot', False), (None, False)]
)
def test_comparison_with_a_launch_configuration(expected, is_equal):
    context = LaunchContext()
    context.launch_configurations['robot'] = 'so101'
    equal = LaunchConfigurationEquals('robot', expected)
    different = LaunchConfigurationNotEquals('robot', expected)
    assert equal.evaluate(context) is is_equal
    assert different.evaluate(context) is not is_equal


def test_comparison_with_none_asks_whether_it_is_unset():
    assert LaunchConfigurationEquals('robot', None).evaluate(LaunchContext())
