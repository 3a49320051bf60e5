"""Checks of interface types."""

from __future__ import annotations

from typing import Any

from embedded_ros.interfaces import type_name
from rclpy.exceptions import NoTypeSupportImportedException


def check_for_type_support(msg_or_srv_type: Any) -> None:
    """Refuse an object that is no interface class.

    Raises:
        AttributeError: It is something else, such as a ROS 1 message.
        NoTypeSupportImportedException: It is an action.
    """
    try:
        type_name(msg_or_srv_type)
    except TypeError as error:
        if hasattr(msg_or_srv_type, 'Goal'):
            raise NoTypeSupportImportedException() from error
        raise AttributeError(
            f'{error}. This might be a ROS 1 message type but it should be a ROS 2 message type.'
        ) from error


def check_is_valid_msg_type(msg_type: Any) -> None:
    """Refuse a class that is no message: AttributeError, or RuntimeError for a service."""
    check_for_type_support(msg_type)
    if hasattr(msg_type, 'Request'):
        raise RuntimeError(f'{msg_type} is not a message type, this might be a service or action')


def check_is_valid_srv_type(srv_type: Any) -> None:
    """Refuse a class that is no service: AttributeError, or RuntimeError for a message."""
    check_for_type_support(srv_type)
    if not hasattr(srv_type, 'Request'):
        raise RuntimeError(f'{srv_type} is not a service type, this might be a message or action')
