"""Rules of node, namespace, topic and service names, and their expansion."""

from __future__ import annotations

import re
from typing import Literal

from rclpy.exceptions import (
    InvalidNamespaceException,
    InvalidNodeNameException,
    InvalidParameterException,
    InvalidServiceNameException,
    InvalidTopicNameException,
)

# What is wrong with a name, and at which character; None when nothing is.
Invalid = tuple[str, int] | None
# A pattern that no name may contain, its group marking the offending character, and the reason.
Rules = tuple[tuple[str, str], ...]

_SUBSTITUTION = re.compile(r'\{([^}]*)\}')
_BRACES = "topic name must not have unmatched (unbalanced) curly braces '{}'"


def _longer_than(limit: int) -> str:
    return rf'^.{{{limit - 1}}}(.).'


def _absolute(what: str, limit: int) -> Rules:
    return (
        (r'^$', f'{what} must not be empty'),
        (r'^[^/]', f"{what} must be absolute, it must lead with a '/'"),
        (r'/$', f"{what} must not end with a '/'"),
        (r'[^A-Za-z0-9_/]',
         f"{what} must not contain characters other than alphanumerics, '_', or '/'"),
        (r'/(/)', f"{what} must not contain repeated '/'"),
        (r'/([0-9])', f'{what} must not have a token that starts with a number'),
        (_longer_than(limit), f"{what} length should not exceed '{limit}'"),
    )  # fmt: skip


_NODE_NAME: Rules = (
    (r'^$', 'node name must not be empty'),
    (r'[^A-Za-z0-9_]', "node name must not contain characters other than alphanumerics or '_'"),
    (r'^[0-9]', 'node name must not start with a number'),
    (_longer_than(255), "node name length should not exceed '255'"),
)
_FULL_NAME = _absolute('topic name', 247)  # 255 less the middleware's prefixes
_NAMESPACE = _absolute('namespace', 245)
_NAME: Rules = (
    (r'^$', 'topic name must not be empty string'),
    (r'^[0-9]', 'topic name token must not start with a number'),
    (r'/$', 'topic name must not end with a forward slash'),
    (r'.(~)', "topic name must not have tilde '~' unless it is the first character"),
    (r'\{([0-9])', 'substitution name must not start with a number'),
    (r'\{\w*([^\w}])',
     "substitution name must not contain characters other than alphanumerics or '_'"),
    (r'(\{)[^}]*$', _BRACES),
    (r'(?:^|\})[^{}]*(\})', _BRACES),
    (r'[^A-Za-z0-9_~{}/]', 'topic name must not contain characters other than alphanumerics, '
                           "'_', '~', '{', or '}'"),
    (r'^~([^/])', "topic name must not have a tilde '~' that is not followed by a forward "
                  "slash '/'"),
    (r'/([0-9])', 'topic name token must not start with a number'),
)  # fmt: skip


def _invalid(rules: Rules, name: str) -> Invalid:
    for pattern, problem in rules:
        if found := re.search(pattern, name):
            return problem, found.start(found.lastindex or 0)
    return None


def invalid_node_name(name: str) -> Invalid:
    """Check a node name without its namespace."""
    return _invalid(_NODE_NAME, name)


def invalid_namespace(namespace: str) -> Invalid:
    """Check an absolute namespace."""
    return None if namespace == '/' else _invalid(_NAMESPACE, namespace)


def invalid_topic_name(name: str) -> Invalid:
    """Check a topic or service name as users write it: relative, private or with substitutions."""
    return _invalid(_NAME, name)


def validate_node_name(node_name: str) -> Literal[True]:
    """Return True for a valid node name, else raise InvalidNodeNameException."""
    if invalid := invalid_node_name(node_name):
        raise InvalidNodeNameException(node_name, *invalid)
    return True


def validate_namespace(namespace: str) -> Literal[True]:
    """Return True for a valid namespace, else raise InvalidNamespaceException."""
    if invalid := invalid_namespace(namespace):
        raise InvalidNamespaceException(namespace, *invalid)
    return True


def validate_parameter_name(name: str) -> Literal[True]:
    """Return True for a valid parameter name, else raise InvalidParameterException."""
    if not name:
        raise InvalidParameterException(name)
    return True


def validate_topic_name(name: str, *, is_service: bool = False) -> Literal[True]:
    """Check a topic or service name as users write it.

    Args:
        name: Relative, private or with substitutions.
        is_service: Whether it names a service.

    Returns:
        True.

    Raises:
        InvalidTopicNameException: It is a topic name and breaks the rules.
        InvalidServiceNameException: It is a service name and breaks the rules.
    """
    return _validate(_NAME, name, is_service)


def validate_full_topic_name(name: str, *, is_service: bool = False) -> Literal[True]:
    """Check an absolute, expanded topic or service name; see `validate_topic_name`."""
    return _validate(_FULL_NAME, name, is_service)


def _validate(rules: Rules, name: str, is_service: bool) -> Literal[True]:
    if invalid := _invalid(rules, name):
        error = InvalidServiceNameException if is_service else InvalidTopicNameException
        raise error(name, *invalid)
    return True


def join(namespace: str, name: str) -> str:
    """Absolute name of something in a namespace."""
    return f'/{name}' if namespace == '/' else f'{namespace}/{name}'


def expand_topic_name(topic_name: str, node_name: str, node_namespace: str) -> str:
    """Absolute name of a topic or service as seen from a node, before remapping.

    Args:
        topic_name: As users write it: '/a' (absolute), 'a' (relative), '~/a' (private), '{node}/a'.
        node_name: Name of the node.
        node_namespace: Its namespace, absolute.

    Raises:
        ValueError: One of the three names is not valid.
    """
    for what, text, invalid in (
        ('topic name', topic_name, invalid_topic_name(topic_name)),
        ('node name', node_name, invalid_node_name(node_name)),
        ('node namespace', node_namespace, invalid_namespace(node_namespace)),
    ):
        if invalid:
            raise ValueError(f"{what} '{text}' is invalid: {invalid[0]}")
    values = {'node': node_name, 'ns': node_namespace, 'namespace': node_namespace}

    def substitute(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise ValueError(
                f"topic name '{topic_name}' is invalid: unknown substitution: {match[0]}; "
                f'choose from {{node}}, {{ns}}, {{namespace}}'
            )
        return values[match[1]]

    private = join(node_namespace, node_name)
    name = private + topic_name[1:] if topic_name.startswith('~') else topic_name
    name = _SUBSTITUTION.sub(substitute, name)
    return name if name.startswith('/') else join(node_namespace, name)
