"""Parameters of a node: declared, overridden, judged, and changed by others."""

import math

import pytest
from rcl_interfaces.msg import (
    IntegerRange,
    ParameterDescriptor,
    ParameterType,
    SetParametersResult,
)

from rclpy.exceptions import (
    ParameterAlreadyDeclaredException,
    ParameterNotDeclaredException,
    ParameterUninitializedException,
)
from rclpy.parameter import Parameter

Type = Parameter.Type
NOT_OURS = {'use_sim_time', 'start_type_description_service'}


def set_value(node, name, value):
    return node.set_parameters([Parameter(name, value=value)])[0]


def test_a_declared_parameter_has_its_default_value(node):
    declared = node.declare_parameter('a', 5, ParameterDescriptor(description='text'))
    assert (declared.name, declared.value, declared.type_) == ('a', 5, Type.INTEGER)
    assert node.has_parameter('a') and node.get_parameter('a').value == 5
    described = node.describe_parameter('a')
    assert (described.type, described.description) == (ParameterType.PARAMETER_INTEGER, 'text')
    with pytest.raises(ParameterAlreadyDeclaredException):
        node.declare_parameter('a', 2)


def test_a_parameter_must_be_declared_and_have_a_value(node):
    with pytest.raises(ParameterNotDeclaredException):
        node.get_parameter('a')
    with pytest.raises(ParameterNotDeclaredException):
        set_value(node, 'a', 1)
    node.declare_parameter('a', Type.INTEGER)
    with pytest.raises(ParameterUninitializedException):
        node.get_parameter('a')
    assert set_value(node, 'a', 1).successful


def test_the_type_does_not_change_unless_it_is_dynamic(node):
    node.declare_parameter('static', 1)
    assert not set_value(node, 'static', 1.0).successful
    node.declare_parameter('dynamic', None, ParameterDescriptor(dynamic_typing=True))
    assert set_value(node, 'dynamic', 1).successful and set_value(node, 'dynamic', 'x').successful
    assert node.set_parameters([Parameter('dynamic', Type.NOT_SET)])[0].successful
    assert not node.has_parameter('dynamic')


@pytest.mark.parametrize(
    ('value', 'accepted'), [(-11, False), (-10, True), (-9, False), (5, True), (6, False)]
)
def test_integers_keep_to_their_range_and_step(node, value, accepted):
    limits = IntegerRange(from_value=-10, to_value=5, step=2)
    node.declare_parameter('a', 0, ParameterDescriptor(integer_range=[limits]))
    assert set_value(node, 'a', value).successful is accepted


def test_callbacks_judge_change_and_hear_of_values(node):
    node.declare_parameters('', [('a', 1), ('b', 1)])
    heard = []

    def double(parameters):
        return [*parameters, Parameter('b', value=2 * parameters[0].value)]

    def judge(parameters):
        return SetParametersResult(
            successful=all(each.value < 10 for each in parameters), reason='too much'
        )

    node.add_pre_set_parameters_callback(double)
    node.add_on_set_parameters_callback(judge)
    node.add_post_set_parameters_callback(lambda ps: heard.extend((p.name, p.value) for p in ps))
    assert set_value(node, 'a', 4).successful
    assert [node.get_parameter(name).value for name in 'ab'] == [4, 8]
    refused = set_value(node, 'a', 5)
    assert (refused.successful, refused.reason) == (False, 'too much')
    node.remove_on_set_parameters_callback(judge)
    assert set_value(node, 'a', 5).successful
    assert heard == [('a', 4), ('b', 8), ('a', 5), ('b', 10)]


def overrides(make_node, *words, **options):
    """What a node gets from its arguments."""
    node = make_node(
        cli_args=['--ros-args', *words],
        automatically_declare_parameters_from_overrides=True,
        **options,
    )
    names = set(node.list_parameters([], 0).names) - NOT_OURS
    return {name: node.get_parameter(name).value for name in names}


@pytest.mark.parametrize(
    ('text', 'value'),
    [
        ('true', True), ('off', False), ('1', 1), ('-7', -7), ('1.5', 1.5), ('1e3', 1000.0),
        ('.inf', math.inf), ('text', 'text'), ("'1'", '1'), ('"true"', 'true'), ('!!str 5', '5'),
        ('a b', 'a b'), ('/dev/ttyACM0', '/dev/ttyACM0'), ('1.2.3', '1.2.3'),
    ],
)  # fmt: skip
def test_values_on_the_command_line_are_yaml(make_node, text, value):
    found = overrides(make_node, '-p', f'a:={text}')
    assert found == {'a': value} and type(found['a']) is type(value)


def test_files_hold_values_for_many_nodes(make_node, tmp_path):
    path = tmp_path / 'parameters.yaml'
    path.write_text("""
/**: {ros__parameters: {all: 1, overlaid: all}}
/ns/*: {ros__parameters: {in_ns: true}}
/ns/node: {ros__parameters: {overlaid: this, nested: {deep: {er: 2.0}}}}
node: {ros__parameters: {in_root: 1}}
/other: {ros__parameters: {not_mine: 1}}
""")
    found = overrides(make_node, '--params-file', str(path), namespace='/ns')
    assert found == {'all': 1, 'overlaid': 'this', 'in_ns': True, 'nested.deep.er': 2.0}
    found = overrides(make_node, '--params-file', str(path), '-p', 'all:=2')
    assert found == {'all': 2, 'overlaid': 'all', 'in_root': 1}
    with pytest.raises(RuntimeError):
        overrides(make_node, '--params-file', '/no_such_file.yaml')


def test_keys_of_files_are_names_and_no_booleans(make_node, tmp_path):
    path = tmp_path / 'parameters.yaml'
    path.write_text("""
/**:
  ros__parameters:
    y: 2.0
    n: 3
    on: 4
    no: 5
    pose: {x: 1.0, y: 2.0}
    value: y
""")
    found = overrides(make_node, '--params-file', str(path))
    expected = {'y': 2.0, 'n': 3, 'on': 4, 'no': 5, 'pose.x': 1.0, 'pose.y': 2.0, 'value': True}
    assert found == expected


def test_an_integer_beyond_64_bits_is_a_double(make_node, tmp_path):
    path = tmp_path / 'parameters.yaml'
    path.write_text('/**: {ros__parameters: {a: 99999999999999999999}}')
    assert overrides(make_node, '--params-file', str(path)) == {'a': 1e20}
