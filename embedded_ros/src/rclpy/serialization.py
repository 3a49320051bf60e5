"""Messages to and from bytes."""

from __future__ import annotations

from typing import Any

from embedded_ros.interfaces import deserialize, serialize
from rclpy.type_support import check_for_type_support


def serialize_message(message: Any) -> bytes:
    """Bytes of a message as they travel, with the encapsulation header.

    Raises:
        AttributeError: It is no message.
    """
    check_for_type_support(type(message))
    return bytes(serialize(message))


def deserialize_message(serialized_message: bytes, message_type: Any) -> Any:
    """Message of bytes that `serialize_message` made.

    Raises:
        AttributeError: `message_type` is no message class.
        InvalidPayload: The bytes are no message of that class.
    """
    check_for_type_support(message_type)
    return deserialize(serialized_message, message_type)
