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
        ('y', True),
        ('0x1F', 31),
        ('.5', 0.5),
        ('-.inf', -math.inf),
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


def test_files_may_nest_namespaces_and_hold_lists(make_node, write):
    file = write("""
ns:
  node:
    ros__parameters: {by_parts: yes, list: [1.0, 2.0], empty: []}
""")
    found = override(make_node, '--params-file', file, namespace='/ns')
    assert found == {'by_parts': True, 'list': [1.0, 2.0]}


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
