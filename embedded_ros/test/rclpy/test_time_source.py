"""Simulated time from the topic /clock."""

import pytest

from rclpy.clock import Clock as AnyClock
from rclpy.clock import ROSClock
from rclpy.parameter import Parameter
from rclpy.time_source import TimeSource


def test_a_node_listens_to_the_clock_only_while_time_is_simulated(node):
    def listens():
        return any(each.topic_name == '/clock' for each in node.subscriptions)

    assert not listens()
    node.set_parameters([Parameter('use_sim_time', value=True)])
    assert node.get_clock().ros_time_is_active and listens()
    node.set_parameters([Parameter('use_sim_time', value=False)])
    assert not node.get_clock().ros_time_is_active and not listens()


def test_a_time_source_takes_nodes_and_ros_clocks_only(node):
    source = TimeSource(node=node)
    clock = ROSClock()
    source.attach_clock(clock)
    with pytest.raises(ValueError):
        source.attach_clock(AnyClock())
    with pytest.raises(TypeError):
        source.attach_node('node')
