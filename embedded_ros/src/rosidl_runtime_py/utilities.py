"""Interface classes by name."""

from __future__ import annotations

from typing import Any

from embedded_ros import interfaces
from embedded_ros.interfaces import Message


def get_interface(identifier: str) -> Any:
    """Class of a message or service, by its full name such as 'std_msgs/msg/String'.

    Raises:
        LookupError: There is none of that name.
    """
    find = get_service if '/srv/' in identifier else get_message
    return find(identifier)


def get_message(identifier: str) -> type[Message]:
    """Class of a message, by its full name; 'std_msgs/String' is 'std_msgs/msg/String'.

    Raises:
        LookupError: There is none of that name.
    """
    return interfaces.get_message(_full_name(identifier, 'msg'))


def get_service(identifier: str) -> Any:
    """Class of a service, by its full name; 'std_srvs/SetBool' is 'std_srvs/srv/SetBool'.

    Raises:
        LookupError: There is none of that name.
    """
    return interfaces.get_service(_full_name(identifier, 'srv'))


def is_message(interface: Any) -> bool:
    """Whether something is a message class."""
    return hasattr(interface, 'SLOT_TYPES')


def is_service(interface: Any) -> bool:
    """Whether something is a service class."""
    return hasattr(interface, 'Request') and hasattr(interface, 'Response')


def _full_name(identifier: str, kind: str) -> str:
    package, separator, short = identifier.partition('/')
    return f'{package}/{kind}/{short}' if separator and '/' not in short else identifier
