"""How callbacks share the threads of an executor."""

import threading
import time

import pytest

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup, ReentrantCallbackGroup
from rclpy.executors import MultiThreadedExecutor
from rclpy.task import Future


@pytest.fixture
def threads(context):
    made = MultiThreadedExecutor(3, context=context)
    yield made
    made.shutdown()


def run_together(node, threads, groups):
    """Whether the callbacks of two timers ever ran at the same time."""
    barrier, together = threading.Barrier(2), []

    def callback():
        try:
            barrier.wait(0.2)
            together.append(True)
        except threading.BrokenBarrierError:
            barrier.reset()
            together.append(False)

    for group in groups:
        node.create_timer(0.01, callback, callback_group=group)
    threads.add_node(node)
    deadline = time.monotonic() + 30
    while len(together) < 3 and time.monotonic() < deadline:
        threads.spin_once(timeout_sec=0.05)
    return any(together)


@pytest.mark.parametrize(
    ('make_groups', 'overlap'),
    [
        (lambda: [MutuallyExclusiveCallbackGroup()] * 2, False),
        (lambda: [None, None], False),
        (lambda: [MutuallyExclusiveCallbackGroup(), MutuallyExclusiveCallbackGroup()], True),
        (lambda: [ReentrantCallbackGroup()] * 2, True),
    ],
    ids=['one exclusive group', 'default group', 'two groups', 'reentrant group'],
)
def test_groups_decide_which_callbacks_overlap(node, threads, make_groups, overlap):
    assert run_together(node, threads, make_groups()) is overlap


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
