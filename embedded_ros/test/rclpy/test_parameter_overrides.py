"""Values of parameters on the command line and in files."""

import math

import pytest

from rclpy.parameter import Parameter


def override(make_node, *words, name='node', **options):
    node = make_node(
        name,
        cli_args=['--ros-args', *words],
        automatically_declare_parameters_from_overrides=True,
        **options,
    )
    return {
        key: node.get_parameter(key).value
        for key in node.list_parameters([], 0).names
        if key not in ('use_sim_time', 'start_type_description_service')
    }


@pytest.mark.parametrize(
    ('text', 'value'),
    [
        ('true', True),
        ('off', False),
        ('y', True),
        ('1', 1),
        ('-7', -7),
        ('0x1F', 31),
        ('1.5', 1.5),
        ('1e3', 1000.0),
        ('.5', 0.5),
        ('.inf', math.inf),
        ('-.inf', -math.inf),
        ('text', 'text'),
        ("'1'", '1'),
        ('"true"', 'true'),
        ('!!str 5', '5'),
        ('a b', 'a b'),
        ('/dev/ttyACM0', '/dev/ttyACM0'),
        ('1.2.3', '1.2.3'),
        ('[1, 2]', [1, 2]),
        ('[1.0, 2.5]', [1.0, 2.5]),
        ('[true]', [True]),
        ("['1', b]", ['1', 'b']),
    ],
)
def test_values_on_the_command_line_are_yaml(make_node, text, value):
    found = override(make_node, '-p', f'a:={text}')
    assert found == {'a': value}
    assert type(found['a']) is type(value)


@pytest.mark.parametrize('text', ['[1, a]', '[1, 2.0]', '{a: 1}', '[', ''])
def test_values_that_no_parameter_can_have_are_refused(make_node, text):
    with pytest.raises(RuntimeError):
        override(make_node, '-p', f'a:={text}')


def test_values_can_be_for_one_node_only(make_node):
    words = ('--param', 'a:=1', '-p', 'one:b:=2', '-p', 'two:c:=3')
    assert override(make_node, *words, name='one') == {'a': 1, 'b': 2}


def test_values_from_the_program_count_more_than_arguments(make_node):
    found = override(
        make_node, '-p', 'a:=1', '-p', 'b:=1', parameter_overrides=[Parameter('a', value=2)]
    )
    assert found == {'a': 2, 'b': 1}


@pytest.fixture
def write(tmp_path):
    def run(text, name='parameters.yaml'):
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return run


FILE = """
/**:
  ros__parameters:
    all: 1
    overlaid: all
/ns/*:
  ros__parameters: {in_ns: true}
/ns/node:
  ros__parameters:
    overlaid: this
    nested:
      deep: {er: [1.0, 2.0]}
    empty: []
node:
  ros__parameters: {in_root: 1}
ns:
  node:
    ros__parameters: {by_parts: yes}
/other:
  ros__parameters: {not_mine: 1}
"""


def test_files_hold_values_for_many_nodes(make_node, write):
    found = override(make_node, '--params-file', write(FILE), namespace='/ns')
    assert found == {
        'all': 1,
        'overlaid': 'this',
        'in_ns': True,
        'nested.deep.er': [1.0, 2.0],
        'by_parts': True,
    }
    found = override(make_node, '--params-file', write(FILE))
    assert found == {'all': 1, 'overlaid': 'all', 'in_root': 1}


def test_later_arguments_count_more_than_earlier_ones(make_node, write):
    first = write('/**: {ros__parameters: {a: 1, b: 1, c: 1}}', 'first.yaml')
    second = write('/**: {ros__parameters: {b: 2, c: 2}}', 'second.yaml')
    words = ('--params-file', first, '--params-file', second, '-p', 'c:=3')
    assert override(make_node, *words) == {'a': 1, 'b': 2, 'c': 3}


@pytest.mark.parametrize(
    'text',
    [
        '/**: {ros__parameters: {a: [1, x]}}',
        '/**: {ros__parameters: {a: [[1]]}}',
        '/**: 5',
        'ros__parameters: {a: 1}',
        '{',
    ],
)
def test_wrong_files_are_refused(make_node, write, text):
    with pytest.raises(RuntimeError):
        override(make_node, '--params-file', write(text))


def test_a_missing_file_is_refused_by_name(make_node):
    with pytest.raises(RuntimeError, match='no_such_file'):
        override(make_node, '--params-file', '/no_such_file.yaml')
