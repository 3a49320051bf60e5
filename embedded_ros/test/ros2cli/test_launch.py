import re

import pytest
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.conditions import IfCondition

from ros2cli.command.launch import describe_arguments, parse_launch_arguments
from ros2cli.launch_files import find_launch_file

FILE = """
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess
from launch.substitutions import LaunchConfiguration, ThisLaunchFileDir

def generate_launch_description():
    return LaunchDescription([
        DeclareLaunchArgument('robot', default_value='so101', description='Which robot'),
        ExecuteProcess(cmd=['echo', LaunchConfiguration('robot'), ThisLaunchFileDir()],
                       name='speaker', output='screen'),
    ])
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The package `arm` with two launch files; its prefix is sourced."""
    for path, content in {
        'share/ament_index/resource_index/packages/arm': '',
        'share/arm/launch/arm.launch.py': FILE,
        'share/arm/launch/broken.launch.py': 'import no_such_module',
        'share/arm/.venv/lib/arm.launch.py': '',
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    monkeypatch.setenv('ROS_LOG_DIR', str(tmp_path / 'log'))
    return tmp_path


def spoken(result):
    """What the process of the launch file wrote."""
    return re.findall(r'^\[speaker-\d+\] (.*)$', result.stdout, re.MULTILINE)


def test_launch_file_of_a_package_is_launched_with_its_arguments(ros2, package):
    result = ros2('launch', 'arm', 'arm.launch.py', 'robot:=astribot')
    assert result.returncode == 0
    assert spoken(result) == [f'astribot {package}/share/arm/launch']
    assert 'All log files can be found below' in result.stdout


def test_launch_file_can_be_given_by_its_path(ros2, package):
    result = ros2('launch', str(package / 'share/arm/launch/arm.launch.py'))
    assert result.returncode == 0
    assert spoken(result) == [f'so101 {package}/share/arm/launch']


def test_arguments_are_shown(ros2, package):
    for option in ('-s', '--show-args', '--show-arguments'):
        result = ros2('launch', 'arm', 'arm.launch.py', option)
        assert result.stdout == (
            "Arguments (pass arguments as '<name>:=<value>'):\n\n    'robot':\n"
            "        Which robot\n        (default: 'so101')\n"
        )


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['arm', 'arm.launch.py', 'robot'],
         "malformed launch argument 'robot', expected format '<name>:=<value>'"),
        (['army', 'arm.launch.py'], "Package 'army' not found; did you mean 'arm'?"),
        (['./none.launch.py'], "launch file './none.launch.py' does not exist"),
        (['arm'], "name a launch file of package 'arm'; there are: arm.launch.py, "
                  'broken.launch.py'),
        (['arm', 'arm.launch.py', '--launch-prefix-filter', 'x'],
         '--launch-prefix must be specified if --launch-prefix-filter is provided'),
    ],
)  # fmt: skip
def test_mistake_is_answered_with_one_line(ros2, package, arguments, message):
    result = ros2('launch', *arguments)
    assert (result.returncode, result.stderr, result.stdout) == (1, f'{message}\n', '')


def test_unknown_file_is_answered_with_similar_ones(ros2, package):
    result = ros2('launch', 'arm', 'arms.launch.py')
    assert result.returncode == 1
    assert "; did you mean 'arm.launch.py'" in result.stderr


def test_launch_file_that_fails_is_reported(ros2, package):
    result = ros2('launch', 'arm', 'broken.launch.py')
    assert result.returncode == 1
    assert '[ERROR] [launch]: Caught exception in launch (see debug for traceback)' in result.stdout
    assert "No module named 'no_such_module'" in result.stdout
    assert 'Traceback' in ros2('launch', 'arm', 'broken.launch.py', '-d').stderr


def test_output_of_all_processes_is_shown_on_request(ros2, package):
    file = package / 'quiet.launch.py'
    file.write_text(FILE.replace("output='screen'", "output='log'"))
    assert spoken(ros2('launch', str(file))) == []
    assert spoken(ros2('launch', '-a', str(file))) == [f'so101 {package}']


def test_prefix_goes_before_executables(ros2, package):
    result = ros2('launch', 'arm', 'arm.launch.py', '--launch-prefix', 'echo before')
    assert spoken(result) == [f'before echo so101 {package}/share/arm/launch']


def test_folders_of_environments_and_builds_are_not_searched(package):
    path = find_launch_file('arm', 'arm.launch.py')
    assert path == str(package / 'share/arm/launch/arm.launch.py')


def test_file_that_is_there_twice_is_refused(package):
    (package / 'share/arm/launch/more').mkdir()
    (package / 'share/arm/launch/more/arm.launch.py').write_text('')
    with pytest.raises(RuntimeError, match='more than once'):
        find_launch_file('arm', 'arm.launch.py')


def test_last_of_duplicate_arguments_wins():
    assert parse_launch_arguments(['a:=1', 'b:=x:=y', 'a:=2']) == {'a': '2', 'b': 'x:=y'}


@pytest.mark.parametrize('word', ['a', ':=b', 'a:=', 'a=b'])
def test_malformed_arguments_are_refused(word):
    with pytest.raises(RuntimeError, match='malformed launch argument'):
        parse_launch_arguments([word])


def test_arguments_behind_conditions_are_marked():
    description = LaunchDescription(
        [DeclareLaunchArgument('a', description='an a', condition=IfCondition('true'))]
    )
    assert describe_arguments(description).endswith(
        "    'a':*\n        an a\n\n* argument(s) which are only used if specific conditions occur"
    )
    assert describe_arguments(LaunchDescription()).endswith('\n\n  No arguments.')


def test_argument_that_is_not_declared_is_told(ros2, package):
    result = ros2('launch', 'arm', 'arm.launch.py', 'robt:=x')
    assert "'robt' is no declared argument; did you mean 'robot'?\n" in result.stderr
    assert spoken(result) == [f'so101 {package}/share/arm/launch']
