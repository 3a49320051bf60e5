"""Rules of node, namespace, topic and service names, and their expansion."""

from __future__ import annotations

import re

from rclpy._rclpy_pybind11 import RCLError

# What is wrong with a name, and at which character; None when nothing is.
Invalid = tuple[str, int] | None

_MAX_NODE_NAME = 255
_MAX_TOPIC_NAME = 247  # 255 less the middleware's prefixes
_MAX_NAMESPACE = _MAX_TOPIC_NAME - 2
_SUBSTITUTION = re.compile(r'\{([^}]*)\}')


def invalid_node_name(name: str) -> Invalid:
    """Check a node name without its namespace."""
    if not name:
        return 'node name must not be empty', 0
    if found := re.search(r'[^A-Za-z0-9_]', name):
        return (
            "node name must not contain characters other than alphanumerics or '_'",
            found.start(),
        )
    if name[0].isdigit():
        return 'node name must not start with a number', 0
    if len(name) > _MAX_NODE_NAME:
        return f"node name length should not exceed '{_MAX_NODE_NAME}'", _MAX_NODE_NAME - 1
    return None


def invalid_namespace(namespace: str) -> Invalid:
    """Check an absolute namespace."""
    if namespace == '/':
        return None
    if invalid := _invalid_absolute(namespace, 'namespace', "a '/', unless only a '/'"):
        return invalid
    if len(namespace) > _MAX_NAMESPACE:
        return f"namespace should not exceed '{_MAX_NAMESPACE}'", _MAX_NAMESPACE - 1
    return None


def invalid_full_topic_name(name: str) -> Invalid:
    """Check an absolute, expanded topic or service name."""
    if invalid := _invalid_absolute(name, 'topic name', "a '/'"):
        return invalid
    if len(name) > _MAX_TOPIC_NAME:
        return f"topic length should not exceed '{_MAX_TOPIC_NAME}'", _MAX_TOPIC_NAME - 1
    return None


def _invalid_absolute(name: str, what: str, ending: str) -> Invalid:
    if not name:
        return f'{what} must not be empty', 0
    if name[0] != '/':
        return f"{what} must be absolute, it must lead with a '/'", 0
    if name[-1] == '/':
        return f'{what} must not end with {ending}', len(name) - 1
    if found := re.search(r'[^A-Za-z0-9_/]', name):
        return (
            f"{what} must not contain characters other than alphanumerics, '_', or '/'",
            found.start(),
        )
    if found := re.search(r'//', name):
        return f"{what} must not contain repeated '/'", found.start() + 1
    if found := re.search(r'/[0-9]', name):
        return f'{what} must not have a token that starts with a number', found.start() + 1
    return None


def invalid_topic_name(name: str) -> Invalid:
    """Check a topic or service name as users write it: relative, private or with substitutions."""
    if not name:
        return 'topic name must not be empty string', 0
    if name[0].isdigit():
        return 'topic name token must not start with a number', 0
    if name[-1] == '/':
        return 'topic name must not end with a forward slash', len(name) - 1
    if invalid := _invalid_characters(name):
        return invalid
    if name[0] == '~' and len(name) > 1 and name[1] != '/':
        return (
            "topic name must not have a tilde '~' that is not followed by a forward slash '/'",
            1,
        )
    if found := re.search(r'/[0-9]', name):
        return 'topic name token must not start with a number', found.start() + 1
    return None


def _invalid_characters(name: str) -> Invalid:
    in_substitution = (
        "substitution name must not contain characters other than alphanumerics or '_'"
    )
    unmatched = "topic name must not have unmatched (unbalanced) curly braces '{}'"
    opened: int | None = None
    for i, character in enumerate(name):
        if re.fullmatch(r'[A-Za-z0-9_]', character):
            if character.isdigit() and opened == i - 1:
                return 'substitution name must not start with a number', i
        elif character == '~':
            if i != 0:
                return "topic name must not have tilde '~' unless it is the first character", i
        elif character == '}':
            if opened is None:
                return unmatched, i
            opened = None
        elif opened is not None:
            return in_substitution, i
        elif character == '{':
            opened = i
        elif character != '/':
            return (
                'topic name must not contain characters other than alphanumerics, '
                "'_', '~', '{', or '}'",
                i,
            )
    return None if opened is None else (unmatched, opened)


def join(namespace: str, name: str) -> str:
    """Absolute name of something in a namespace."""
    return f'/{name}' if namespace == '/' else f'{namespace}/{name}'


def expand(name: str, node_name: str, namespace: str) -> str:
    """Absolute name of a topic or service as seen from a node.

    Args:
        name: As users write it: '/a' (absolute), 'a' (relative), '~/a' (private), '{node}/a'.
        node_name: Name of the node.
        namespace: Its namespace, absolute.

    Raises:
        ValueError: One of the three names is not valid.
    """
    for what, text, invalid in (
        ('topic name', name, invalid_topic_name(name)),
        ('node name', node_name, invalid_node_name(node_name)),
        ('node namespace', namespace, invalid_namespace(namespace)),
    ):
        if invalid:
            raise ValueError(f"{what} '{text}' is invalid: {invalid[0]}")
    values = {'node': node_name, 'ns': namespace, 'namespace': namespace}

    def substitute(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise ValueError(
                f"topic name '{name}' is invalid: unknown substitution: {match[0]}; "
                f'choose from {{node}}, {{ns}}, {{namespace}}'
            )
        return values[match[1]]

    if name.startswith('~'):
        name = join(namespace, node_name) + name[1:]
    name = _SUBSTITUTION.sub(substitute, name)
    return name if name.startswith('/') else join(namespace, name)


def check_full_name(name: str) -> str:
    """Return a name that went through expansion and remapping.

    Raises:
        RCLError: It is not valid.
    """
    if invalid := invalid_full_topic_name(name):
        raise RCLError(f"failed to resolve name: '{name}': {invalid[0]}")
    return name
