"""Launches beside this process: signals, and that no process outlives its launch."""

import os
import signal
from pathlib import Path

import pytest

STUBBORN = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
if len(sys.argv) > 1:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('ready', flush=True)
signal.pause()
"""
HEADER = f"""
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import *
STUBBORN = {STUBBORN!r}

def run(*entities):
    service = LaunchService(noninteractive=True)
    service.include_launch_description(LaunchDescription(entities))
    sys.exit(service.run())

def stubborn(*arguments, **options):
    return ExecuteProcess(cmd=[sys.executable, '-c', STUBBORN, *arguments], output='screen',
                          **options)

"""


class Launch:
    """A launch in another process."""

    def __init__(self, process):
        self._process = process
        self.lines = []

    @property
    def pid(self):
        return self._process.process.pid

    def wait_for(self, text):
        """Read further lines until one has a text; returns that line."""
        while text not in (line := self._process.read_line()):
            self.lines.append(line)
        self.lines.append(line)
        return line

    def wait_for_pid(self):
        line = self.wait_for('process started with pid')
        return int(line.rpartition('[')[2].rstrip(']'))

    def signal(self, number):
        os.kill(self.pid, number)

    def wait(self):
        return self._process.wait()


@pytest.fixture
def start(run_python, log_dir):
    """Function that starts a launch of the entities in a text."""
    return lambda entities: Launch(run_python(f'{HEADER}run({entities})'))


def is_running(pid):
    try:
        state = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in ('Z', 'X')


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_shuts_the_children_down(start, number):
    launch = start("ExecuteProcess(cmd=['sleep', '60']), ExecuteProcess(cmd=['sleep', '61'])")
    pids = [launch.wait_for_pid(), launch.wait_for_pid()]
    launch.signal(number)
    assert launch.wait() == 0
    assert not any(is_running(pid) for pid in pids)


def test_children_are_shut_down_in_the_reverse_order_of_their_start(start):
    launch = start("ExecuteProcess(cmd=['sleep', '60']), ExecuteProcess(cmd=['sleep', '61'])")
    launch.wait_for_pid(), launch.wait_for_pid()
    launch.signal(signal.SIGINT)
    assert 'sleep-2' in launch.wait_for("sending signal 'SIGINT'")
    assert 'sleep-1' in launch.wait_for("sending signal 'SIGINT'")


def test_child_that_does_not_end_is_terminated_then_killed(start):
    launch = start("stubborn('very', sigterm_timeout='0.1', sigkill_timeout='0.2')")
    pid = launch.wait_for_pid()
    launch.wait_for('ready')
    launch.signal(signal.SIGINT)
    launch.wait_for("failed to terminate '0.1' seconds after receiving 'SIGINT', escalating")
    launch.wait_for("sending signal 'SIGTERM'")
    launch.wait_for('after receiving')
    assert "seconds after receiving 'SIGTERM', escalating to 'SIGKILL'" in launch.lines[-1]
    launch.wait_for('exit code -9')
    assert launch.wait() == 0
    assert not is_running(pid)


def test_second_interrupt_hurries_and_third_kills(start):
    launch = start("stubborn('very', sigterm_timeout='3600')")
    launch.wait_for('ready')
    launch.signal(signal.SIGINT)
    launch.wait_for('user interrupted with ctrl-c (SIGINT)')
    launch.signal(signal.SIGINT)
    launch.wait_for('user interrupted with ctrl-c (SIGINT) again, sending SIGTERM')
    launch.signal(signal.SIGINT)
    launch.wait_for('again, sending SIGKILL')
    launch.wait_for('exit code -9')
    assert launch.wait() == 0


def test_second_interrupt_terminates(start):
    launch = start("stubborn(sigterm_timeout='3600')")
    launch.wait_for('ready')
    launch.signal(signal.SIGINT)
    launch.wait_for('user interrupted')
    launch.signal(signal.SIGINT)
    launch.wait_for('exit code -15')
    assert launch.wait() == 0


def test_no_child_survives_when_the_launch_is_killed(start, wait_until):
    launch = start("stubborn('very'), ExecuteProcess(cmd=['sleep', '60'])")
    pids = [launch.wait_for_pid(), launch.wait_for_pid()]
    launch.wait_for('ready')
    launch.signal(signal.SIGKILL)
    launch.wait()
    wait_until(lambda: not any(is_running(pid) for pid in pids), 'all children have ended')


def test_what_a_child_leaves_behind_ends_with_the_launch(start):
    launch = start(
        "ExecuteProcess(cmd=['sleep 60 & echo left $!; exit 0'], name='shell', shell=True,"
        "               output='screen'),"
        "ExecuteProcess(cmd=['sleep', '61'])"
    )
    pid = int(launch.wait_for('[shell-1] left').split()[-1])
    launch.wait_for('finished cleanly')
    assert is_running(pid)
    launch.signal(signal.SIGINT)
    assert launch.wait() == 0
    assert not is_running(pid)


def test_whole_shell_command_is_interrupted(start):
    launch = start(
        "ExecuteProcess(cmd=['echo child; sleep 60; echo never'], name='shell', shell=True, "
        "output='screen')"
    )
    launch.wait_for('[shell-1] child')
    launch.signal(signal.SIGINT)
    launch.wait_for('process has died')
    assert launch.wait() == 0
    assert '[shell-1] never' not in launch.lines


def test_children_lead_process_groups_of_their_own(start):
    """So a Ctrl-C in the terminal reaches the launch only, and the children just once."""
    launch = start("ExecuteProcess(cmd=['sleep', '60'])")
    pid = launch.wait_for_pid()
    assert os.getpgid(pid) == pid
    launch.signal(signal.SIGINT)
    assert launch.wait() == 0


def test_closed_pipe_ends_the_launch_quietly(run_python, log_dir):
    beside = run_python(
        f"""{HEADER}
import os, threading
reader, writer = os.pipe()
os.dup2(writer, 1)
os.close(writer)
threading.Thread(target=lambda: (os.read(reader, 100), os.close(reader))).start()
run(ExecuteProcess(cmd=['sh', '-c', 'while sleep 0.01; do echo x; done'], output='screen'),
    ExecuteProcess(cmd=['sleep', '60']))
"""
    )
    assert beside.wait() == 0
    assert beside.errors == ''
