"""Declaring, reading, describing and setting the parameters of one's own node."""

import pytest
from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    ParameterType,
    ParameterValue,
    SetParametersResult,
)

from rclpy.exceptions import (
    InvalidParameterException,
    InvalidParameterValueException,
    ParameterImmutableException,
    ParameterNotDeclaredException,
)
from rclpy.parameter import Parameter

Type = Parameter.Type


def result(successful, reason=''):
    return SetParametersResult(successful=successful, reason=reason)


def integers(low, high, step=0):
    limits = IntegerRange(from_value=low, to_value=high, step=step)
    return ParameterDescriptor(integer_range=[limits])


def doubles(low, high, step=0.0):
    limits = FloatingPointRange(from_value=low, to_value=high, step=step)
    return ParameterDescriptor(floating_point_range=[limits])


def set_value(node, name, value):
    return node.set_parameters([Parameter(name, value=value)])[0]


def test_the_type_of_a_parameter_can_be_read(node):
    node.declare_parameter('a', 5)
    assert node.get_parameter_type('a') == ParameterType.PARAMETER_INTEGER
    assert node.get_parameter_types(['a']) == [ParameterType.PARAMETER_INTEGER]


def test_wrong_declarations_are_refused(node):
    with pytest.raises(InvalidParameterException):
        node.declare_parameter('', 1)
    with pytest.raises(TypeError):
        node.declare_parameters('', [(1, 1)])
    with pytest.raises(TypeError):
        node.declare_parameters('', [('a', 1, 'descriptor')])
    with pytest.raises(TypeError):
        node.declare_parameters('', [('a', 1, ParameterDescriptor(), 1)])
    with pytest.raises(ValueError):
        node.declare_parameter('a', Type.NOT_SET)
    with pytest.raises(ValueError):
        node.declare_parameter('a', None, ParameterDescriptor())


def test_a_declaration_without_value_and_type_is_deprecated(node):
    with pytest.warns(UserWarning, match='deprecated'):
        node.declare_parameter('a')
    assert set_value(node, 'a', 'text').successful
    assert set_value(node, 'a', 1).successful


def test_undeclared_parameters_cannot_be_used(node):
    with pytest.raises(ParameterNotDeclaredException):
        node.get_parameter('a')
    with pytest.raises(ParameterNotDeclaredException):
        node.get_parameter_type('a')
    with pytest.raises(ParameterNotDeclaredException):
        node.describe_parameter('a')
    with pytest.raises(ParameterNotDeclaredException):
        node.undeclare_parameter('a')
    with pytest.raises(ParameterNotDeclaredException):
        set_value(node, 'a', 1)
    with pytest.raises(TypeError):
        node.get_parameters([1])


def test_a_parameter_without_value_can_be_read_with_an_alternative(node):
    node.declare_parameter('a', Type.INTEGER)
    assert node.get_parameter_or('a', Parameter('a', value=7)).value == 7


def test_the_type_of_a_parameter_does_not_change(node):
    node.declare_parameter('a', 1)
    refused = set_value(node, 'a', 1.0)
    assert not refused.successful and 'Wrong parameter type' in refused.reason
    assert not node.set_parameters([Parameter('a', Type.NOT_SET)])[0].successful
    assert node.get_parameter('a').value == 1


def test_dynamically_typed_parameters_change_their_type_and_can_be_deleted(node):
    node.declare_parameter('a', None, ParameterDescriptor(dynamic_typing=True))
    assert node.get_parameter('a').value is None
    assert set_value(node, 'a', 1).successful
    assert set_value(node, 'a', 'text').successful
    assert node.describe_parameter('a').type == ParameterType.PARAMETER_STRING
    assert node.set_parameters([Parameter('a', Type.NOT_SET)])[0].successful
    assert not node.has_parameter('a')


def test_read_only_parameters_keep_their_value(node):
    node.declare_parameter('a', 1, ParameterDescriptor(read_only=True))
    refused = set_value(node, 'a', 2)
    assert not refused.successful and 'read-only' in refused.reason
    with pytest.raises(ParameterImmutableException):
        node.undeclare_parameter('a')


def test_an_undeclared_parameter_can_be_declared_again(node):
    node.declare_parameter('a', 1)
    node.undeclare_parameter('a')
    assert not node.has_parameter('a')
    assert node.declare_parameter('a', 'text').value == 'text'


@pytest.mark.parametrize(('value', 'accepted'), [(2**60 + 1, True), (2**60 + 2, False)])
def test_steps_of_large_integers_are_exact(node, value, accepted):
    node.declare_parameter('a', 1, integers(1, 2**62, step=2))
    assert set_value(node, 'a', value).successful is accepted


@pytest.mark.parametrize(
    ('value', 'accepted'),
    [
        (-0.1, False),
        (0.0, True),
        (0.3, True),
        (0.35, False),
        (1.05, True),
        (1.1, False),
        (0.1 + 0.2, True),
        (float('inf'), False),
        (float('nan'), False),
    ],
)
def test_doubles_keep_to_their_range_and_step(node, value, accepted):
    node.declare_parameter('a', 0.0, doubles(0.0, 1.05, step=0.1))
    assert set_value(node, 'a', value).successful is accepted


def test_a_default_value_out_of_range_is_refused(node):
    with pytest.raises(InvalidParameterValueException, match='out of range'):
        node.declare_parameter('a', 11, integers(0, 10))
    assert not node.has_parameter('a')


def test_undeclared_parameters_can_be_allowed(make_node):
    node = make_node(allow_undeclared_parameters=True)
    assert node.get_parameter('a').type_ == Type.NOT_SET
    assert set_value(node, 'a', 1).successful
    assert set_value(node, 'a', 'text').successful
    assert node.get_parameter('a').value == 'text'
    assert node.describe_parameter('b') == ParameterDescriptor()


def test_callbacks_judge_together_what_is_set_together(node):
    node.declare_parameters('', [('a', 1), ('b', 1)])
    seen = []

    def callback(parameters):
        seen.append([(each.name, each.value) for each in parameters])
        return result(all(each.value < 10 for each in parameters), 'too much')

    node.add_on_set_parameters_callback(callback)
    wanted = [Parameter('a', value=2), Parameter('b', value=20)]
    assert node.set_parameters_atomically(wanted) == result(False, 'too much')
    assert node.get_parameter('a').value == 1
    assert [each.successful for each in node.set_parameters(wanted)] == [True, False]
    assert seen == [[('a', 2), ('b', 20)], [('a', 2)], [('b', 20)]]


def test_a_callback_judges_default_values_too(node):
    node.add_on_set_parameters_callback(lambda parameters: result(False, 'no'))
    with pytest.raises(InvalidParameterValueException, match='no'):
        node.declare_parameter('a', 1)


def test_a_callback_before_setting_must_leave_something_to_set(node):
    node.declare_parameter('a', 1)

    def drop(parameters):
        return []

    node.add_pre_set_parameters_callback(drop)
    assert not set_value(node, 'a', 2).successful
    node.remove_pre_set_parameters_callback(drop)
    assert set_value(node, 'a', 2).successful


def test_callbacks_after_setting_find_the_new_value_in_the_node(node):
    node.declare_parameter('a', 1)
    seen = []
    node.add_post_set_parameters_callback(lambda _: seen.append(node.get_parameter('a').value))
    set_value(node, 'a', 2)
    assert seen == [2]


@pytest.mark.parametrize(
    ('prefixes', 'depth', 'names'),
    [
        ([], 0, ['a', 'b.c', 'b.d.e']),
        ([], 1, ['a']),
        ([], 2, ['a', 'b.c']),
        (['b'], 0, ['b.c', 'b.d.e']),
        (['b'], 1, ['b.c']),
        (['a', 'b.d'], 0, ['a', 'b.d.e']),
    ],
)
def test_parameters_are_listed_by_prefix_and_depth(node, prefixes, depth, names):
    node.declare_parameters('', [('a', 1), ('b.c', 1), ('b.d.e', 1)])
    listed = node.list_parameters(prefixes, depth)
    assert [name for name in listed.names if name[0] in 'ab'] == names
    assert {name.rpartition('.')[0] for name in names} - {''} == set(listed.prefixes)


def test_parameters_are_found_by_prefix(node):
    node.declare_parameters('', [('b.c', 1), ('b.d.e', 2), ('bb', 3)])
    found = {name: each.value for name, each in node.get_parameters_by_prefix('b').items()}
    assert found == {'c': 1, 'd.e': 2}


def test_a_descriptor_can_be_replaced(node):
    node.declare_parameter('a', 20)
    value = node.set_descriptor(
        'a',
        ParameterDescriptor(
            type=ParameterType.PARAMETER_INTEGER, integer_range=integers(0, 30).integer_range
        ),
    )
    assert value.integer_value == 20
    narrow = ParameterDescriptor(
        type=ParameterType.PARAMETER_INTEGER, integer_range=integers(0, 10).integer_range
    )
    with pytest.raises(InvalidParameterValueException):
        node.set_descriptor('a', narrow)
    alternative = ParameterValue(type=ParameterType.PARAMETER_INTEGER, integer_value=10)
    assert node.set_descriptor('a', narrow, alternative).integer_value == 10
    with pytest.raises(ParameterNotDeclaredException):
        node.set_descriptor('b', narrow)


def test_overrides_can_be_declared_by_themselves(make_node):
    node = make_node(
        parameter_overrides=[Parameter('a.b', value=2)],
        automatically_declare_parameters_from_overrides=True,
    )
    assert node.get_parameter('a.b').value == 2
