"""Names and namespaces of nodes."""

import re

_TOKEN = '[A-Za-z_][A-Za-z0-9_]*'
_RULE = 'alphanumeric characters and underscores, not starting with a number'


def validate_node_name(name: str) -> None:
    """Check the name of a node.

    Raises:
        ValueError: It is not made of alphanumeric characters and underscores.
    """
    if re.fullmatch(_TOKEN, name) is None:
        raise ValueError(f"Invalid node name '{name}': a node name is made of {_RULE}")


def validate_namespace(namespace: str) -> None:
    """Check an absolute namespace.

    Raises:
        ValueError: It does not start with a slash, or a part of it is no name.
    """
    if namespace != '/' and re.fullmatch(f'(/{_TOKEN})+', namespace) is None:
        raise ValueError(
            f"Invalid namespace '{namespace}': a namespace starts with '/', does not end with it, "
            f'and each part is made of {_RULE}'
        )


def prefix_namespace(base: str | None, namespace: str | None) -> str | None:
    """Namespace inside of another one; an absolute one stands for itself."""
    if namespace is None:
        combined = base
    elif not base or namespace.startswith('/'):
        combined = namespace
    else:
        combined = f'{base.rstrip("/")}/{namespace}'
    if combined is None or combined == '/':
        return combined
    return combined.rstrip('/')


def make_namespace_absolute(namespace: str | None) -> str | None:
    """The namespace with a leading slash."""
    if namespace is None or namespace.startswith('/'):
        return namespace
    return f'/{namespace}'
