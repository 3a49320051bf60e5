"""Shared by the tests of the embedded ROS: a domain of their own, processes, and waiting."""

import os
import random
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from queue import Empty, SimpleQueue

import pytest

TIMEOUT_S = 30.0


def _free_domain_id() -> int:
    """A domain that nobody on this machine uses now, in the range outside ephemeral ports."""
    candidates = random.SystemRandom().sample(range(1, 100), 99)
    for domain_id in candidates:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(('', 7400 + 250 * domain_id + 10))
            except OSError:
                continue
            return domain_id
    raise RuntimeError('all ROS domains of this machine are in use')


for _name in ('CYCLONEDDS_URI', 'ROS_STATIC_PEERS', 'ROS_LOCALHOST_ONLY', 'AMENT_PREFIX_PATH'):
    os.environ.pop(_name, None)
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
# A run in the background may have SIGINT ignored, which every process started here would inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)
# All conftest.py of one pytest process use the domain that the first of them chose; the name has
# the process in it because processes started from here inherit the environment.
os.environ['ROS_DOMAIN_ID'] = os.environ.setdefault(
    f'PYTEST_{os.getpid()}_ROS_DOMAIN_ID', str(_free_domain_id())
)


def _wait_until(condition, what='the condition holds', timeout_s=TIMEOUT_S):
    deadline = time.monotonic() + timeout_s
    while not (result := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f'after {timeout_s} s it is still not true that {what}')
        time.sleep(0.01)
    return result


class PythonProcess:
    """A Python program that runs beside the test; its output is read line by line."""

    def __init__(self, code, *arguments, env=None):
        self.process = subprocess.Popen(
            [sys.executable, '-u', '-c', textwrap.dedent(code), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(env or {})},
        )
        self._lines = SimpleQueue()
        self._errors = []
        self._threads = [
            threading.Thread(target=self._read_output, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def read_line(self, timeout_s=TIMEOUT_S):
        """Next line of the output, without its end."""
        try:
            line = self._lines.get(timeout=timeout_s)
        except Empty:
            pytest.fail(f'no output for {timeout_s} s; errors so far: {self.errors}')
        if line is None:
            pytest.fail(f'the process ended with {self.process.wait()}: {self.errors}')
        return line

    def send_line(self, line=''):
        """Write a line to the process's input."""
        self.process.stdin.write(f'{line}\n')
        self.process.stdin.flush()

    def wait(self, timeout_s=TIMEOUT_S):
        """Exit code."""
        code = self.process.wait(timeout_s)
        for thread in self._threads:
            thread.join(timeout_s)
        return code

    def close(self):
        """Kill the process if it runs, and close its pipes."""
        if self.process.poll() is None:
            self.process.kill()
        self.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()

    @property
    def errors(self):
        """What it wrote to its standard error."""
        return ''.join(self._errors)

    def _read_output(self):
        for line in self.process.stdout:
            self._lines.put(line.rstrip('\n'))
        self._lines.put(None)

    def _read_errors(self):
        for line in self.process.stderr:
            self._errors.append(line)


@pytest.fixture(scope='session')
def wait_until():
    """Function that polls a condition until it is true, and fails the test if it never is."""
    return _wait_until


@pytest.fixture
def run_python():
    """Function that starts a Python program; what still runs is killed after the test."""
    started = []

    def start(code, *arguments, env=None):
        started.append(PythonProcess(code, *arguments, env=env))
        return started[-1]

    yield start
    for process in started:
        process.close()


@pytest.fixture(scope='session')
def domain_id():
    """The domain of this test run."""
    return int(os.environ['ROS_DOMAIN_ID'])


@pytest.fixture
def participant(domain_id):
    """A DDS participant that is closed after the test."""
    from embedded_ros.dds import Participant

    opened = Participant(domain_id)
    yield opened
    opened.close()
