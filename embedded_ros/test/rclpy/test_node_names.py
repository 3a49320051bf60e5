"""Names of nodes, topics and services: namespaces, expansion and remapping."""

import pytest
from std_msgs.msg import String
from std_srvs.srv import Trigger

import rclpy
from rclpy.context import Context
from rclpy.exceptions import (
    InvalidNamespaceException,
    InvalidNodeNameException,
    InvalidServiceNameException,
    InvalidTopicNameException,
    NotInitializedException,
)
from rclpy.node import Node


def remap(*rules):
    return ['--ros-args', *(word for rule in rules for word in ('-r', rule))]


def test_a_node_has_a_name_and_a_namespace(make_node):
    node = make_node('a')
    assert (node.get_name(), node.get_namespace()) == ('a', '/')
    assert node.get_fully_qualified_name() == '/a'
    node = make_node('a', namespace='x/y')
    assert (node.get_namespace(), node.get_fully_qualified_name()) == ('/x/y', '/x/y/a')


def test_invalid_names_are_refused(make_node):
    with pytest.raises(InvalidNodeNameException):
        make_node('a b')
    with pytest.raises(InvalidNamespaceException):
        make_node('a', namespace='x y')


def test_a_node_needs_an_initialized_context():
    with pytest.raises(NotInitializedException):
        Node('a', context=Context())


@pytest.mark.parametrize(
    ('name', 'resolved'),
    [
        ('t', '/ns/t'),
        ('/t', '/t'),
        ('~/t', '/ns/a/t'),
        ('{node}', '/ns/a'),
    ],
)
def test_topics_and_services_are_named_relative_to_the_node(make_node, name, resolved):
    node = make_node('a', namespace='ns')
    assert node.resolve_topic_name(name) == resolved
    assert node.resolve_service_name(name) == resolved
    assert node.create_publisher(String, name, 1).topic_name == resolved
    assert node.create_subscription(String, name, print, 1).topic_name == resolved
    assert node.create_service(Trigger, name, print).service_name == resolved
    assert node.create_client(Trigger, name).service_name == resolved


def test_entities_with_invalid_names_are_refused(node):
    with pytest.raises(InvalidTopicNameException):
        node.create_publisher(String, 'a b', 1)
    with pytest.raises(InvalidTopicNameException):
        node.create_subscription(String, 'a//b', print, 1)
    with pytest.raises(InvalidServiceNameException):
        node.create_client(Trigger, '7up')
    with pytest.raises(InvalidServiceNameException):
        node.create_service(Trigger, 'a/', print)


def test_arguments_rename_a_node(make_node):
    node = make_node('a', cli_args=remap('__node:=b', '__ns:=/x'))
    assert node.get_fully_qualified_name() == '/x/b'
    assert node.get_logger().name == 'x.b'


def test_arguments_rename_one_node_only(make_node):
    rules = remap('other:__node:=b', 'a:__node:=c')
    assert make_node('a', cli_args=rules).get_name() == 'c'
    assert make_node('d', cli_args=rules).get_name() == 'd'


@pytest.mark.parametrize(
    ('rule', 'name', 'resolved'),
    [
        ('t:=u', 't', '/ns/u'),
        ('t:=u', '/t', '/t'),
        ('/ns/t:=/u', 't', '/u'),
        ('~/t:=u', '~/t', '/ns/u'),
        ('t:=~/u', 't', '/ns/a/u'),
        ('a:t:=u', 't', '/ns/u'),
        ('other:t:=u', 't', '/ns/t'),
        ('rosservice://t:=u', 't', '/ns/t'),
        ('rostopic://t:=u', 't', '/ns/u'),
    ],
)
def test_arguments_rename_topics(make_node, rule, name, resolved):
    node = make_node('a', namespace='ns', cli_args=remap(rule))
    assert node.resolve_topic_name(name) == resolved
    assert node.create_publisher(String, name, 1).topic_name == resolved


def test_arguments_rename_services(make_node):
    node = make_node('a', cli_args=remap('rosservice://t:=u', 'rostopic://t:=v', 'w:=x'))
    assert node.resolve_service_name('t') == '/u'
    assert node.resolve_service_name('w') == '/x'
    assert node.resolve_topic_name('t') == '/v'


def test_the_first_rule_that_matches_counts(make_node):
    node = make_node('a', cli_args=remap('t:=u', 't:=v', 'u:=w'))
    assert node.resolve_topic_name('t') == '/u'
    assert node.resolve_topic_name('t', only_expand=True) == '/t'


def test_arguments_of_the_process_count_after_those_of_the_node():
    context = Context()
    rclpy.init(args=['program', *remap('t:=global', 'u:=global')], context=context)
    try:
        node = Node('a', context=context, cli_args=remap('t:=own'))
        assert node.resolve_topic_name('t') == '/own'
        assert node.resolve_topic_name('u') == '/global'
        node = Node('a', context=context, use_global_arguments=False)
        assert node.resolve_topic_name('u') == '/u'
    finally:
        context.shutdown()


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
