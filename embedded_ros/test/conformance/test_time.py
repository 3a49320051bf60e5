"""Times, clocks, timers and simulated time."""

import time

import pytest
from builtin_interfaces.msg import Duration as DurationMessage
from builtin_interfaces.msg import Time as TimeMessage
from rosgraph_msgs.msg import Clock as ClockMessage

from rclpy.clock import Clock, ClockType, ROSClock
from rclpy.duration import Duration
from rclpy.parameter import Parameter
from rclpy.time import Time

STEADY = ClockType.STEADY_TIME
SIMULATED = Parameter('use_sim_time', value=True)


def test_seconds_and_nanoseconds_add_up():
    assert Time(seconds=1.5, nanoseconds=7).nanoseconds == 1_500_000_007
    assert Time(seconds=2, nanoseconds=7).seconds_nanoseconds() == (2, 7)
    assert Duration(seconds=-1, nanoseconds=5).nanoseconds == -999_999_995
    with pytest.raises(ValueError):
        Time(nanoseconds=-1)
    with pytest.raises(OverflowError):
        Duration(nanoseconds=2**63)


def test_messages_carry_times_and_durations():
    message = Time(seconds=3, nanoseconds=4).to_msg()
    assert message == TimeMessage(sec=3, nanosec=4)
    assert Time.from_msg(message).clock_type == ClockType.ROS_TIME
    assert Duration(nanoseconds=-1).to_msg() == DurationMessage(sec=-1, nanosec=999_999_999)
    assert Duration.from_msg(Duration(nanoseconds=-1).to_msg()).nanoseconds == -1


def test_a_clock_has_a_type():
    assert Clock().clock_type == ClockType.SYSTEM_TIME
    assert Clock(clock_type=STEADY).now().clock_type == STEADY
    assert isinstance(Clock(clock_type=ClockType.ROS_TIME), ROSClock)
    before = time.time_ns()
    assert before <= Clock().now().nanoseconds <= time.time_ns()


def test_a_timer_fires_again_and_again(node, spin_until):
    calls = []
    timer = node.create_timer(0.01, lambda: calls.append(None))
    assert timer.timer_period_ns == 10**7
    spin_until(lambda: len(calls) == 3, node)
    timer.cancel()
    assert timer.is_canceled()
    timer.reset()
    assert not timer.is_canceled() and node.destroy_timer(timer)


@pytest.fixture
def set_time(make_node, spin_until):
    """Function that publishes the simulated time until a node's clock shows it."""
    publisher = make_node('simulator').create_publisher(ClockMessage, '/clock', 10)

    def run(seconds, node):
        spin_until(publisher.get_subscription_count, node)
        publisher.publish(ClockMessage(clock=TimeMessage(sec=seconds)))
        spin_until(lambda: node.get_clock().now().nanoseconds == seconds * 10**9, node)

    return run


def test_simulated_time_can_be_switched_on_and_off(node, set_time):
    assert not node.get_clock().ros_time_is_active
    node.set_parameters([SIMULATED])
    assert node.get_clock().now().nanoseconds == 0
    set_time(100, node)
    set_time(50, node)
    node.set_parameters([Parameter('use_sim_time', value=False)])
    assert node.get_clock().now().nanoseconds > 10**18


def test_timers_follow_simulated_time(make_node, set_time, executor, spin_until):
    node, calls = make_node(parameter_overrides=[SIMULATED]), []
    set_time(100, node)
    node.create_timer(10.0, lambda: calls.append(node.get_clock().now().nanoseconds // 10**9))
    set_time(109, node)
    executor.spin_once(timeout_sec=0.01)
    assert not calls
    set_time(135, node)
    spin_until(lambda: calls, node)
    set_time(139, node)
    set_time(140, node)
    spin_until(lambda: len(calls) == 2, node)
    assert calls == [135, 140]   # missed calls are made once, and the rhythm is kept
