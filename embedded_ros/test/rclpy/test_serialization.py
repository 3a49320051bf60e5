import pytest
from std_msgs.msg import String

from rclpy.serialization import deserialize_message, serialize_message


def test_messages_become_bytes_and_messages_again():
    data = serialize_message(String(data='text'))
    assert isinstance(data, bytes)
    assert data == b'\0\1\0\0' + b'\5\0\0\0' + b'text\0' + bytes(3)
    assert deserialize_message(data, String) == String(data='text')


def test_only_messages_become_bytes():
    with pytest.raises(AttributeError):
        serialize_message('text')
    with pytest.raises(AttributeError):
        deserialize_message(b'', str)
