import os
import signal
import subprocess
import sys

import pytest

from embedded_ros.near_matches import near_matches
from ros2cli import cli
from ros2cli.arguments import nonnegative_int, positive_float, positive_int


def test_without_a_command_the_help_lists_all(ros2):
    result = ros2()
    assert result.returncode == 0
    for name in cli.COMMANDS:
        assert f'    {name} ' in result.stdout


@pytest.mark.parametrize('command', cli.COMMANDS)
def test_command_without_a_verb_has_help(ros2, command):
    result = ros2(command, '--help')
    assert result.returncode == 0
    assert f'usage: ros2 {command}' in result.stdout


def test_unknown_command_is_answered_with_similar_ones(ros2):
    result = ros2('lunch', 'x')
    assert result.returncode == 1
    assert result.stderr == (
        "ros2: unknown command 'lunch'; did you mean 'launch'?; try ros2 --help\n"
    )


@pytest.mark.parametrize('command', ['action list', 'daemon stop', 'pkg create x -a', 'security x'])
def test_what_is_missing_is_refused_by_name(ros2, command):
    result = ros2(*command.split())
    assert result.returncode == 1
    name = ' '.join(command.split()[: 2 if command.startswith('pkg') else 1])
    assert f'ros2 {name} is not part of embedded ROS' in result.stderr
    assert result.stderr.count('\n') == 1


def test_unknown_verb_is_a_usage_error(ros2):
    assert ros2('topic', 'lst').returncode == 2


def test_option_that_is_not_there_is_refused_by_name(ros2):
    result = ros2('bag', 'play', 'bag', '--start-paused', '--loop')
    assert result.returncode == 2
    assert result.stderr == (
        'ros2 bag play: embedded ROS has no --start-paused; see ros2 bag play -h\n'
    )


def test_closed_pipe_ends_quietly():
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(
        [sys.executable, '-m', 'ros2cli', 'interface', 'list'],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert (result.returncode, result.stderr) == (0, '')


def test_interrupt_ends_quietly(nodes, start_ros2):
    process = start_ros2('topic', 'echo', '/demo/chatter')
    assert process.stdout.readline() == 'data: hello\n'
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (signal.SIGINT, '')


def test_command_of_a_sourced_installation_is_used(ros2, start_ros2, tmp_path, monkeypatch):
    (tmp_path / 'bin').mkdir()
    (tmp_path / 'bin/ros2').write_text('#!/bin/sh\necho real: "$@"\nexit 5\n')
    (tmp_path / 'bin/ros2').chmod(0o755)
    packages = tmp_path / 'share/ament_index/resource_index/packages'
    packages.mkdir(parents=True)
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    assert ros2('pkg', 'prefix', 'ros2cli').stderr == 'Package not found\n'
    (packages / 'ros2cli').write_text('')
    process = start_ros2('topic', 'list', '-t')
    assert process.communicate(timeout=30) == ('real: topic list -t\n', '')
    assert process.returncode == 5


@pytest.mark.parametrize(
    ('kind', 'text', 'value'),
    [
        (positive_int, '3', 3),
        (positive_int, '0', None),
        (positive_int, 'x', None),
        (nonnegative_int, '0', 0),
        (nonnegative_int, '-1', None),
        (positive_float, '0.5', 0.5),
        (positive_float, '-1', None),
    ],
)
def test_types_of_arguments(kind, text, value):
    if value is None:
        with pytest.raises(Exception, match=f"got '{text}'"):
            kind(text)
    else:
        assert kind(text) == value


def test_similar_names_are_told_or_all_if_there_are_few():
    assert near_matches('polcy', ['policy', 'other']) == "; did you mean 'policy'?"
    assert near_matches('xyz', ['b', 'a']) == '; there are: a, b'
    assert near_matches('xyz', [str(number) for number in range(20)]) == ''


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_signal_while_the_node_is_made_ends_quietly(run_python, number):
    command = run_python(
        """
        import os, sys
        import rclpy
        from ros2cli import cli

        create = rclpy.create_node

        def create_interrupted(*arguments, **options):
            os.kill(os.getpid(), int(sys.argv[1]))
            return create(*arguments, **options)

        rclpy.create_node = create_interrupted
        sys.exit(cli.main(['topic', 'list']))
        """,
        str(int(number)),
    )
    assert (command.wait(), command.errors) == (number, '')
