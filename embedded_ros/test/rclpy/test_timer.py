import threading
import time

import pytest

from rclpy.clock import Clock, ClockType, ROSClock
from rclpy.exceptions import InvalidHandle, ROSInterruptException
from rclpy.time import Time


def ros_time(milliseconds):
    return Time(nanoseconds=milliseconds * 10**6, clock_type=ClockType.ROS_TIME)


@pytest.fixture
def simulated():
    clock = ROSClock()
    clock.set_ros_time_override(ros_time(1000))
    clock._set_ros_time_is_active(True)
    return clock


@pytest.fixture
def run(executor):
    """Function that runs what is due and returns when nothing is."""

    def spin(node):
        executor.add_node(node)
        for _ in range(10):
            executor.spin_once(timeout_sec=0)

    return spin


def test_a_timer_tells_its_times(node):
    timer = node.create_timer(1000, None, clock=Clock(clock_type=ClockType.STEADY_TIME))
    assert timer.timer_period_ns == 10**12
    assert 0 < timer.time_until_next_call() <= 10**12
    assert 0 <= timer.time_since_last_call() < 10**12
    assert not timer.is_ready()


def test_a_canceled_timer_is_silent_until_it_is_reset(node, run, simulated):
    calls = []
    timer = node.create_timer(0.1, lambda: calls.append(None), clock=simulated)
    timer.cancel()
    assert timer.is_canceled() and timer.time_until_next_call() is None
    simulated.set_ros_time_override(ros_time(1500))
    run(node)
    timer.reset()
    assert not timer.is_canceled()
    run(node)
    assert not calls
    simulated.set_ros_time_override(ros_time(1600))
    run(node)
    assert len(calls) == 1


def test_a_timer_follows_simulated_time(node, run, simulated):
    calls = []
    node.create_timer(0.1, lambda: calls.append(simulated.now()), clock=simulated)
    for now in (1050, 1099, 1100, 1150, 1200):
        simulated.set_ros_time_override(ros_time(now))
        run(node)
    assert calls == [ros_time(1100), ros_time(1200)]


def test_missed_calls_are_made_once_and_keep_the_rhythm(node, run, simulated):
    calls = []
    timer = node.create_timer(0.1, lambda: calls.append(None), clock=simulated)
    simulated.set_ros_time_override(ros_time(1350))
    run(node)
    assert len(calls) == 1
    assert timer.time_until_next_call() == 50 * 10**6


def test_a_jump_back_starts_the_period_again(node, run, simulated):
    calls = []
    timer = node.create_timer(0.1, lambda: calls.append(None), clock=simulated)
    simulated.set_ros_time_override(ros_time(500))
    assert timer.time_until_next_call() == 100 * 10**6
    simulated.set_ros_time_override(ros_time(600))
    run(node)
    assert len(calls) == 1


def test_a_new_period_counts_from_the_next_call(node, run, simulated):
    timer = node.create_timer(0.1, lambda: None, clock=simulated)
    timer.timer_period_ns = 200 * 10**6
    assert timer.time_until_next_call() == 100 * 10**6
    simulated.set_ros_time_override(ros_time(1100))
    run(node)
    assert timer.time_until_next_call() == 200 * 10**6


def test_simulated_time_wakes_an_executor_that_waits(node, executor, simulated):
    fired = threading.Event()
    node.create_timer(0.1, fired.set, clock=simulated)
    executor.add_node(node)
    thread = threading.Thread(target=executor.spin, daemon=True)
    thread.start()
    simulated.set_ros_time_override(ros_time(1100))
    assert fired.wait(30)
    executor.shutdown()
    thread.join(30)


def test_destroyed_timers_are_silent(node, run, simulated):
    calls = []
    timer = node.create_timer(0.1, lambda: calls.append(None), clock=simulated)
    assert node.destroy_timer(timer) and not node.destroy_timer(timer)
    simulated.set_ros_time_override(ros_time(1500))
    run(node)
    assert not calls


def test_a_rate_sleeps_until_the_next_tick(node, executor):
    executor.add_node(node)
    thread = threading.Thread(target=executor.spin, daemon=True)
    thread.start()
    rate = node.create_rate(100)
    start = time.monotonic()
    for _ in range(3):
        rate.sleep()
    assert time.monotonic() - start >= 0.015
    assert node.destroy_rate(rate)
    with pytest.raises((RuntimeError, InvalidHandle)):
        rate.sleep()
    executor.shutdown()
    thread.join(30)


def test_shutdown_ends_the_sleep_of_a_rate(context, node):
    rate, ended = node.create_rate(0.001), []

    def sleep():
        try:
            rate.sleep()
        except ROSInterruptException:
            ended.append(True)

    thread = threading.Thread(target=sleep, daemon=True)
    thread.start()
    context.shutdown()
    thread.join(30)
    assert ended == [True]
