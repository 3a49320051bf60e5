import threading
import time

import pytest
from std_msgs.msg import String

import rclpy
from rclpy.context import Context
from rclpy.exceptions import NotInitializedException
from rclpy.executors import (
    MultiThreadedExecutor,
    SingleThreadedExecutor,
    TimeoutException,
)
from rclpy.task import Future


def test_an_executor_knows_its_nodes(make_node, executor):
    one, two = make_node('one'), make_node('two')
    assert executor.add_node(one) and executor.add_node(two)
    assert not executor.add_node(one)
    assert set(executor.get_nodes()) == {one, two}
    assert one.executor is executor
    executor.remove_node(one)
    assert executor.get_nodes() == [two]


def test_a_node_belongs_to_one_executor(context, node, executor):
    other = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    other.add_node(node)
    assert node.executor is other
    assert executor.get_nodes() == []
    other.shutdown()


def test_an_executor_needs_an_initialized_context():
    with pytest.raises((NotInitializedException, RuntimeError)):
        SingleThreadedExecutor(context=Context())


def test_waiting_for_callbacks_times_out(node, executor):
    executor.add_node(node)
    executor.spin_once(timeout_sec=0.01)
    with pytest.raises(TimeoutException):
        executor.wait_for_ready_callbacks(timeout_sec=0.01)


def test_spinning_for_a_future_times_out(node, any_executor):
    any_executor.add_node(node)
    future = Future()
    any_executor.spin_until_future_complete(future, timeout_sec=0.05)
    any_executor.spin_until_future_complete(future, timeout_sec=0)
    assert not future.done()


def test_spinning_once_ends_when_a_future_is_done(node, any_executor):
    any_executor.add_node(node)
    future = Future()
    any_executor.spin_once_until_future_complete(future, timeout_sec=0.05)
    assert not future.done()
    any_executor.create_task(lambda: future.set_result(5))
    any_executor.spin_once_until_future_complete(future)
    any_executor.spin_until_future_complete(future)
    any_executor.spin_once_until_future_complete(future)
    assert future.result() == 5


def test_a_node_added_while_spinning_runs(make_node, any_executor):
    any_executor.add_node(make_node('first'))
    thread = threading.Thread(target=any_executor.spin, daemon=True)
    thread.start()
    fired = threading.Event()
    second = make_node('second')
    any_executor.add_node(second)
    second.create_timer(0.01, fired.set)
    assert fired.wait(30)
    any_executor.shutdown()
    thread.join(30)


def test_a_removed_node_is_silent(make_node, executor):
    calls = []
    removed, kept = make_node('removed'), make_node('kept')
    removed.create_timer(0.0, lambda: calls.append('removed'))
    kept.create_timer(0.0, lambda: calls.append('kept'))
    executor.add_node(removed)
    executor.add_node(kept)
    executor.remove_node(removed)
    for _ in range(4):
        executor.spin_once()
    assert calls == ['kept'] * 4


def test_a_busy_topic_does_not_starve_timers_and_other_topics(node, executor):
    """Every message causes the next one, so that there is always one to take."""
    counts = {'flood': 0, 'timer': 0, 'other': 0}
    flood = node.create_publisher(String, 'flood', 10)
    other = node.create_publisher(String, 'other', 10)

    def on_flood(message):
        counts['flood'] += 1
        flood.publish(message)

    node.create_subscription(String, 'flood', on_flood, 10)
    node.create_subscription(
        String, 'other', lambda message: counts.update(other=counts['other'] + 1), 10
    )

    def tick():
        counts['timer'] += 1
        other.publish(String())

    node.create_timer(0.001, tick)
    executor.add_node(node)
    while not (flood.get_subscription_count() and other.get_subscription_count()):
        executor.spin_once(timeout_sec=0.01)
    for _ in range(5):
        flood.publish(String())
    deadline = time.monotonic() + 30
    while not (counts['timer'] > 10 and counts['other'] > 5 and counts['flood'] > 10):
        assert time.monotonic() < deadline, counts
        executor.spin_once()


def test_entities_may_come_and_go_while_another_thread_waits(node, any_executor):
    failures = []

    def spin():
        try:
            any_executor.spin()
        except Exception as error:
            failures.append(error)

    any_executor.add_node(node)
    thread = threading.Thread(target=spin, daemon=True)
    thread.start()
    for _ in range(100):
        publisher = node.create_publisher(String, 'topic', 1)
        subscription = node.create_subscription(String, 'topic', lambda message: None, 1)
        timer = node.create_timer(0.0, lambda: None)
        guard = node.create_guard_condition(lambda: None)
        publisher.publish(String())
        guard.trigger()
        node.destroy_publisher(publisher)
        node.destroy_subscription(subscription)
        node.destroy_timer(timer)
        node.destroy_guard_condition(guard)
    done = threading.Event()
    any_executor.create_task(done.set)
    assert done.wait(30) and not failures
    any_executor.shutdown()
    thread.join(30)


def test_shutdown_in_a_callback_ends_spin(context, node, executor):
    node.create_timer(0.01, context.shutdown)
    executor.add_node(node)
    executor.spin()
    assert not context.ok()


def test_an_executor_is_a_context_manager_and_may_be_shut_down_twice(context, node):
    with SingleThreadedExecutor(context=context) as made:
        made.add_node(node)
    assert made.get_nodes() == [] and made.shutdown()


def test_one_thread_is_too_few_for_many(context):
    with pytest.warns(UserWarning, match='single thread'):
        MultiThreadedExecutor(1, context=context).shutdown()


def test_guard_conditions_call_back(node, executor):
    calls = []
    guard = node.create_guard_condition(lambda: calls.append(None))
    executor.add_node(node)
    executor.spin_once(timeout_sec=0)
    assert not calls
    guard.trigger()
    while not calls:
        executor.spin_once(timeout_sec=1)
    executor.spin_once(timeout_sec=0)
    assert len(calls) == 1
    assert node.destroy_guard_condition(guard) and not node.destroy_guard_condition(guard)


def test_module_functions_spin_a_node_of_the_default_context():
    rclpy.init(args=[])
    try:
        node, calls = rclpy.create_node('node'), []
        node.create_timer(0.0, lambda: calls.append(None))
        rclpy.spin_once(node)
        assert len(calls) == 1
        future = Future()
        node.create_timer(0.0, lambda: future.set_result(1))
        rclpy.spin_until_future_complete(node, future, timeout_sec=30.0)
        assert future.result() == 1
        node.create_timer(0.0, rclpy.shutdown)
        rclpy.spin(node)
        assert not rclpy.ok()
    finally:
        rclpy.try_shutdown()
