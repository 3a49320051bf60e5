import pytest

from rclpy.serialization import deserialize_message, serialize_message


def test_only_messages_become_bytes():
    with pytest.raises(AttributeError):
        serialize_message('text')
    with pytest.raises(AttributeError):
        deserialize_message(b'', str)
