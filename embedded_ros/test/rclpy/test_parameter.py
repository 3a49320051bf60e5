import array

import pytest
from rcl_interfaces.msg import Parameter as ParameterMessage
from rcl_interfaces.msg import ParameterType

from rclpy.parameter import (
    Parameter,
    get_parameter_value,
    parameter_dict_from_yaml_file,
    parameter_value_to_python,
)

Type = Parameter.Type
VALUES = [
    (True, Type.BOOL),
    (1, Type.INTEGER),
    (1.0, Type.DOUBLE),
    ('a', Type.STRING),
    ([b'a', b'b'], Type.BYTE_ARRAY),
    ([True, False], Type.BOOL_ARRAY),
    ([1, 2], Type.INTEGER_ARRAY),
    ([1.0, 2.0], Type.DOUBLE_ARRAY),
    (['a', 'b'], Type.STRING_ARRAY),
    (array.array('q', [1, 2]), Type.INTEGER_ARRAY),
    (array.array('d', [1.0]), Type.DOUBLE_ARRAY),
    (None, Type.NOT_SET),
]


@pytest.mark.parametrize(('value', 'type_'), VALUES)
def test_the_type_follows_from_the_value(value, type_):
    parameter = Parameter('name', value=value)
    assert (parameter.name, parameter.type_, parameter.value) == ('name', type_, value)
    assert type_.check(value)


@pytest.mark.parametrize(('value', 'type_'), VALUES)
def test_parameters_travel_as_messages(value, type_):
    message = Parameter('name', value=value).to_parameter_msg()
    assert message.value.type == type_.value
    again = Parameter.from_parameter_msg(message)
    assert (again.name, again.type_) == ('name', type_)
    if value is not None:
        assert (
            list(parameter_value_to_python(message.value)) == list(value)
            if isinstance(value, list | array.array)
            else parameter_value_to_python(message.value) == value
        )


@pytest.mark.parametrize(
    ('value', 'type_'),
    [
        (1, Type.DOUBLE),
        ('1', Type.INTEGER),
        ([1], Type.DOUBLE_ARRAY),
        (1, Type.NOT_SET),
        ([b'ab'], Type.BYTE_ARRAY),
    ],
)
def test_type_and_value_must_agree(value, type_):
    with pytest.raises(ValueError):
        Parameter('name', type_, value)


@pytest.mark.parametrize('value', [{}, [1, 'a'], [1, 2.0], object()])
def test_other_values_are_refused(value):
    with pytest.raises(TypeError):
        Parameter('name', value=value)


@pytest.mark.parametrize(
    ('text', 'type_', 'value'),
    [
        ('true', ParameterType.PARAMETER_BOOL, True),
        ('3', ParameterType.PARAMETER_INTEGER, 3),
        ('3.5', ParameterType.PARAMETER_DOUBLE, 3.5),
        ('a b', ParameterType.PARAMETER_STRING, 'a b'),
        ('[1, 2]', ParameterType.PARAMETER_INTEGER_ARRAY, [1, 2]),
        ('[1.0]', ParameterType.PARAMETER_DOUBLE_ARRAY, [1.0]),
        ('[a]', ParameterType.PARAMETER_STRING_ARRAY, ['a']),
        ('[true]', ParameterType.PARAMETER_BOOL_ARRAY, [True]),
        ('[1, a]', ParameterType.PARAMETER_STRING, '[1, a]'),
        ('', ParameterType.PARAMETER_STRING, ''),
        ('{a: 1', ParameterType.PARAMETER_STRING, '{a: 1'),
    ],
)
def test_texts_are_read_as_yaml(text, type_, value):
    result = get_parameter_value(text)
    assert result.type == type_
    assert parameter_value_to_python(result) == value


@pytest.fixture
def parameter_file(tmp_path):
    path = tmp_path / 'parameters.yaml'
    path.write_text(
        '/**: {ros__parameters: {common: 1}}\n'
        'first: {ros__parameters: {a: 1, nested: {b: text}}}\n'
        'second: {ros__parameters: {c: [1.0, 2.0]}}\n'
    )
    return str(path)


def values(parameters):
    assert all(isinstance(each, ParameterMessage) for each in parameters.values())
    return {name: parameter_value_to_python(each.value) for name, each in parameters.items()}


def test_parameter_files_are_read_by_node(parameter_file):
    found = parameter_dict_from_yaml_file(parameter_file, target_nodes=['first'])
    assert values(found) == {'a': 1, 'nested.b': 'text'}
    found = parameter_dict_from_yaml_file(
        parameter_file, use_wildcard=True, target_nodes=['second'], namespace='x.'
    )
    assert values(found) == {'x.common': 1, 'x.c': [1.0, 2.0]}


@pytest.mark.parametrize(
    ('text', 'nodes'),
    [
        ('first: {ros__parameters: {a: 1}}', ['third']),
        ('first: {a: 1}', ['first']),
        ('/**: {ros__parameters: {a: 1}}', None),
    ],
)
def test_files_without_the_nodes_parameters_are_refused(tmp_path, text, nodes):
    path = tmp_path / 'parameters.yaml'
    path.write_text(text)
    with pytest.raises(RuntimeError):
        parameter_dict_from_yaml_file(str(path), target_nodes=nodes)
