"""Executors, callback groups, tasks and futures, and what signals do to them."""

import signal
import threading
import time

import pytest

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup, ReentrantCallbackGroup
from rclpy.executors import (
    ExternalShutdownException,
    MultiThreadedExecutor,
)
from rclpy.task import Future


@pytest.fixture
def threads(context):
    made = MultiThreadedExecutor(3, context=context)
    yield made
    made.shutdown()


@pytest.fixture(params=['executor', 'threads'])
def any_executor(request):
    return request.getfixturevalue(request.param)


def in_thread(function):
    thread = threading.Thread(target=function, daemon=True)
    thread.start()
    return thread


def test_spin_once_runs_one_callback(node, executor):
    calls = []
    for _ in range(2):
        node.create_timer(0.0, lambda: calls.append(None))
    executor.add_node(node)
    executor.spin_once()
    assert len(calls) == 1


@pytest.mark.parametrize('from_thread', [False, True])
def test_spinning_ends_with_a_future(node, any_executor, from_thread):
    future = Future()
    any_executor.add_node(node)
    if from_thread:
        in_thread(lambda: future.set_result('done'))
    else:
        node.create_timer(0.01, lambda: future.done() or future.set_result('done'))
    any_executor.spin_until_future_complete(future, timeout_sec=30.0)
    assert future.result() == 'done'


def test_a_coroutine_waits_without_blocking(node, any_executor):
    gate, order = Future(), []

    async def waiting():
        order.append('before')
        order.append(await gate)

    def open_gate():
        if not gate.done():
            order.append('open')
            gate.set_result('after')

    task = any_executor.create_task(waiting)
    node.create_timer(0.02, open_gate)
    any_executor.add_node(node)
    any_executor.spin_until_future_complete(task, timeout_sec=30.0)
    assert order == ['before', 'open', 'after']


def test_an_exception_leaves_spin(node, any_executor):
    def fail():
        raise KeyError('what')

    node.create_timer(0.01, fail)
    any_executor.add_node(node)
    with pytest.raises(KeyError, match='what'):
        any_executor.spin()


@pytest.mark.parametrize('group', [MutuallyExclusiveCallbackGroup, ReentrantCallbackGroup, None])
@pytest.mark.parametrize('shared', [True, False])
def test_groups_say_which_callbacks_overlap(node, threads, group, shared):
    barrier, met = threading.Barrier(2), []

    def meet():
        try:
            barrier.wait(0.1)
            met.append(True)
        except threading.BrokenBarrierError:
            barrier.reset()
            met.append(False)

    groups = [group() if group else None] * 2
    if not shared and group:
        groups = [group(), group()]
    for each in groups:
        node.create_timer(0.01, meet, callback_group=each)
    threads.add_node(node)
    deadline = time.monotonic() + 30
    while len(met) < 3 and time.monotonic() < deadline:
        threads.spin_once(timeout_sec=0.05)
    assert any(met) is (group is ReentrantCallbackGroup or (group is not None and not shared))


def test_shutdown_wakes_an_executor_in_another_thread(context, node, executor):
    executor.add_node(node)
    started = threading.Event()
    node.create_timer(0.0, started.set)

    def spin():
        try:
            executor.spin()
        except ExternalShutdownException:
            pass

    thread = in_thread(spin)
    assert started.wait(30)
    context.shutdown()
    thread.join(30)
    assert not thread.is_alive()


SPINNING = """
import signal
import rclpy
signal.signal(signal.SIGINT, signal.default_int_handler)
rclpy.init()
node = rclpy.create_node('node')
node.create_timer(0.01, lambda: print('ready'))
try:
    while True:
        rclpy.spin_once(node)
except KeyboardInterrupt:
    print('interrupted')
node.destroy_node()
rclpy.try_shutdown()
"""


def test_sigint_ends_a_program_cleanly(run_python):
    process = run_python(SPINNING)
    assert process.stdout.readline() == 'ready\n'
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)
    assert (output.splitlines()[-1], process.returncode) == ('interrupted', 0), errors
