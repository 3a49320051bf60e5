"""Functions and coroutines that run in an executor."""

import threading

import pytest

from rclpy.task import Future


def test_tasks_run_in_the_executor(node, any_executor):
    any_executor.add_node(node)

    async def add(one, two):
        return one + two

    functions = [
        any_executor.create_task(lambda x, y=0: x + y, 1, y=2),
        any_executor.create_task(add, 3, two=4),
    ]
    for task, result in zip(functions, (3, 7), strict=True):
        any_executor.spin_until_future_complete(task, timeout_sec=30.0)
        assert task.result() == result


def test_a_task_can_be_created_while_another_thread_waits(node, any_executor):
    any_executor.add_node(node)
    thread = threading.Thread(target=any_executor.spin, daemon=True)
    thread.start()
    done = threading.Event()
    any_executor.create_task(done.set)
    assert done.wait(30)
    any_executor.shutdown()
    thread.join(30)
    assert not thread.is_alive()


def test_an_exception_in_a_task_leaves_spin(node, executor):
    def fail():
        raise KeyError('what')

    executor.create_task(fail)
    with pytest.raises(KeyError, match='what'):
        executor.spin()


def test_an_exception_in_a_coroutine_leaves_spin(node, executor):
    gate = Future()

    async def fail():
        await gate
        raise KeyError('what')

    executor.create_task(fail)
    executor.spin_once(timeout_sec=0)
    gate.set_result(None)
    with pytest.raises(KeyError, match='what'):
        executor.spin()


def test_an_awaiting_callback_keeps_its_exclusive_group(node, executor):
    gate, order = Future(), []

    async def waiting():
        first.cancel()
        order.append('begin')
        await gate
        order.append('end')

    first = node.create_timer(0.0, waiting)
    executor.add_node(node)
    executor.spin_once()
    node.create_timer(0.0, lambda: order.append('other'))
    executor.spin_once(timeout_sec=0.02)
    assert order == ['begin']
    gate.set_result(None)
    while 'other' not in order:
        executor.spin_once(timeout_sec=1)
    assert order[:3] == ['begin', 'end', 'other']
