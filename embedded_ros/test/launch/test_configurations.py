import os

import pytest
from launch import LaunchContext, LaunchDescription
from launch.actions import (
    AppendEnvironmentVariable,
    DeclareLaunchArgument,
    GroupAction,
    IncludeLaunchDescription,
    LogInfo,
    OpaqueFunction,
    ResetLaunchConfigurations,
    SetEnvironmentVariable,
    SetLaunchConfiguration,
    UnsetEnvironmentVariable,
    UnsetLaunchConfiguration,
)
from launch.conditions import IfCondition
from launch.substitutions import (
    EnvironmentVariable,
    LaunchConfiguration,
    ThisLaunchFileDir,
)


def say(name, default='unset'):
    return LogInfo(msg=[f'{name}=', LaunchConfiguration(name, default=default)])


@pytest.fixture
def launch_file(tmp_path):
    """Function that writes a launch file whose description has the given entities."""

    def write(entities, name='included.launch.py'):
        path = tmp_path / name
        path.write_text(
            'from launch import LaunchDescription\nfrom launch.actions import *\n'
            'from launch.substitutions import *\ndef generate_launch_description():\n'
            f'    return LaunchDescription([{entities}])\n'
        )
        return str(path)

    return write


def test_argument_takes_its_default_unless_it_is_set(run, screen):
    code = run(
        SetLaunchConfiguration('given', 'x'),
        DeclareLaunchArgument('given', default_value='y'),
        DeclareLaunchArgument('derived', default_value=[LaunchConfiguration('given'), '!']),
        say('given'),
        say('derived'),
    )
    assert code == 0
    assert 'given=x' in screen and 'derived=x!' in screen


def test_required_argument_that_is_missing_ends_the_launch(run, screen):
    assert run(DeclareLaunchArgument('robot', description='Which robot'), LogInfo(msg='on')) == 1
    assert 'Required launch argument "robot" (description: "Which robot")' in screen
    assert 'on' not in screen.lines


def test_value_outside_of_the_choices_ends_the_launch(run, screen):
    argument = DeclareLaunchArgument('robot', choices=['so101', 'astribot'])
    assert argument.description == "One of: ['so101', 'astribot']"
    assert run(SetLaunchConfiguration('robot', 'x'), argument) == 1
    assert 'Caught exception in launch (see debug for traceback): Argument "robot"' in screen


@pytest.mark.parametrize('choices', [[], ['a', 'b']])
def test_wrong_choices_are_refused(choices):
    with pytest.raises(RuntimeError, match='choices'):
        DeclareLaunchArgument('robot', default_value='x', choices=choices)


def test_configurations_are_set_unset_and_reset(run, screen):
    run(
        SetLaunchConfiguration('a', '1'),
        SetLaunchConfiguration('b', '2'),
        UnsetLaunchConfiguration('a'),
        UnsetLaunchConfiguration('never set'),
        say('a'),
        ResetLaunchConfigurations({'c': LaunchConfiguration('b')}),
        say('b'),
        say('c'),
    )
    assert [line.split(': ')[1] for line in screen.lines[-3:]] == ['a=unset', 'b=unset', 'c=2']


@pytest.mark.parametrize(
    ('scoped', 'forwarding', 'inside', 'after'),
    [(True, True, 'outer', 'unset'), (True, False, 'unset', 'unset'), (False, True, 'outer', 'x')],
)
def test_group_has_a_scope(run, screen, scoped, forwarding, inside, after):
    run(
        SetLaunchConfiguration('outer', 'outer'),
        GroupAction(
            [
                LogInfo(msg=['inside:', LaunchConfiguration('outer', default='unset')]),
                SetLaunchConfiguration('new', 'x'),
                say('extra'),
            ],
            scoped=scoped,
            forwarding=forwarding,
            launch_configurations={'extra': 'given'},
        ),
        LogInfo(msg=['after:', LaunchConfiguration('new', default='unset')]),
    )
    assert f'inside:{inside}' in screen
    assert 'extra=given' in screen
    assert f'after:{after}' in screen


def test_environment_of_a_group_ends_with_it(run, screen, monkeypatch):
    monkeypatch.setenv('LAUNCH_TEST_PATH', 'old')
    monkeypatch.delenv('LAUNCH_TEST_NEW', raising=False)
    run(
        GroupAction(
            [
                SetEnvironmentVariable('LAUNCH_TEST_NEW', 'new'),
                AppendEnvironmentVariable('LAUNCH_TEST_PATH', 'last'),
                AppendEnvironmentVariable('LAUNCH_TEST_PATH', 'first', prepend=True),
                AppendEnvironmentVariable('LAUNCH_TEST_NEW', 'er', separator=''),
                LogInfo(msg=['path:', EnvironmentVariable('LAUNCH_TEST_PATH')]),
                LogInfo(msg=['new:', EnvironmentVariable('LAUNCH_TEST_NEW')]),
                UnsetEnvironmentVariable('LAUNCH_TEST_PATH'),
            ]
        ),
    )
    assert 'path:first:old:last' in screen
    assert 'new:newer' in screen
    assert os.environ['LAUNCH_TEST_PATH'] == 'old'
    assert 'LAUNCH_TEST_NEW' not in os.environ


def test_condition_decides_whether_an_action_is_executed(run, screen):
    run(
        LogInfo(msg='yes', condition=IfCondition('true')),
        LogInfo(msg='no', condition=IfCondition('false')),
    )
    assert '[INFO] [launch.user]: yes' in screen.lines
    assert '[INFO] [launch.user]: no' not in screen.lines


def test_included_file_without_a_required_argument_ends_the_launch(run, screen, launch_file):
    path = launch_file("DeclareLaunchArgument('robot', description='Which')")
    assert run(IncludeLaunchDescription(path, launch_arguments={'x': '1'}.items())) == 1
    assert "missing required argument 'robot' (description: 'Which'), given: [x]" in screen


def test_arguments_of_included_files_are_found_before_launching(launch_file):
    path = launch_file("DeclareLaunchArgument('robot'), DeclareLaunchArgument('shared')")
    description = LaunchDescription(
        [
            DeclareLaunchArgument('shared'),
            IncludeLaunchDescription(path),
            GroupAction([DeclareLaunchArgument('inner', condition=IfCondition('true'))]),
            ResetLaunchConfigurations(),
            DeclareLaunchArgument('hidden'),
        ]
    )
    arguments = description.get_launch_arguments()
    assert [argument.name for argument in arguments] == ['shared', 'robot', 'inner']
    assert [argument._conditionally_included for argument in arguments] == [False, False, True]


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ('x = 1', "does not contain the required function 'generate_launch_description()'"),
        ('1 / 0', 'ZeroDivisionError: division by zero'),
        (None, 'FileNotFoundError'),
    ],
)
def test_launch_file_that_cannot_be_loaded_ends_the_launch(run, screen, tmp_path, content, message):
    path = tmp_path / 'broken.launch.py'
    if content is not None:
        path.write_text(content)
    assert run(IncludeLaunchDescription(str(path))) == 1
    assert 'Caught exception when trying to load file of format [py]:' in screen
    assert message in screen


@pytest.mark.parametrize('suffix', ['xml', 'yaml'])
def test_other_formats_are_refused_by_name(run, screen, suffix):
    assert run(IncludeLaunchDescription(f'/x/robot.launch.{suffix}')) == 1
    assert 'XML and YAML launch files are not part of embedded ROS' in screen


def test_function_may_return_entities(run, screen):
    def function(context, name, *, greeting):
        assert isinstance(context, LaunchContext)
        return [LogInfo(msg=f'{greeting} {name}')]

    run(OpaqueFunction(function=function, args=['arm'], kwargs={'greeting': 'hello'}))
    assert 'hello arm' in screen


def test_this_launch_file_dir_is_of_the_file_that_is_being_processed(run, screen, launch_file):
    (inner := os.path.join(os.path.dirname(launch_file('', 'x')), 'inner'))
    os.mkdir(inner)
    path = launch_file("LogInfo(msg=['in ', ThisLaunchFileDir()])", 'inner/a.launch.py')
    run(IncludeLaunchDescription(path))
    assert f'in {inner}' in screen
    assert isinstance(ThisLaunchFileDir().describe(), str)
