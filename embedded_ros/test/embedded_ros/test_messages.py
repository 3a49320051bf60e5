import array
import copy
import pickle

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from geometry_msgs.msg import Point, PoseWithCovariance, Quaternion
from rcl_interfaces.msg import ParameterDescriptor, ParameterValue
from sensor_msgs.msg import Image, JointState, NavSatStatus, RegionOfInterest
from std_msgs.msg import (
    Byte,
    Char,
    Empty,
    Float32,
    Int8,
    Int16MultiArray,
    String,
    UInt16MultiArray,
)
from std_srvs.srv import SetBool

from embedded_ros.interfaces import get_message, get_service, type_name


def test_nested_defaults_are_fresh_objects():
    first, second = JointState(), JointState()
    first.header.frame_id = 'base'
    assert second.header.frame_id == ''
    assert first.position == array.array('d')


def test_defaults_of_the_definition_are_honoured():
    assert (Quaternion().x, Quaternion().w) == (0.0, 1.0)
    assert NavSatStatus().status == NavSatStatus.STATUS_UNKNOWN == -2
    assert get_service('type_description_interfaces/srv/GetTypeDescription').Request(
    ).include_type_sources  # fmt: skip


def test_constants_are_class_attributes_of_the_right_type():
    assert DiagnosticStatus.WARN == b'\x01'
    assert DiagnosticStatus(level=DiagnosticStatus.ERROR).level == b'\x02'


def test_keyword_constructor_and_repr_are_those_of_rclpy():
    message = JointState(name=['a'], position=[1, 2.5])
    assert message.position == array.array('d', [1.0, 2.5])
    assert repr(message) == (
        'sensor_msgs.msg.JointState(header=std_msgs.msg.Header(stamp=builtin_interfaces.msg.'
        "Time(sec=0, nanosec=0), frame_id=''), name=['a'], position=[1.0, 2.5], velocity=[], "
        'effort=[])'
    )
    assert repr(SetBool.Request(data=True)) == 'std_srvs.srv.SetBool_Request(data=True)'


def test_an_unknown_field_is_refused_with_the_ones_there_are():
    with pytest.raises(
        AssertionError, match='Invalid arguments passed to constructor: dat; .*data'
    ):
        String(dat='x')


def test_field_types_are_in_rosidl_notation():
    assert JointState.get_fields_and_field_types() == {
        'header': 'std_msgs/Header',
        'name': 'sequence<string>',
        'position': 'sequence<double>',
        'velocity': 'sequence<double>',
        'effort': 'sequence<double>',
    }
    assert PoseWithCovariance.get_fields_and_field_types()['covariance'] == 'double[36]'
    assert ParameterDescriptor.get_fields_and_field_types()['integer_range'] == (
        'sequence<rcl_interfaces/IntegerRange, 1>'
    )
    assert Byte.get_fields_and_field_types() == {'data': 'octet'}
    assert Char.get_fields_and_field_types() == {'data': 'uint8'}
    assert JointState.__slots__ == ['_header', '_name', '_position', '_velocity', '_effort']
    assert Empty.get_fields_and_field_types() == {}


@pytest.mark.parametrize(
    ('message', 'field', 'value', 'words'),
    [
        (String(), 'data', 1, "The 'data' field must be string, got int 1"),
        (Int8(), 'data', 1.0, 'must be int8 in [-128, 127], got float 1.0'),
        (Int8(), 'data', 128, 'must be int8 in [-128, 127], got int 128'),
        (Char(), 'data', -1, 'must be uint8 in [0, 255], got int -1'),
        (Float32(), 'data', 1, 'must be float in ['),
        (Float32(), 'data', 1e39, 'got float 1e+39'),
        (RegionOfInterest(), 'do_rectify', 1, "The 'do_rectify' field must be boolean, got int 1"),
        (Byte(), 'data', 1, 'must be octet, got int 1'),
        (Byte(), 'data', b'ab', "must be octet, got bytes b'ab'"),
        (JointState(), 'header', String(), 'must be std_msgs/Header, got String std_msgs.msg'),
        (JointState(), 'position', [1], 'must be sequence<double> in ['),
        (JointState(), 'position', 'ab', "got str 'ab'"),
        (JointState(), 'position', array.array('f'), "got array array('f')"),
        (JointState(), 'name', ['a', 1], "must be sequence<string>, got list ['a', 1]"),
        (UInt16MultiArray(), 'data', [70000], 'must be sequence<uint16> in [0, 65535], got list'),
        (UInt16MultiArray(), 'data', b'\x01\x02', 'got bytes'),
        (UInt16MultiArray(), 'data', np.array([70000]), 'array([70000]) of dtype int64'),
        (UInt16MultiArray(), 'data', np.array([1.0]), 'of dtype float64'),
        (Image(), 'data', np.zeros((2, 2), np.uint8), 'of shape (2, 2): flatten it'),
        (PoseWithCovariance(), 'covariance', [0.0] * 35, 'must be double[36] in ['),
        (PoseWithCovariance(), 'covariance', np.zeros(35), 'of dtype float64 and shape (35,)'),
        (PoseWithCovariance(), 'covariance', np.zeros(36, np.float32), 'of dtype float32'),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_by_name_type_and_value(message, field, value, words):
    with pytest.raises(AssertionError) as caught:
        setattr(message, field, value)
    assert words in str(caught.value)


def test_bounds_of_sequences_are_checked():
    ranges = get_message('rcl_interfaces/msg/IntegerRange')
    descriptor = ParameterDescriptor(integer_range=[ranges()])
    with pytest.raises(AssertionError, match='sequence<rcl_interfaces/IntegerRange, 1>'):
        descriptor.integer_range = [ranges(), ranges()]


def test_special_floats_are_allowed():
    assert Float32(data=float('inf')).data == float('inf')
    assert np.isnan(Point(x=float('nan')).x)


@pytest.mark.parametrize(
    'data',
    [
        b'\x01\x02\x03',
        bytearray(b'\x01\x02\x03'),
        memoryview(b'\x01\x02\x03'),
        np.array([1, 2, 3], np.uint8),
        np.array([[1, 0], [2, 0], [3, 0]], np.uint8)[:, 0],
        np.array([1, 2, 3]),
        [1, 2, 3],
        (1, 2, 3),
        array.array('B', [1, 2, 3]),
    ],
    ids=lambda data: type(data).__name__,
)
def test_bytes_may_come_in_many_forms(data):
    message = Image(data=data)
    assert message.data == array.array('B', [1, 2, 3])
    message.data = data
    assert message.data == array.array('B', [1, 2, 3])


@pytest.mark.parametrize('values', [np.array([1.5]), np.array([70000]), np.array([True])])
def test_numpy_arrays_that_do_not_fit_are_refused(values):
    with pytest.raises(AssertionError, match="'data' field must be sequence<int16> .* of dtype"):
        Int16MultiArray(data=values)


def test_an_array_of_the_right_type_is_not_copied():
    data = array.array('B', bytes(1000))
    assert Image(data=data).data is data


def test_fixed_arrays_are_numpy_arrays():
    message = PoseWithCovariance(covariance=range(36))
    assert isinstance(message.covariance, np.ndarray)
    assert message.covariance.dtype == np.float64
    assert message == PoseWithCovariance(covariance=list(map(float, range(36))))
    assert message != PoseWithCovariance()


def test_byte_sequences_are_lists_of_single_bytes():
    value = ParameterValue(byte_array_value=[b'\x01', b'\xff'])
    assert value.byte_array_value == [b'\x01', b'\xff']


def test_equality_needs_the_same_type_and_values():
    assert KeyValue(key='a') == KeyValue(key='a')
    assert KeyValue(key='a') != KeyValue(key='b')
    assert String(data='a') != KeyValue(key='a')
    with pytest.raises(TypeError):
        hash(String())


def test_messages_can_be_copied_and_pickled():
    message = JointState(name=['a'], position=[1.0])
    duplicate = copy.deepcopy(message)
    assert duplicate == message and duplicate.name is not message.name
    assert pickle.loads(pickle.dumps(message)) == message


def test_classes_are_the_same_however_they_are_found():
    assert get_message('sensor_msgs/msg/JointState') is JointState
    assert get_service('std_srvs/srv/SetBool') is SetBool
    assert get_message('std_srvs/srv/SetBool_Request') is SetBool.Request
    assert type_name(SetBool.Response) == 'std_srvs/srv/SetBool_Response'


def test_what_is_no_interface_class_has_no_type_name():
    with pytest.raises(TypeError, match='is not a message or service class'):
        type_name(int)


@pytest.mark.parametrize(
    ('name', 'hint'),
    [
        ('std_msgs/msg/Strin', "did you mean 'String'"),
        ('std_msgs/String', "write 'package/msg/Type'"),
        ('no_such_package/msg/Thing', "no package 'no_such_package' with msg files was found"),
    ],
)
def test_an_unknown_message_is_refused_with_a_hint(name, hint):
    with pytest.raises(LookupError) as caught:
        get_message(name)
    assert hint in str(caught.value)
