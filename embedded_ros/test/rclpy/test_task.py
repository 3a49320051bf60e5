import pytest

from rclpy.task import Future, Task


def test_a_future_gets_a_result():
    future = Future()
    assert not future.done() and future.result() is None
    future.set_result(5)
    assert future.done() and future.result() == 5 and future.exception() is None


def test_a_future_gets_an_exception():
    future, error = Future(), KeyError('what')
    future.set_exception(error)
    assert future.done() and future.exception() is error
    with pytest.raises(KeyError):
        future.result()


def test_a_future_can_be_cancelled():
    future = Future()
    future.cancel()
    assert future.cancelled() and not future.done()


def test_done_callbacks_are_called_once_with_the_future():
    future, calls = Future(), []
    future.add_done_callback(calls.append)
    assert not calls
    future.set_result(1)
    assert calls == [future]
    future.add_done_callback(calls.append)
    assert calls == [future, future]


def test_an_exception_in_a_done_callback_is_a_warning():
    future, calls = Future(), []
    future.add_done_callback(lambda _: 1 / 0)
    future.add_done_callback(calls.append)
    with pytest.warns(UserWarning, match='Unhandled exception in done callback'):
        future.set_result(1)
    assert calls == [future]


def test_an_exception_that_nobody_sees_is_printed(capsys):
    future = Future()
    future.set_exception(KeyError('what'))
    del future
    assert 'never retrieved' in capsys.readouterr().err


def test_a_task_calls_a_function():
    task = Task(lambda x, y: x - y, [5], {'y': 2})
    task()
    assert task.done() and task.result() == 3


def test_a_task_runs_a_coroutine_step_by_step():
    gate, steps = Future(), []

    async def coroutine(name):
        steps.append(name)
        steps.append(await gate)
        return 'end'

    task = Task(coroutine, ['begin'])
    task()
    assert steps == ['begin'] and not task.done() and not task.executing()
    gate.set_result('middle')
    task()
    assert steps == ['begin', 'middle'] and task.result() == 'end'


def test_awaiting_a_failed_future_raises():
    gate = Future()

    async def coroutine():
        await gate

    task = Task(coroutine)
    gate.set_exception(KeyError('what'))
    task()
    assert isinstance(task.exception(), KeyError)
    gate.exception()
