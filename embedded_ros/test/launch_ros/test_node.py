import sys
from pathlib import Path

import pytest
import yaml
from launch.actions import GroupAction, SetLaunchConfiguration
from launch.substitutions import LaunchConfiguration, PythonExpression
from launch_ros.actions import (
    Node,
    PushROSNamespace,
    PushRosNamespace,
    SetParameter,
    SetParametersFromFile,
    SetRemap,
)
from launch_ros.parameter_descriptions import Parameter, ParameterFile, ParameterValue
from launch_ros.substitutions import (
    ExecutableInPackage,
    FindPackagePrefix,
    FindPackageShare,
)
from launch_ros.substitutions import Parameter as ParameterSubstitution

SHOW_FILES = (
    'import sys, json\n'
    'files = [open(b).read() for a, b in zip(sys.argv, sys.argv[1:]) if a == "--params-file"]\n'
    'print(json.dumps(files))'
)


def echo(**options):
    return Node(executable='/bin/echo', output='screen', **options)


def words(node):
    """ROS arguments that the node was started with."""
    return node.cmd[node.cmd.index('--ros-args') + 1 :]


def parameters_of(run, screen, *entities, **options):
    """Content of the parameter files that a node was started with."""
    node = Node(executable=sys.executable, arguments=['-c', SHOW_FILES], output='screen', **options)
    assert run(*entities, node) == 0, screen.lines
    line = next(line for line in screen.lines if line.startswith(f'[{node.name}]'))
    return [yaml.safe_load(text) for text in yaml.safe_load(line.partition('] ')[2])]


def test_name_and_namespace_are_given_as_remaps(run):
    node = echo(
        name='policy', namespace='left', arguments=['a'], ros_arguments=['--log-level', 'x']
    )
    assert run(node) == 0
    assert node.cmd == [
        '/bin/echo', 'a', '--ros-args', '--log-level', 'x', '--ros-args',
        '-r', '__node:=policy', '-r', '__ns:=/left',
    ]  # fmt: skip
    assert node.node_name == '/left/policy'
    assert node.expanded_node_namespace == '/left'


def test_node_without_a_name_keeps_its_own(run):
    node = echo()
    with pytest.raises(RuntimeError, match='before executing'):
        assert node.node_name
    assert run(node) == 0
    assert words(node) == []
    assert not node.is_node_name_fully_specified()


@pytest.mark.parametrize(
    ('pushed', 'namespace', 'expanded'),
    [
        (['a'], None, '/a'),
        (['a', 'b'], None, '/a/b'),
        (['a', '/b'], None, '/b'),
        (['a'], 'c', '/a/c'),
        (['a'], '/c', '/c'),
        (['/'], 'c', '/c'),
        (['a/'], '', '/a'),
    ],
)
def test_namespaces_add_up_unless_they_are_absolute(run, pushed, namespace, expanded):
    node = echo(name='n', namespace=namespace)
    assert run(*(PushRosNamespace(name) for name in pushed), node) == 0
    assert node.expanded_node_namespace == expanded


def test_namespace_ends_with_its_group(run):
    inner, outer = echo(name='inner'), echo(name='outer')
    run(GroupAction([PushROSNamespace('arm'), inner]), outer)
    assert inner.node_name == '/arm/inner'
    assert words(outer) == ['-r', '__node:=outer']


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'name': '1st'}, "Invalid node name '1st'"),
        ({'name': 'a b'}, "Invalid node name 'a b'"),
        ({'name': 'n', 'namespace': 'a//b'}, "Invalid namespace '/a//b'"),
    ],
)
def test_invalid_names_end_the_launch(run, screen, options, message):
    assert run(echo(**options)) == 1
    assert message in screen


def test_dictionary_of_parameters_becomes_a_file_with_typed_values(run, screen):
    values = {
        'count': 3,
        'rate': 30.0,
        'name': '30',
        'flag': True,
        'nested': {'list': [1, 2.5], 'names': ['a', 'b']},
        'computed': PythonExpression('1 + 1'),
        'joined': ['so', LaunchConfiguration('suffix')],
        'text': ParameterValue(LaunchConfiguration('suffix'), value_type=str),
        'numbers': [[LaunchConfiguration('suffix')], [PythonExpression('2')]],
        LaunchConfiguration('key'): [True, False],
    }
    settings = [SetLaunchConfiguration('suffix', '101'), SetLaunchConfiguration('key', 'flags')]
    [content] = parameters_of(
        run, screen, *settings, name='n', namespace='/arm', parameters=[values]
    )
    assert content == {
        '/arm/n': {
            'ros__parameters': {
                'count': 3,
                'rate': 30.0,
                'name': '30',
                'flag': True,
                'nested.list': [1.0, 2.5],
                'nested.names': ['a', 'b'],
                'computed': 2,
                'joined': 'so101',
                'text': '101',
                'numbers': [101, 2],
                'flags': [True, False],
            }
        }
    }


def test_parameters_of_a_node_without_a_name_are_for_any_node(run, screen):
    [content] = parameters_of(run, screen, parameters=[{'a': 1}])
    assert content == {'/**': {'ros__parameters': {'a': 1}}}


def test_files_and_dictionaries_keep_their_order(run, screen, tmp_path):
    file = tmp_path / 'a.yaml'
    file.write_text('/**: {ros__parameters: {a: 0}}')
    contents = parameters_of(
        run,
        screen,
        SetLaunchConfiguration('file', str(file)),
        parameters=[{'a': 1}, file, ParameterFile(str(file)), LaunchConfiguration('file')],
    )
    assert [content['/**']['ros__parameters']['a'] for content in contents] == [1, 0, 0, 0]


def test_temporary_files_are_removed_when_the_node_has_ended(run):
    node = echo(parameters=[{'a': 1}])
    assert run(node) == 0
    path = Path(words(node)[1])
    assert path.name.startswith('launch_params_')
    assert not path.exists()


def test_file_that_does_not_exist_is_warned_of_and_left_out(run, screen):
    node = echo(parameters=['/no/such/file.yaml'])
    assert run(node) == 0
    assert words(node) == []
    assert 'Parameter file path is not a file: /no/such/file.yaml' in screen


@pytest.mark.parametrize(
    ('parameters', 'error'),
    [
        ('a.yaml', TypeError),
        ([{'a': None}], TypeError),
        ([{'a': b'x'}], TypeError),
        ({}, TypeError),
    ],
)
def test_wrong_parameters_are_refused(parameters, error):
    with pytest.raises(error):
        echo(parameters=parameters)


@pytest.mark.parametrize('rule', ['a:=b', ('a',), ['a', 'b']])
def test_rule_that_is_no_pair_is_refused(rule):
    with pytest.raises(TypeError, match='a remapping rule is a tuple of two names'):
        echo(remappings=[rule])


@pytest.mark.parametrize('text', ['{a: 1}', '[]', '[1, a]', ': ['])
def test_text_that_is_no_parameter_value_ends_the_launch(run, screen, text):
    node = echo(parameters=[{'x': LaunchConfiguration('text')}])
    assert run(SetLaunchConfiguration('text', text), node) == 1
    assert 'Caught exception in launch' in screen


def test_substitutions_in_files_are_refused_by_name():
    with pytest.raises(NotImplementedError, match='allow_substs'):
        ParameterFile('a.yaml', allow_substs=True)


def test_parameters_files_and_remaps_for_a_scope(run, tmp_path):
    file = tmp_path / 'a.yaml'
    file.write_text('')
    inner = echo(remappings=[('c', 'd')], parameters=[Parameter('own', 'x')])
    outer = echo()
    run(
        GroupAction(
            [
                SetParameter('use_sim_time', True),
                SetParameter('list', [1, 2]),
                SetParametersFromFile(str(file)),
                SetRemap('a', 'b'),
                inner,
            ]
        ),
        outer,
    )
    assert words(inner) == [
        '-p', 'use_sim_time:=true', '-p', 'list:=[1, 2]', '--params-file', str(file),
        '-p', 'own:=x', '-r', 'a:=b', '-r', 'c:=d',
    ]  # fmt: skip
    assert inner.expanded_remapping_rules == [('a', 'b'), ('c', 'd')]
    assert words(outer) == []


def test_parameter_of_a_scope_can_be_read(run, screen):
    node = echo(arguments=[ParameterSubstitution('gain'), ParameterSubstitution('no', default=2)])
    run(SetParameter('gain', 1.5), node)
    assert node.cmd[1:3] == ['1.5', '2']


def test_two_nodes_of_the_same_name_are_warned_of(run, screen):
    run(echo(name='n', namespace='/'), echo(name='n', namespace='/'))
    assert 'there are now at least 2 nodes with the name /n created' in screen


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The package `arm` in an ament prefix, with the executable `wave`."""
    libexec = tmp_path / 'lib/arm'
    libexec.mkdir(parents=True)
    (libexec / 'wave').write_text('#!/bin/sh\necho waving\n')
    (libexec / 'wave').chmod(0o755)
    (tmp_path / 'share/arm').mkdir(parents=True)
    packages = tmp_path / 'share/ament_index/resource_index/packages'
    packages.mkdir(parents=True)
    (packages / 'arm').write_text('')
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    return tmp_path


def test_executable_of_a_package_is_found_and_names_the_process(run, screen, package):
    node = Node(package='arm', executable='wave', output='screen')
    assert run(node) == 0
    assert node.name.startswith('wave-')
    assert f'[{node.name}] waving' in screen.lines


def test_executable_that_does_not_exist_ends_the_launch_with_a_hint(run, screen, package):
    assert run(Node(package='arm', executable='waves')) == 1
    assert "executable 'waves' not found in package 'arm'" in screen
    assert "did you mean 'wave'?" in screen


def test_package_that_does_not_exist_ends_the_launch(run, screen):
    assert run(Node(package='no_such_package', executable='wave')) == 1
    assert "package 'no_such_package' not found" in screen


def test_package_substitutions(run, package):
    node = echo(
        arguments=[
            FindPackageShare('arm'),
            FindPackagePrefix('arm'),
            ExecutableInPackage(package='arm', executable='wave'),
        ]
    )
    run(node)
    assert node.cmd[1:4] == [
        str(package / 'share/arm'), str(package), str(package / 'lib/arm/wave'),
    ]  # fmt: skip
