"""Shared by the tests of rclpy."""

import sys
from pathlib import Path

import pytest

from rclpy.executors import MultiThreadedExecutor, SingleThreadedExecutor

sys.path.append(str(Path(__file__).parents[1] / 'conformance'))

from ros_fixtures import *  # noqa: E402, F403


@pytest.fixture(
    params=[SingleThreadedExecutor, lambda **k: MultiThreadedExecutor(3, **k)],
    ids=['single', 'multi'],
)
def any_executor(request, context):
    made = request.param(context=context)
    yield made
    made.shutdown()
