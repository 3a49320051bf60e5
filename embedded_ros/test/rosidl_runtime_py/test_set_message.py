import array

import numpy as np
import pytest
import yaml
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, KeyValue
from geometry_msgs.msg import PoseStamped, PoseWithCovariance, Twist
from hypothesis import given
from hypothesis import strategies as st
from sensor_msgs.msg import Image, JointState, TimeReference
from std_msgs.msg import Bool, Byte, Header, Int8

from rosidl_runtime_py import message_to_yaml, set_message_fields


def test_nested_values_are_set_and_the_rest_is_kept():
    twist = Twist()
    twist.angular.z = 7.0
    set_message_fields(twist, {'linear': {'x': 1.5}, 'angular': {'x': 2}})
    assert (twist.linear.x, twist.angular.x, twist.angular.z) == (1.5, 2.0, 7.0)


def test_sequences_and_arrays_get_their_type():
    state, pose = JointState(), PoseWithCovariance()
    set_message_fields(state, {'name': ['a'], 'position': [1, 2]})
    set_message_fields(pose, {'covariance': list(range(36))})
    assert state.position == array.array('d', [1.0, 2.0])
    assert isinstance(pose.covariance, np.ndarray) and pose.covariance[35] == 35.0


def test_lists_of_messages_are_built():
    message = DiagnosticArray()
    set_message_fields(message, {'status': [{'values': [{'key': 'k'}, KeyValue(key='m')]}]})
    assert [value.key for value in message.status[0].values] == ['k', 'm']


def test_a_ready_made_message_is_taken():
    state = JointState()
    set_message_fields(state, {'header': Header(frame_id='x')})
    assert state.header.frame_id == 'x'


def test_bytes_may_be_numbers_or_text():
    for value in (3, '\x03', b'\x03'):
        message = Byte()
        set_message_fields(message, {'data': value})
        assert message.data == b'\x03'


@given(
    st.integers(0, 2**31 - 1), st.lists(st.floats(allow_nan=False)), st.text('abcé: "#', max_size=9)
)
def test_what_was_written_as_yaml_is_read_back(seconds, position, frame_id):
    message = JointState(position=position)
    message.header.stamp.sec = seconds
    message.header.frame_id = frame_id
    copy = JointState()
    set_message_fields(copy, yaml.safe_load(message_to_yaml(message)))
    assert copy == message


def test_auto_and_now_ask_for_the_current_time():
    pose, reference = PoseStamped(), TimeReference()
    setters = set_message_fields(pose, {'header': 'auto'}, expand_header_auto=True)
    setters += set_message_fields(reference, {'time_ref': 'now'}, expand_time_now=True)
    for setter in setters:
        setter(Time(sec=5))
    assert pose.header.stamp.sec == reference.time_ref.sec == 5


def test_auto_is_an_ordinary_text_where_it_means_nothing_else():
    header = Header()
    assert set_message_fields(header, {'frame_id': 'auto'}, expand_header_auto=True) == []
    assert header.frame_id == 'auto'
    with pytest.raises(TypeError):
        set_message_fields(PoseStamped(), {'header': 'auto'})


@pytest.mark.parametrize(
    ('message', 'values', 'error'),
    [
        (Bool(), {'dat': True}, AttributeError),
        (Bool(), [True], TypeError),
        (JointState(), {'header': 3}, TypeError),
        (Int8(), {'data': 'many'}, ValueError),
        (Int8(), {'data': 300}, AssertionError),
        (Image(), {'data': 3}, TypeError),
    ],
)
def test_wrong_values_are_refused(message, values, error):
    with pytest.raises(error):
        set_message_fields(message, values)
