"""Check of a topic name."""

from typing import Literal

from rclpy.exceptions import InvalidServiceNameException, InvalidTopicNameException
from rclpy.impl.names import invalid_topic_name

TOPIC_SEPARATOR_STRING = '/'


def validate_topic_name(name: str, *, is_service: bool = False) -> Literal[True]:
    """Check a topic or service name.

    Args:
        name: As users write it: relative, private or with substitutions.
        is_service: Whether it names a service.

    Returns:
        True.

    Raises:
        InvalidTopicNameException: It is a topic name and breaks the rules.
        InvalidServiceNameException: It is a service name and breaks the rules.
    """
    if invalid := invalid_topic_name(name):
        raise (InvalidServiceNameException if is_service else InvalidTopicNameException)(
            name, *invalid
        )
    return True
