"""Message classes, their serialisation, and looking them up by name."""

import array

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseWithCovariance, Quaternion
from sensor_msgs.msg import Image, JointState, NavSatStatus
from std_msgs.msg import (
    Empty,
    Float32MultiArray,
    Float64MultiArray,
    Int16MultiArray,
    Int32MultiArray,
    String,
    UInt16MultiArray,
)
from std_srvs.srv import SetBool

from rclpy.serialization import deserialize_message, serialize_message
from rosidl_runtime_py import message_to_ordereddict, message_to_yaml, set_message_fields
from rosidl_runtime_py.utilities import get_message, get_service


def test_fields_have_defaults():
    first, second = JointState(), JointState()
    first.header.frame_id = 'base'
    assert second.header.frame_id == ''
    assert first.position == array.array('d') and first.name == []
    assert (Quaternion().x, Quaternion().w) == (0.0, 1.0)
    assert NavSatStatus.STATUS_FIX == 0 and DiagnosticStatus.WARN == b'\x01'


def test_the_constructor_takes_fields_by_name():
    message = JointState(name=['a'], position=[1.0, 2.5])
    assert message.position == array.array('d', [1.0, 2.5])
    assert repr(SetBool.Request(data=True)) == 'std_srvs.srv.SetBool_Request(data=True)'
    with pytest.raises(NotImplementedError):
        SetBool()


def test_numbers_in_bulk_are_arrays():
    assert UInt16MultiArray(data=[1, 2]).data == array.array('H', [1, 2])
    assert Image(data=b'\x01\x02').data == array.array('B', [1, 2])
    assert np.frombuffer(Image(data=b'\x01\x02').data, np.uint8).tolist() == [1, 2]
    covariance = PoseWithCovariance(covariance=np.arange(36.0)).covariance
    assert isinstance(covariance, np.ndarray) and covariance[35] == 35.0
    every_second = PoseWithCovariance(covariance=np.arange(72.0)[::2]).covariance
    assert every_second.tolist() == list(range(0, 72, 2))


@pytest.mark.parametrize(
    ('message_type', 'code', 'dtype'),
    [
        (Float64MultiArray, 'd', np.float64),
        (Float64MultiArray, 'd', np.float32),
        (Float64MultiArray, 'd', np.int64),
        (Float32MultiArray, 'f', np.float32),
        (Float32MultiArray, 'f', np.float64),
        (Int32MultiArray, 'i', np.int64),
        (Int16MultiArray, 'h', np.int16),
    ],
)
def test_numpy_arrays_become_sequences_of_numbers(message_type, code, dtype):
    values = np.array([1, 9, 2, 9], dtype)
    assert message_type(data=values).data == array.array(code, [1, 9, 2, 9])
    assert message_type(data=values[::2]).data == array.array(code, [1, 2])
    assert message_type(data=values[:0]).data == array.array(code)
    with pytest.raises((AssertionError, TypeError)):
        Int32MultiArray(data=np.array([1.5]))


@pytest.mark.parametrize(
    ('message', 'data'),
    [
        (String(data='ab'), b'\0\1\0\0\3\0\0\0ab\0'),
        (Empty(), b'\0\1\0\0\0'),
        (UInt16MultiArray(data=[1, 2]), b'\0\1\0\0' + b'\0' * 8 + b'\2\0\0\0\1\0\2\0'),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_serialised_form_is_that_of_dds(message, data):
    serialised = serialize_message(message)
    assert serialised[: len(data)] == data and not any(serialised[len(data) :])
    assert deserialize_message(serialised, type(message)) == message


def test_classes_are_found_by_name():
    assert get_message('sensor_msgs/msg/JointState') is JointState
    assert get_service('std_srvs/srv/SetBool') is SetBool
    for wrong in ('String', 'std_msgs/msg/Nothing', 'no_such_package/msg/Thing'):
        with pytest.raises((ValueError, AttributeError, ModuleNotFoundError)):
            get_message(wrong)


def test_messages_are_set_from_and_shown_as_plain_values():
    message = JointState()
    set_message_fields(message, {'header': {'frame_id': 'base'}, 'position': [1, 2.5]})
    assert message.header.frame_id == 'base' and list(message.position) == [1.0, 2.5]
    shown = message_to_ordereddict(message)
    assert shown['position'] == [1.0, 2.5] and shown['header']['stamp'] == {'sec': 0, 'nanosec': 0}
    assert message_to_yaml(String(data='text')) == 'data: text\n'
