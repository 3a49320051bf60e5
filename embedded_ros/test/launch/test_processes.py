import sys
from pathlib import Path

import launch.logging
import pytest
from launch.actions import (
    ExecuteProcess,
    SetEnvironmentVariable,
    SetLaunchConfiguration,
)
from launch.substitutions import EnvironmentVariable, LaunchConfiguration


def python(code, **options):
    return ExecuteProcess(cmd=[sys.executable, '-c', code], output='screen', **options)


def output_of(screen, process):
    prefix = f'[{process.name}] '
    return [line.removeprefix(prefix) for line in screen.lines if line.startswith(prefix)]


def test_output_is_shown_line_by_line_with_the_name_of_the_process(run, screen):
    process = ExecuteProcess(cmd=['printf', 'a\nb\nrest'], name='printer', output='screen')
    assert run(process) == 0
    assert output_of(screen, process) == ['a', 'b', 'rest']
    assert process.name.startswith('printer-')
    assert f'[INFO] [{process.name}]: process has finished cleanly [pid ' in screen


def test_failure_is_told_with_exit_code_and_command(run, screen):
    process = ExecuteProcess(cmd=['sh', '-c', 'exit 3'])
    assert run(process) == 0
    pid = process.process_details['pid']
    assert (
        f"[ERROR] [{process.name}]: process has died [pid {pid}, exit code 3, cmd 'sh -c exit 3']."
        in screen.lines
    )
    assert process.return_code == 3


def test_character_that_arrives_in_two_pieces_is_one_character(run, screen):
    process = python(
        'import sys, time\nfor b in "é€\\n".encode():\n'
        '    sys.stdout.buffer.write(bytes([b])); sys.stdout.flush(); time.sleep(0.01)'
    )
    run(process)
    assert output_of(screen, process) == ['é€']


def test_command_that_does_not_exist_is_reported_and_the_launch_goes_on(run, screen):
    other = ExecuteProcess(cmd=['echo', 'alive'], output='screen')
    assert run(ExecuteProcess(cmd=['no_such_command']), other) == 0
    assert 'exception occurred while executing process' in screen
    assert 'alive' in screen


def test_environment_directory_and_shell(run, screen, tmp_path, monkeypatch):
    monkeypatch.setenv('LAUNCH_TEST', 'inherited')
    added = ExecuteProcess(
        cmd=['echo $LAUNCH_TEST $MORE; pwd'],
        shell=True,
        cwd=str(tmp_path),
        additional_env={'MORE': ['m', EnvironmentVariable('LAUNCH_TEST')]},
        output='screen',
    )
    clean = ExecuteProcess(
        cmd=['/bin/sh', '-c', 'echo x${LAUNCH_TEST}x$ONLY'], env={'ONLY': 'y'}, output='screen'
    )
    run(added, clean)
    assert output_of(screen, added) == ['inherited minherited', str(tmp_path)]
    assert output_of(screen, clean) == ['xxy']


def test_environment_is_that_of_the_moment_of_the_start(run, screen, monkeypatch):
    monkeypatch.setenv('LAUNCH_TEST', 'before')
    process = ExecuteProcess(cmd=['sh', '-c', 'echo $LAUNCH_TEST'], output='screen')
    run(SetEnvironmentVariable('LAUNCH_TEST', 'set'), process)
    assert output_of(screen, process) == ['set']


@pytest.mark.parametrize(('emulate_tty', 'seen'), [(False, 'False False'), (True, 'True True')])
def test_program_may_believe_it_writes_to_a_terminal(run, screen, emulate_tty, seen):
    process = python(
        'import sys; print(sys.stdout.isatty(), sys.stderr.isatty())', emulate_tty=emulate_tty
    )
    run(process)
    assert output_of(screen, process) == [seen]


def test_launch_configuration_overrides_the_terminal(run, screen):
    process = python('import sys; print(sys.stdout.isatty())')
    run(SetLaunchConfiguration('emulate_tty', 'true'), process)
    assert output_of(screen, process) == ['True']


def test_prefix_goes_before_the_command(run, screen):
    prefixed = ExecuteProcess(cmd=['echo', 'a'], prefix='env echo -n', output='screen')
    filtered = ExecuteProcess(cmd=['echo', 'b'], output='screen')
    other = ExecuteProcess(cmd=['printf', 'c'], output='screen')
    run(
        SetLaunchConfiguration('launch-prefix', 'env'),
        SetLaunchConfiguration('launch-prefix-filter', 'print'),
        prefixed,
        filtered,
        other,
    )
    assert prefixed.cmd == ['env', 'echo', '-n', 'echo', 'a']
    assert filtered.cmd == ['echo', 'b']
    assert other.cmd == ['env', 'printf', 'c']


def test_process_is_respawned_as_often_as_allowed(run, screen, tmp_path):
    process = ExecuteProcess(
        cmd=['sh', '-c', f'echo x >> {tmp_path}/count'],
        respawn=LaunchConfiguration('again', default='true'),
        respawn_delay=0.01,
        respawn_max_retries=2,
    )
    run(process)
    assert (tmp_path / 'count').read_text() == 'x\n' * 3


def test_action_is_executed_once(run, screen):
    process = ExecuteProcess(cmd=['true'])
    assert run(process, process) == 1
    assert 'executed more than once' in screen


def test_timeout_that_is_no_number_is_refused_before_the_start(run, screen):
    assert run(ExecuteProcess(cmd=['sleep', '60'], sigterm_timeout='soon')) == 1
    assert "a timeout must be a number of seconds, got 'soon'" in screen
    assert 'process started' not in screen


def test_command_is_logged_on_request(run, screen):
    run(ExecuteProcess(cmd=['true'], log_cmd=True))
    assert "process details: cmd='true', cwd='None', custom_env?=True" in screen


@pytest.mark.parametrize(
    ('output', 'on_screen', 'in_log', 'files'),
    [
        ('screen', {'out', 'err'}, set(), set()),
        ('log', {'err'}, {'out', 'err'}, set()),
        ('both', {'out', 'err'}, {'out', 'err'}, set()),
        ('own_log', set(), set(), {'', '-stdout', '-stderr'}),
        ('full', {'out', 'err'}, {'out', 'err'}, {'', '-stdout', '-stderr'}),
        ({'stdout': 'screen', 'stderr': {'log'}}, {'out'}, {'err'}, set()),
    ],
)
def test_output_goes_where_it_is_wanted(run, screen, output, on_screen, in_log, files):
    process = ExecuteProcess(cmd=['sh', '-c', 'echo out; echo err >&2'], output=output)
    run(process)
    log_dir = Path(launch.logging.launch_config.log_dir)
    log = (log_dir / 'launch.log').read_text()
    assert set(output_of(screen, process)) == on_screen
    assert {text for text in ('out', 'err') if f'[{process.name}] {text}' in log} == in_log
    assert {path.stem for path in log_dir.iterdir() if path.stem != 'launch'} == {
        f'{process.name}{suffix}' for suffix in files
    }


def test_environment_variable_overrides_where_output_goes(run, screen, monkeypatch):
    monkeypatch.setenv('OVERRIDE_LAUNCH_PROCESS_OUTPUT', 'screen')
    process = ExecuteProcess(cmd=['echo', 'out'], output='log')
    run(process)
    assert output_of(screen, process) == ['out']


@pytest.mark.parametrize('output', ['nowhere', {'stdin': 'log'}, {'stdout': 'nowhere'}])
def test_unknown_output_ends_the_launch(run, screen, output):
    assert run(ExecuteProcess(cmd=['true'], output=output)) == 1
    assert 'is not a valid' in screen
