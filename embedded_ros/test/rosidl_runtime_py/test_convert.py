from collections import OrderedDict

import pytest
import yaml
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from geometry_msgs.msg import PoseWithCovariance
from rcl_interfaces.msg import ParameterDescriptor
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import Bool, Empty, String

from rosidl_runtime_py import (
    get_message_slot_types,
    message_to_csv,
    message_to_ordereddict,
    message_to_yaml,
)

STATE = JointState(name=['a', 'b'], position=[1.0, 2.5])
STATE.header.stamp.sec = 3


def test_yaml_is_that_of_ros():
    assert message_to_yaml(STATE) == (
        "header:\n  stamp:\n    sec: 3\n    nanosec: 0\n  frame_id: ''\n"
        'name:\n- a\n- b\nposition:\n- 1.0\n- 2.5\nvelocity: []\neffort: []\n'
    )
    assert message_to_yaml(Empty()) == '{}\n'


def test_flow_style_writes_sequences_on_one_line():
    text = message_to_yaml(STATE, flow_style=True)
    assert 'name: [a, b]\nposition: [1.0, 2.5]\n' in text


def test_yaml_is_read_back_as_the_same_values():
    array = DiagnosticArray(
        status=[DiagnosticStatus(level=b'\x02', values=[KeyValue(key='ü', value='x: y')])]
    )
    loaded = yaml.safe_load(message_to_yaml(array))
    assert loaded['status'][0]['values'] == [{'key': 'ü', 'value': 'x: y'}]
    assert loaded['status'][0]['level'] == '\x02'
    covariance = yaml.safe_load(message_to_yaml(PoseWithCovariance()))['covariance']
    assert covariance == [0.0] * 36


def test_csv_lists_the_values():
    assert message_to_csv(STATE) == '3,0,,a,b,1.0,2.5,,'
    assert message_to_csv(Bool(data=True)) == 'True'


@pytest.mark.parametrize(
    ('options', 'expected'),
    [
        ({'truncate_length': 2}, [0, 0, '...']),
        ({'truncate_length': 4}, [0, 0, 0, 0]),
        ({'no_arr': True}, '<sequence type: uint8, length: 4>'),
    ],
)
def test_long_sequences_are_shortened_on_request(options, expected):
    assert message_to_ordereddict(Image(data=bytes(4)), **options)['data'] == expected


def test_arrays_and_bounds_are_described():
    pose = message_to_ordereddict(PoseWithCovariance(), no_arr=True)
    assert pose['covariance'] == '<array type: double[36]>'
    descriptor = message_to_ordereddict(ParameterDescriptor(), no_arr=True)
    assert descriptor['integer_range'] == (
        '<sequence type: rcl_interfaces/msg/IntegerRange[1], length: 0>'
    )
    assert message_to_csv(Image(data=bytes(2)), no_arr=True).endswith(
        '<sequence type: uint8, length: 2>'
    )


def test_strings_are_shortened_or_described():
    message = String(data='hello world')
    assert message_to_ordereddict(message, truncate_length=5) == {'data': 'hello...'}
    assert message_to_ordereddict(message, no_str=True) == {'data': '<string length: <11>>'}
    assert message_to_csv(message, truncate_length=5) == 'hello...'
    assert message_to_csv(message, no_str=True) == '<string length: <11>>'


def test_the_dictionary_keeps_the_order_of_the_fields():
    converted = message_to_ordereddict(STATE)
    assert isinstance(converted, OrderedDict)
    assert list(converted) == ['header', 'name', 'position', 'velocity', 'effort']
    assert isinstance(converted['header'], OrderedDict)


def test_slot_types_tell_the_type_of_each_field():
    assert get_message_slot_types(STATE)['position'].base == 'float64'
