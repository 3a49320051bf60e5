"""Fixtures of the conformance suite, which runs on whatever ROS 2 is installed.

Everything here and in the tests uses what ROS 2 documents and promises, and nothing else.
"""

import importlib.util
import os
import random
import socket
import subprocess
import sys
import textwrap

import pytest


def _free_domain_id():
    """A domain that nobody on this machine uses now."""
    for domain_id in random.SystemRandom().sample(range(1, 100), 99):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(('', 7400 + 250 * domain_id + 10))
            except OSError:
                continue
            return domain_id
    raise RuntimeError('all ROS domains of this machine are in use')


for _name in ('CYCLONEDDS_URI', 'ROS_STATIC_PEERS', 'ROS_LOCALHOST_ONLY'):
    os.environ.pop(_name, None)
# All conftest.py of one pytest process use the domain that the first of them chose; the name has
# the process in it because processes started from here inherit the environment.
os.environ['ROS_DOMAIN_ID'] = os.environ.setdefault(
    f'PYTEST_{os.getpid()}_ROS_DOMAIN_ID', str(_free_domain_id())
)
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
os.environ['RCUTILS_COLORIZED_OUTPUT'] = '0'

sys.path.append(os.path.dirname(__file__))

from ros_fixtures import *  # noqa: E402, F403

import rclpy  # noqa: E402

collect_ignore = [] if importlib.util.find_spec('cv_bridge') else ['test_cv_bridge.py']


def pytest_report_header():
    """Tell which ROS 2 is tested."""
    return f'ROS 2: {rclpy.__file__}, {rclpy.get_rmw_implementation_identifier()}'


@pytest.fixture
def run_python():
    """Function that starts a Python program; what still runs is killed after the test."""
    started = []

    def start(code, *arguments, **env):
        command = [sys.executable, '-u', '-c', textwrap.dedent(code), *arguments]
        started.append(
            subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, **env},
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()
