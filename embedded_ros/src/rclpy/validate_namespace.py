"""Check of a namespace."""

from typing import Literal

from rclpy.exceptions import InvalidNamespaceException
from rclpy.impl.names import invalid_namespace


def validate_namespace(namespace: str) -> Literal[True]:
    """Check a namespace.

    Returns:
        True.

    Raises:
        InvalidNamespaceException: It breaks the rules.
    """
    if invalid := invalid_namespace(namespace):
        raise InvalidNamespaceException(namespace, *invalid)
    return True
