import pytest

from rclpy.exceptions import (
    InvalidNamespaceException,
    InvalidNodeNameException,
    InvalidParameterException,
    InvalidServiceNameException,
    InvalidTopicNameException,
)
from rclpy.expand_topic_name import expand_topic_name
from rclpy.topic_or_service_is_hidden import topic_or_service_is_hidden
from rclpy.validate_full_topic_name import validate_full_topic_name
from rclpy.validate_namespace import validate_namespace
from rclpy.validate_node_name import validate_node_name
from rclpy.validate_parameter_name import validate_parameter_name
from rclpy.validate_topic_name import validate_topic_name


@pytest.mark.parametrize('name', ['chatter', '/chatter', '~/a', '~', 'a/b_1', '{node}/a', '{ns}'])
def test_names_as_users_write_them_are_accepted(name):
    assert validate_topic_name(name)


@pytest.mark.parametrize(
    ('name', 'problem'),
    [
        ('', 'must not be empty'),
        ('7up', 'must not start with a number'),
        ('a/7up', 'must not start with a number'),
        ('a/', 'must not end with a forward slash'),
        ('/', 'must not end with a forward slash'),
        ('a b', 'characters other than'),
        ('a/~b', "must not have tilde '~' unless it is the first"),
        ('~a', 'not followed by a forward slash'),
        ('a}', 'unmatched'),
        ('{a', 'unmatched'),
        ('{a/b}', 'substitution name must not contain'),
        ('{{a}}', 'substitution name must not contain'),
        ('{1a}', 'substitution name must not start with a number'),
    ],
)
def test_other_names_are_refused_with_the_reason(name, problem):
    with pytest.raises(InvalidTopicNameException, match=problem):
        validate_topic_name(name)
    with pytest.raises(InvalidServiceNameException, match=problem):
        validate_topic_name(name, is_service=True)


@pytest.mark.parametrize(
    ('name', 'problem'),
    [
        ('', 'must not be empty'),
        ('a', 'must be absolute'),
        ('/a/', 'must not end with'),
        ('/a-b', 'characters other than'),
        ('//a', 'repeated'),
        ('/a/1', 'starts with a number'),
        ('/' + 'a' * 300, 'length should not exceed'),
    ],
)
def test_full_names_are_absolute(name, problem):
    with pytest.raises(InvalidTopicNameException, match=problem):
        validate_full_topic_name(name)


def test_the_message_points_at_the_character():
    with pytest.raises(InvalidTopicNameException) as caught:
        validate_topic_name('ab c')
    assert str(caught.value).splitlines()[-2:] == ["  'ab c'", '     ^']


@pytest.mark.parametrize('namespace', ['/', '/a', '/a/b'])
def test_namespaces_are_absolute(namespace):
    assert validate_namespace(namespace)


@pytest.mark.parametrize('namespace', ['', 'a', '/a/', '//', '/a b', '/1'])
def test_other_namespaces_are_refused(namespace):
    with pytest.raises(InvalidNamespaceException):
        validate_namespace(namespace)


@pytest.mark.parametrize('name', ['', 'a/b', 'a b', '1a', 'a' * 300])
def test_node_names_are_single_tokens(name):
    assert validate_node_name('node_1')
    with pytest.raises(InvalidNodeNameException):
        validate_node_name(name)


def test_a_parameter_name_is_not_empty():
    assert validate_parameter_name('a.b')
    with pytest.raises(InvalidParameterException):
        validate_parameter_name('')


@pytest.mark.parametrize(
    ('name', 'namespace', 'expanded'),
    [
        ('/a', '/ns', '/a'),
        ('a', '/', '/a'),
        ('a', '/ns', '/ns/a'),
        ('~', '/', '/me'),
        ('~/a', '/', '/me/a'),
        ('~/a', '/ns', '/ns/me/a'),
        ('{node}/a', '/ns', '/ns/me/a'),
        ('/x/{node}', '/ns', '/x/me'),
        ('{ns}/a', '/ns', '/ns/a'),
        ('{namespace}/a', '/ns', '/ns/a'),
    ],
)
def test_names_expand(name, namespace, expanded):
    assert expand_topic_name(name, 'me', namespace) == expanded


@pytest.mark.parametrize(
    'arguments',
    [
        ('a b', 'me', '/'),
        ('a', 'm e', '/'),
        ('a', 'me', 'ns'),
        ('{what}', 'me', '/'),
    ],
)
def test_invalid_names_do_not_expand(arguments):
    with pytest.raises(ValueError):
        expand_topic_name(*arguments)


def test_names_with_an_underscore_are_hidden():
    assert topic_or_service_is_hidden('/a/_b/c')
    assert not topic_or_service_is_hidden('/a_b/c')
