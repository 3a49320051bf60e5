"""Check of a node name."""

from typing import Literal

from rclpy.exceptions import InvalidNodeNameException
from rclpy.impl.names import invalid_node_name


def validate_node_name(node_name: str) -> Literal[True]:
    """Check a node name.

    Returns:
        True.

    Raises:
        InvalidNodeNameException: It breaks the rules.
    """
    if invalid := invalid_node_name(node_name):
        raise InvalidNodeNameException(node_name, *invalid)
    return True
