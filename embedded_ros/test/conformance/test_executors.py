"""Executors, callback groups, tasks and futures, and what signals do to them."""

import signal
import threading
import time

import pytest

import rclpy
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup, ReentrantCallbackGroup
from rclpy.executors import (
    ExternalShutdownException,
    MultiThreadedExecutor,
    SingleThreadedExecutor,
)
from rclpy.task import Future, Task


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


def test_a_node_belongs_to_one_executor(context, make_node, executor):
    one, two = make_node('one'), make_node('two')
    assert executor.add_node(one) and executor.add_node(two) and not executor.add_node(one)
    assert set(executor.get_nodes()) == {one, two} and one.executor is executor
    with SingleThreadedExecutor(context=context) as other:
        other.add_node(one)
        assert one.executor is other and executor.get_nodes() == [two]


def test_spin_once_runs_one_callback(node, executor):
    calls = []
    for _ in range(2):
        node.create_timer(0.0, lambda: calls.append(None))
    executor.add_node(node)
    executor.spin_once()
    assert len(calls) == 1


def test_a_removed_node_is_silent(make_node, executor):
    calls = []
    for name in ('removed', 'kept'):
        make_node(name).create_timer(0.0, lambda name=name: calls.append(name))
        executor.add_node(make_node(f'{name}_too'))
    nodes = executor.get_nodes()
    assert len(nodes) == 2
    executor.remove_node(nodes[0])
    assert executor.get_nodes() == nodes[1:]


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


def test_spinning_for_a_future_times_out(node, any_executor):
    future = Future()
    any_executor.add_node(node)
    any_executor.spin_until_future_complete(future, timeout_sec=0.05)
    assert not future.done()


def test_functions_and_coroutines_run_as_tasks(node, any_executor):
    any_executor.add_node(node)

    async def add(one, two):
        return one + two

    for task, result in (
        (any_executor.create_task(lambda x, y=0: x + y, 1, y=2), 3),
        (any_executor.create_task(add, 3, two=4), 7),
    ):
        any_executor.spin_until_future_complete(task, timeout_sec=30.0)
        assert task.result() == result


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


def test_a_node_added_while_spinning_runs(make_node, any_executor):
    any_executor.add_node(make_node('first'))
    thread, fired = in_thread(any_executor.spin), threading.Event()
    second = make_node('second')
    any_executor.add_node(second)
    second.create_timer(0.01, fired.set)
    assert fired.wait(30)
    any_executor.shutdown()
    thread.join(30)
    assert not thread.is_alive()


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


def test_guard_conditions_call_back(node, spin_until):
    calls = []
    guard = node.create_guard_condition(lambda: calls.append(None))
    guard.trigger()
    spin_until(lambda: calls, node)
    assert len(calls) == 1 and node.destroy_guard_condition(guard)


def test_shutdown_ends_spin(context, node, executor):
    executor.add_node(node)
    node.create_timer(0.01, context.shutdown)
    executor.spin()
    assert not context.ok()


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


def test_the_functions_of_the_module_use_the_default_context():
    rclpy.init(args=[])
    try:
        node, calls, future = rclpy.create_node('node'), [], Future()
        timer = node.create_timer(0.0, lambda: calls.append(None))
        rclpy.spin_once(node)
        assert len(calls) == 1
        node.destroy_timer(timer)
        node.create_timer(0.0, lambda: future.set_result(1) if not future.done() else None)
        rclpy.spin_until_future_complete(node, future, timeout_sec=30.0)
        assert future.result() == 1
    finally:
        rclpy.shutdown()


def test_a_future_has_a_result_or_an_exception():
    future, failed, calls = Future(), Future(), []
    future.add_done_callback(calls.append)
    assert not future.done() and future.result() is None
    future.set_result(5)
    future.add_done_callback(calls.append)
    assert future.done() and future.result() == 5 and calls == [future, future]
    failed.set_exception(KeyError('what'))
    with pytest.raises(KeyError):
        failed.result()


def test_a_task_runs_a_coroutine_step_by_step():
    gate, steps = Future(), []

    async def coroutine(name):
        steps.append(name)
        steps.append(await gate)
        return 'end'

    task = Task(coroutine, ['begin'])
    task()
    assert steps == ['begin'] and not task.done()
    gate.set_result('middle')
    task()
    assert steps == ['begin', 'middle'] and task.result() == 'end'


SPINNING = """
import signal, sys
import rclpy
from rclpy.executors import ExternalShutdownException
signal.signal(signal.SIGINT, signal.default_int_handler)
rclpy.init()
node = rclpy.create_node('node')
node.create_timer(0.01, lambda: print('ready'))
try:
    while True:
        rclpy.spin_once(node)
except KeyboardInterrupt:
    print('interrupted')
except ExternalShutdownException:
    print('shut down')
node.destroy_node()
rclpy.try_shutdown()
"""


@pytest.mark.parametrize(
    ('number', 'end'), [(signal.SIGINT, 'interrupted'), (signal.SIGTERM, 'shut down')]
)
def test_signals_end_a_program_cleanly(run_python, number, end):
    process = run_python(SPINNING)
    assert process.stdout.readline() == 'ready\n'
    process.send_signal(number)
    output, errors = process.communicate(timeout=30)
    assert (output.splitlines()[-1], process.returncode) == (end, 0), errors
