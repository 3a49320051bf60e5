"""Names of nodes, topics and services: namespaces, expansion and remapping."""

import pytest
from std_msgs.msg import String
from std_srvs.srv import Trigger

from rclpy.context import Context
from rclpy.exceptions import (
    InvalidServiceNameException,
    InvalidTopicNameException,
    NotInitializedException,
)
from rclpy.node import Node


def remap(*rules):
    return ['--ros-args', *(word for rule in rules for word in ('-r', rule))]


def test_a_node_needs_an_initialized_context():
    with pytest.raises(NotInitializedException):
        Node('a', context=Context())


def test_entities_with_invalid_names_are_refused(node):
    with pytest.raises(InvalidTopicNameException):
        node.create_subscription(String, 'a//b', print, 1)
    with pytest.raises(InvalidServiceNameException):
        node.create_service(Trigger, 'a/', print)


def test_arguments_rename_services(make_node):
    node = make_node('a', cli_args=remap('rosservice://t:=u', 'rostopic://t:=v', 'w:=x'))
    assert node.resolve_service_name('t') == '/u'
    assert node.resolve_service_name('w') == '/x'
    assert node.resolve_topic_name('t') == '/v'


@pytest.mark.parametrize(
    'arguments',
    [
        ['-r', 'nothing'],
        ['-r'],
        ['-p', 'a:=[1, two]'],
        ['-r', '__node:=a b'],
    ],
)
def test_wrong_arguments_are_refused(make_node, arguments):
    with pytest.raises(RuntimeError):
        make_node('a', cli_args=['--ros-args', *arguments])


def test_unknown_arguments_are_refused_by_name(make_node):
    with pytest.raises(RuntimeError, match='--what'):
        make_node('a', cli_args=['--ros-args', '--what'])


def test_ros_arguments_can_be_taken_off_a_command_line():
    from rclpy.utilities import remove_ros_args

    line = ['program', '-a', '--ros-args', '-r', 'a:=b', '--', 'b', '--']
    line += ['--ros-args', '-p', 'c:=1']
    assert remove_ros_args(line) == ['program', '-a', 'b', '--']
