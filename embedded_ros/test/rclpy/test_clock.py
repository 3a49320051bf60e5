import threading

import pytest

from rclpy.clock import Clock, ClockChange, ClockType, JumpThreshold, ROSClock
from rclpy.context import Context
from rclpy.duration import Duration
from rclpy.exceptions import NotInitializedException
from rclpy.time import Time

ANY_JUMP = JumpThreshold(min_forward=Duration(nanoseconds=1), min_backward=Duration(nanoseconds=-1))


def ros_time(nanoseconds):
    return Time(nanoseconds=nanoseconds, clock_type=ClockType.ROS_TIME)


@pytest.fixture
def simulated():
    clock = ROSClock()
    clock.set_ros_time_override(ros_time(100))
    clock._set_ros_time_is_active(True)
    return clock


def test_ros_time_is_system_time_until_simulated_time_is_active():
    clock = ROSClock()
    clock.set_ros_time_override(ros_time(5))
    assert not clock.ros_time_is_active
    assert clock.now().nanoseconds > 5
    clock._set_ros_time_is_active(True)
    assert clock.ros_time_is_active
    assert clock.now() == ros_time(5)


def test_jump_callbacks_hear_of_jumps_in_both_directions(simulated):
    events = []
    simulated.create_jump_callback(
        ANY_JUMP,
        pre_callback=lambda: events.append(simulated.now().nanoseconds),
        post_callback=lambda jump: events.append(jump.delta.nanoseconds),
    )
    simulated.set_ros_time_override(ros_time(130))
    simulated.set_ros_time_override(ros_time(110))
    assert events == [100, 30, 130, -20]


def test_small_jumps_are_not_reported(simulated):
    deltas = []
    simulated.create_jump_callback(
        JumpThreshold(min_forward=Duration(nanoseconds=10), min_backward=None),
        post_callback=lambda jump: deltas.append(jump.delta.nanoseconds),
    )
    for now in (109, 119, 50):
        simulated.set_ros_time_override(ros_time(now))
    assert deltas == [10]


def test_jump_callbacks_hear_of_a_change_of_source():
    clock, changes = ROSClock(), []
    note = lambda jump: changes.append(jump.clock_change)  # noqa: E731
    with clock.create_jump_callback(ANY_JUMP, post_callback=note):
        clock._set_ros_time_is_active(True)
        clock._set_ros_time_is_active(False)
    clock._set_ros_time_is_active(True)
    assert changes == [ClockChange.ROS_TIME_ACTIVATED, ClockChange.ROS_TIME_DEACTIVATED]


@pytest.mark.parametrize(
    'thresholds',
    [
        {'min_forward': Duration(nanoseconds=-1), 'min_backward': None},
        {'min_forward': None, 'min_backward': Duration(nanoseconds=1)},
        {'min_forward': None, 'min_backward': None, 'on_clock_change': False},
    ],
)
def test_thresholds_must_make_sense(thresholds):
    with pytest.raises(ValueError):
        JumpThreshold(**thresholds)


@pytest.mark.parametrize('kind', [ClockType.SYSTEM_TIME, ClockType.STEADY_TIME, ClockType.ROS_TIME])
def test_sleeping_lasts_until_the_time_is_reached(context, kind):
    clock = Clock(clock_type=kind)
    until = clock.now() + Duration(seconds=0.05)
    assert clock.sleep_until(until, context)
    assert clock.now() >= until
    assert clock.sleep_for(Duration(nanoseconds=1), context)


def test_a_sleep_in_the_past_ends_at_once(context, simulated):
    assert simulated.sleep_until(ros_time(100), context)


def in_thread(function):
    results = []
    thread = threading.Thread(target=lambda: results.append(function()), daemon=True)
    thread.start()
    return thread, results


def test_a_sleep_follows_simulated_time(context, simulated):
    thread, results = in_thread(lambda: simulated.sleep_until(ros_time(200), context))
    for now in range(110, 210, 10):
        simulated.set_ros_time_override(ros_time(now))
    thread.join(30)
    assert results == [True]


def test_a_change_of_source_ends_a_sleep(context, simulated, wait_until):
    thread, results = in_thread(lambda: simulated.sleep_until(ros_time(200), context))
    wait_until(
        lambda: (
            not thread.is_alive()
            or simulated._set_ros_time_is_active(False)
            or simulated._set_ros_time_is_active(True)
            or results
        ),
        'the sleep ends',
    )
    thread.join(30)
    assert results == [False]


def test_shutdown_ends_a_sleep(context):
    clock = Clock()
    thread, results = in_thread(lambda: clock.sleep_for(Duration(seconds=1000), context))
    context.shutdown()
    thread.join(30)
    assert not thread.is_alive()
    assert results in ([False], [])  # the thread may have come too late to sleep at all


def test_sleeping_needs_a_context_and_a_time_of_the_same_clock(context):
    with pytest.raises(NotInitializedException):
        Clock().sleep_for(Duration(), Context())
    with pytest.raises(ValueError):
        Clock().sleep_until(ros_time(1), context)
