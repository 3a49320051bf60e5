"""Contexts, and the names of nodes, topics and services."""

import pytest
from std_msgs.msg import String
from std_srvs.srv import Trigger

import rclpy
from rclpy.context import Context
from rclpy.exceptions import (
    InvalidHandle,
    InvalidNamespaceException,
    InvalidNodeNameException,
    InvalidServiceNameException,
    InvalidTopicNameException,
)
from rclpy.expand_topic_name import expand_topic_name
from rclpy.node import Node
from rclpy.validate_topic_name import validate_topic_name


def remap(*rules):
    return ['--ros-args', *(word for rule in rules for word in ('-r', rule))]


def test_a_context_is_initialised_once_and_shut_down_once(context):
    assert context.ok()
    with pytest.raises(RuntimeError):
        context.init([])
    context.shutdown()
    assert not context.ok()
    with pytest.raises(RuntimeError):
        context.shutdown()
    context.try_shutdown()


def test_a_node_has_a_name_and_a_namespace(make_node):
    assert make_node('a').get_fully_qualified_name() == '/a'
    node = make_node('a', namespace='x/y')
    assert (node.get_name(), node.get_namespace()) == ('a', '/x/y')
    with pytest.raises(InvalidNodeNameException):
        make_node('a b')
    with pytest.raises(InvalidNamespaceException):
        make_node('a', namespace='x y')


@pytest.mark.parametrize(
    'use',
    [
        lambda node: node.get_name(),
        lambda node: node.get_namespace(),
        lambda node: node.get_fully_qualified_name(),
        lambda node: node.get_node_names(),
        lambda node: node.count_publishers('t'),
        lambda node: node.resolve_topic_name('t'),
        lambda node: node.create_publisher(String, 't', 1),
        lambda node: node.create_subscription(String, 't', print, 1),
        lambda node: node.create_client(Trigger, 's'),
        lambda node: node.create_service(Trigger, 's', print),
    ],
)
def test_a_destroyed_node_cannot_be_used(make_node, use):
    node = make_node('a')
    node.destroy_node()
    with pytest.raises(InvalidHandle, match='destruction was requested'):
        use(node)
    node.destroy_node()


@pytest.mark.parametrize(
    ('name', 'resolved'),
    [('t', '/ns/t'), ('/t', '/t'), ('~/t', '/ns/a/t'), ('{node}', '/ns/a'), ('{ns}/t', '/ns/t')],
)
def test_names_are_resolved_relative_to_the_node(make_node, name, resolved):
    node = make_node('a', namespace='ns')
    assert node.resolve_topic_name(name) == node.resolve_service_name(name) == resolved
    assert expand_topic_name(name, 'a', '/ns') == resolved
    assert node.create_publisher(String, name, 1).topic_name == resolved
    assert node.create_subscription(String, name, print, 1).topic_name == resolved


@pytest.mark.parametrize(
    ('name', 'problem'),
    [
        ('', 'must not be empty'),
        ('7up', 'must not start with a number'),
        ('a/', 'must not end with a forward slash'),
        ('a b', 'characters other than'),
        ('a~', 'unless it is the first'),
        ('{a', 'unmatched'),
    ],
)
def test_invalid_names_are_refused_with_the_reason(node, name, problem):
    with pytest.raises(InvalidTopicNameException, match=problem):
        validate_topic_name(name)
    with pytest.raises(InvalidTopicNameException):
        node.create_publisher(String, name, 1)
    with pytest.raises(InvalidServiceNameException):
        node.create_client(Trigger, name)


def test_arguments_rename_a_node(make_node):
    node = make_node('a', cli_args=remap('__node:=b', '__ns:=/x'))
    assert node.get_fully_qualified_name() == '/x/b'
    assert node.get_logger().name == 'x.b'
    assert make_node('a', cli_args=remap('other:__node:=b', 'a:__node:=c')).get_name() == 'c'


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


def test_the_first_rule_that_matches_counts_and_the_node_comes_before_the_process():
    context = Context()
    rclpy.init(args=remap('t:=global', 'u:=global'), context=context)
    node = Node('a', context=context, cli_args=remap('t:=own', 't:=second', 'own:=third'))
    assert node.resolve_topic_name('t') == '/own'
    assert node.resolve_topic_name('t', only_expand=True) == '/t'
    assert node.resolve_topic_name('u') == '/global'
    alone = Node('b', context=context, use_global_arguments=False)
    assert alone.resolve_topic_name('u') == '/u'
    for each in (node, alone):
        each.destroy_node()
    context.shutdown()
