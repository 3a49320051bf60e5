"""Interfaces: from names and `.msg`/`.srv` texts to message classes, bytes and type hashes."""

from __future__ import annotations

from typing import Any

from embedded_ros.interfaces import database
from embedded_ros.interfaces.codec import InvalidPayload, deserialize, serialize
from embedded_ros.interfaces.database import UnknownInterface
from embedded_ros.interfaces.definitions import InvalidInterface
from embedded_ros.interfaces.hashing import hash_of
from embedded_ros.interfaces.messages import Message, message_class, service_class

__all__ = [
    'InvalidInterface', 'InvalidPayload', 'Message', 'UnknownInterface', 'deserialize',
    'get_message', 'get_service', 'serialize', 'type_hash', 'type_name',
]  # fmt: skip


def get_message(name: str) -> type[Message]:
    """Class of a message.

    Args:
        name: Such as 'std_msgs/msg/String'; the halves of a service, such as
            'std_srvs/srv/SetBool_Request', have classes too.

    Raises:
        UnknownInterface: There is no such message.
    """
    if name.count('/') != 2:
        raise database.unknown(name)
    return message_class(name)


def get_service(name: str) -> Any:
    """Class of a service such as 'std_srvs/srv/SetBool', with `Request` and `Response`.

    Raises:
        UnknownInterface: There is no such service.
    """
    return service_class(name)


def type_name(cls: Any) -> str:
    """Full name of a message or service class, such as 'std_msgs/msg/String'.

    Raises:
        TypeError: It is no class of an interface.
    """
    name = getattr(cls, '_TYPE_NAME', None)
    if name is None:
        raise TypeError(f'{cls!r} is not a message or service class, such as std_msgs.msg.String')
    return name


def type_hash(cls: Any) -> str:
    """Type hash of a message class, such as 'RIHS01_df668c74...'."""
    return hash_of(type_name(cls))
