"""Simulated time from the topic /clock."""

import pytest
from builtin_interfaces.msg import Time as TimeMessage
from rosgraph_msgs.msg import Clock

from rclpy.clock import Clock as AnyClock
from rclpy.clock import ROSClock
from rclpy.parameter import Parameter
from rclpy.time_source import TimeSource

SIMULATED = Parameter('use_sim_time', value=True)


@pytest.fixture
def simulator(make_node, spin_until):
    """Function that publishes the simulated time until a node's clock shows it."""
    publisher = make_node('simulator').create_publisher(Clock, '/clock', 10)

    def set_time(seconds, node):
        spin_until(publisher.get_subscription_count, node)
        publisher.publish(Clock(clock=TimeMessage(sec=seconds)))
        spin_until(lambda: node.get_clock().now().nanoseconds == seconds * 10**9, node)

    return set_time


def test_a_node_follows_simulated_time_when_told_to(make_node, simulator):
    node = make_node(parameter_overrides=[SIMULATED])
    assert node.get_clock().ros_time_is_active
    assert node.get_clock().now().nanoseconds == 0
    simulator(100, node)
    simulator(50, node)


def test_simulated_time_can_be_switched_on_and_off(node, simulator):
    assert not node.get_clock().ros_time_is_active
    node.set_parameters([SIMULATED])
    simulator(100, node)
    node.set_parameters([Parameter('use_sim_time', value=False)])
    assert node.get_clock().now().nanoseconds > 10**18
    assert not any(each.topic_name == '/clock' for each in node.subscriptions)


def test_timers_follow_simulated_time(make_node, simulator, executor, spin_until):
    node, calls = make_node(parameter_overrides=[SIMULATED]), []
    simulator(100, node)
    node.create_timer(10.0, lambda: calls.append(node.get_clock().now().nanoseconds // 10**9))
    simulator(109, node)
    executor.spin_once(timeout_sec=0.01)
    assert not calls
    simulator(110, node)
    spin_until(lambda: calls)
    assert calls == [110]


def test_a_time_source_takes_nodes_and_ros_clocks_only(node):
    source = TimeSource(node=node)
    clock = ROSClock()
    source.attach_clock(clock)
    with pytest.raises(ValueError):
        source.attach_clock(AnyClock())
    with pytest.raises(TypeError):
        source.attach_node('node')
