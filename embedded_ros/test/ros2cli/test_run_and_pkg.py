import sys
from pathlib import Path

import pytest


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The package `arm` with an executable; its prefix is sourced."""
    for path in (
        'share/ament_index/resource_index/packages/arm',
        'share/arm/package.xml',
        'lib/arm/data.txt',
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text('')
    script = tmp_path / 'lib/arm/wave'
    script.write_text('#!/bin/sh\necho wave "$@"\nexit ${CODE:-0}\n')
    script.chmod(0o755)
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    return tmp_path


def test_executable_is_run_with_its_arguments(ros2, package):
    result = ros2('run', 'arm', 'wave', '--ros-args', '-r', 'a:=b', '--help')
    assert (result.returncode, result.stdout) == (0, 'wave --ros-args -r a:=b --help\n')


def test_exit_code_is_passed_on(ros2, package):
    result = ros2('run', 'arm', 'wave', env={'CODE': '3'})
    assert result.returncode == 3
    assert '[ros2run]: Process exited with failure 3' in result.stdout


def test_prefix_goes_before_the_executable(ros2, package):
    result = ros2('run', '--prefix', 'echo -n', 'arm', 'wave', 'x')
    assert result.stdout == f'{package}/lib/arm/wave x'


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['arm', 'waves'], "No executable 'waves' found in 'arm'; did you mean 'wave'?\n"),
        (['arms', 'wave'], "Package 'arms' not found; did you mean 'arm'?\n"),
    ],
)
def test_unknown_name_is_answered_with_similar_ones(ros2, package, arguments, message):
    result = ros2('run', *arguments)
    assert (result.returncode, result.stderr) == (1, message)


def test_packages_are_listed_with_prefix_and_share(ros2, package):
    assert 'arm' in ros2('pkg', 'list').stdout.splitlines()
    assert ros2('pkg', 'prefix', 'arm').stdout == f'{package}\n'
    assert ros2('pkg', 'prefix', '--share', 'arm').stdout == f'{package}/share/arm\n'


def test_unknown_package(ros2, package):
    assert ros2('pkg', 'prefix', 'none').stderr == 'Package not found\n'


@pytest.mark.skipif(sys.platform != 'linux', reason='the kernel of Linux does this')
def test_executable_ends_with_its_killed_command(start_ros2, package, wait_until):
    (package / 'lib/arm/wave').write_text('#!/bin/sh\necho $$\nexec sleep 600\n')
    process = start_ros2('run', 'arm', 'wave')
    child = int(process.stdout.readline())
    process.kill()

    def has_ended():
        try:
            return Path(f'/proc/{child}/stat').read_text().split(') ')[1][0] == 'Z'
        except FileNotFoundError:
            return True

    wait_until(has_ended, 'the executable has ended')
