"""Check of a parameter name."""

from typing import Literal

from rclpy.exceptions import InvalidParameterException


def validate_parameter_name(name: str) -> Literal[True]:
    """Check a parameter name.

    Returns:
        True.

    Raises:
        InvalidParameterException: It is empty.
    """
    if not name:
        raise InvalidParameterException(name)
    return True
