"""Fixtures that use the public interface of rclpy only, so they fit a real ROS 2."""

import time

import pytest

import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

TIMEOUT_S = 30.0


@pytest.fixture
def context():
    """An initialised context that ignores the command line of pytest."""
    made = Context()
    rclpy.init(args=[], context=made)
    yield made
    made.try_shutdown()


@pytest.fixture
def make_node(context):
    """Function that creates a node; it is destroyed after the test."""
    made = []

    def make(name='node', node_class=Node, **options):
        made.append(node_class(name, context=context, **options))
        return made[-1]

    yield make
    for node in made:
        node.destroy_node()


@pytest.fixture
def node(make_node):
    return make_node()


@pytest.fixture
def executor(context):
    made = SingleThreadedExecutor(context=context)
    yield made
    made.shutdown()


@pytest.fixture
def spin_until(executor):
    """Function that runs nodes until a condition is true, and fails the test if it never is."""

    def spin(condition, *nodes):
        for node in nodes:
            executor.add_node(node)
        deadline = time.monotonic() + TIMEOUT_S
        while not (result := condition()):
            if time.monotonic() > deadline:
                pytest.fail(f'not true after {TIMEOUT_S} s')
            executor.spin_once(timeout_sec=0.02)
        return result

    return spin


@pytest.fixture
def call(spin_until):
    """Function that calls a service and returns its response."""

    def run(client, request, *nodes):
        spin_until(client.service_is_ready, *nodes)
        future = client.call_async(request)
        spin_until(future.done, *nodes)
        return future.result()

    return run
