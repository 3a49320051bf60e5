"""The LIBERO launch as a user starts it: real simulator, real processes, a report, clean ends."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from graph import BIN, wait_for


class Launch:
    """`ros2 launch segue libero.launch.py` or another one, with its output in a file."""

    def __init__(self, folder, *arguments, file='libero.launch.py'):
        self.folder, self.log = folder, folder / 'launch.log'
        with self.log.open('w') as log:
            self.popen = subprocess.Popen(
                [BIN / 'ros2', 'launch', 'segue', file,
                 f'report_dir:={folder}/report', *arguments],
                stdout=log, stderr=subprocess.STDOUT, cwd=folder, start_new_session=True,
                env={**os.environ, 'ROS_LOG_DIR': str(folder / 'log'), 'PYTHONUNBUFFERED': '1'})

    @property
    def output(self):
        return self.log.read_text()

    def says(self, text, seconds=120):
        wait_for(lambda: text in self.output or self.popen.poll() is not None, seconds,
                 f'{text!r} in\n{self.output}')
        assert text in self.output, self.output

    def processes(self):
        """Processes of the launch's session that are alive."""
        alive = []
        for stat in Path('/proc').glob('[0-9]*/stat'):
            try:
                fields = stat.read_text().rpartition(')')[2].split()
            except OSError:
                continue
            if int(fields[3]) == self.popen.pid and fields[0] != 'Z':
                alive.append(int(stat.parent.name))
        return alive

    def pid_of(self, executable):
        line = next(line for line in self.output.splitlines()
                    if executable in line and 'started with pid' in line)
        return int(line.rpartition('[')[2].rstrip(']'))

    def end(self):
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGINT)
            try:
                self.popen.wait(30)
            except subprocess.TimeoutExpired:
                self.popen.kill()
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        self.popen.wait()


@pytest.fixture
def launch(tmp_path):
    started = []

    def start(*arguments, **options):
        started.append(Launch(tmp_path, *arguments, **options))
        return started[-1]
    yield start
    for one in started:
        one.end()


@pytest.mark.parametrize('policy', ['reference', 'expert'])
def test_an_episode_ends_with_success_a_table_and_a_report(launch, tmp_path, policy):
    run = launch('episodes:=1', f'policy:={policy}')
    assert run.popen.wait(240) == 0, run.output
    metrics = json.loads((tmp_path / 'report' / 'metrics.json').read_text())
    assert len(metrics['episodes']) == 1
    episode = metrics['episodes'][0]
    assert episode['success'] is True, run.output
    assert episode['delay_p50'] == episode['delay_p99'] == 2.0
    assert episode['starved_ticks'] == 2        # the delay of the very first chunk
    assert {p.name for p in (tmp_path / 'report').iterdir()} == {
        'metrics.json', 'queue_level.png', 'episode_001.gif'}
    assert 'success 1 of 1' in run.output
    assert run.processes() == []


@pytest.mark.parametrize('policy', ['reference', 'expert'])
def test_steps_of_a_long_task_are_told_as_they_change(policy, launch, tmp_path):
    run = launch('episodes:=1', f'policy:={policy}', file='subtasks.launch.py')
    assert run.popen.wait(240) == 0, run.output
    episode, = json.loads((tmp_path / 'report' / 'metrics.json').read_text())['episodes']
    assert episode['success'] is True, run.output
    told = [subtask['text'] for subtask in episode['subtasks']]
    assert told == [f'pick up the {thing} and place it in the basket'
                    for thing in ('alphabet soup', 'tomato sauce')]
    assert all(f's, subtask: {text}' in run.output for text in told)


def test_ctrl_c_ends_every_process(launch):
    run = launch()
    run.says('step ')
    run.popen.send_signal(signal.SIGINT)
    run.popen.wait(60)
    assert run.processes() == []
    assert 'Traceback' not in run.output


def test_killed_launch_leaves_no_orphan(launch):
    run = launch()
    run.says('at 20 Hz')
    run.popen.kill()
    run.popen.wait(10)
    wait_for(lambda: run.processes() == [], 30, 'every process gone')


def test_killed_policy_node_leaves_the_bridge_holding_and_saying_so(launch):
    run = launch()
    run.says('policy_node is there')
    os.kill(run.pid_of('policy_node'), signal.SIGKILL)
    run.says('policy_node is gone: holding')
    assert run.popen.poll() is None
    assert run.pid_of('robot_bridge') in run.processes()


@pytest.mark.parametrize(('argument', 'line'), [
    ('suite:=libero_objct', 'libero_object'),
    ('task_id:=10', '0..9'),
    ('task_id:=ten', 'task_id:=ten must be a whole number'),
    ('generate_subtask:=yes', 'generate_subtask:=yes must be true or false'),
    ('subtask_refresh_interval:=soon', 'subtask_refresh_interval:=soon must be a number'),
    ('policy:=exprt', 'did you mean expert?'),
    ('policy:=openpi', 'no openpi server at'),
])
def test_wrong_argument_is_a_clear_line_and_a_bad_exit_code(launch, argument, line):
    run = launch(argument)
    assert run.popen.wait(90) != 0
    assert line in run.output
    assert run.processes() == []


