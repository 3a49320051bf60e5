
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rosbags.typesys.codegen import generate_python_code
from rosbags.typesys.store import Typestore
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import Empty, Int64, String
from std_srvs.srv import SetBool
from visualization_msgs.msg import MarkerArray

from embedded_ros.interfaces import InvalidPayload, database, deserialize, get_message, serialize
from embedded_ros.interfaces.codec import ENCAPSULATION
from embedded_ros.interfaces.definitions import EMPTY_MEMBER, Container
from embedded_ros.interfaces.hashing import to_fielddefs
from embedded_ros.interfaces.primitives import FIXED_SIZE

ALL_MESSAGES = sorted(
    f'{package}/msg/{name}'
    for package in database.bundled_packages()
    for name in database.names(package, 'msg')
)
ALL_SERVICE_HALVES = sorted(
    f'{package}/srv/{name}_{half}'
    for package in database.bundled_packages()
    for name in database.names(package, 'srv')
    for half in ('Request', 'Response')
)


def scalar_values(field_type):
    if field_type.is_message:
        return message_values(field_type.base)
    if field_type.base == 'string':
        characters = st.characters(codec='utf-8', exclude_characters='\0')
        return st.text(characters, max_size=field_type.string_bound or 8)
    primitive = FIXED_SIZE[field_type.base]
    if primitive.python_type is bool:
        return st.booleans()
    if primitive.python_type is bytes:
        return st.binary(min_size=1, max_size=1)
    if primitive.python_type is float:
        return st.floats(width=primitive.size * 8, allow_nan=False)
    return st.integers(primitive.low, primitive.high)


def field_values(field_type):
    element = scalar_values(field_type)
    if field_type.container is Container.SCALAR:
        return element
    if field_type.container is Container.ARRAY:
        return st.lists(element, min_size=field_type.size, max_size=field_type.size)
    return st.lists(element, max_size=min(field_type.size or 3, 3))


def message_values(name):
    fields = [f for f in database.definition(name).fields if f.name != EMPTY_MEMBER]
    values = st.fixed_dictionaries({f.name: field_values(f.type) for f in fields})
    return values.map(lambda chosen: get_message(name)(**chosen))


def rosbags_store(name):
    """A store of rosbags that has the type and all it needs, whatever rosbags itself knows."""
    root = database.definition(name)
    definitions = {d.name: ([], to_fielddefs(d)) for d in [root, *database.referenced(root)]}
    namespace = {}
    exec(generate_python_code(definitions), namespace)
    store = Typestore()
    store.fielddefs.update(definitions)
    store.types.update({key: namespace[key.replace('/', '__')] for key in definitions})
    return store


@pytest.mark.parametrize('name', ALL_MESSAGES + ALL_SERVICE_HALVES)
def test_every_type_is_encoded_as_rosbags_encodes_it_and_decodes_to_itself(name):
    store = rosbags_store(name)

    @settings(max_examples=10, deadline=None, database=None)
    @given(message_values(name))
    def check(message):
        payload = bytes(serialize(message))
        assert deserialize(payload, type(message)) == message
        theirs = bytes(store.serialize_cdr(store.deserialize_cdr(payload, name), name))
        assert payload == theirs + bytes(-len(theirs) % 4)

    check()


def test_the_wire_format_is_the_documented_one():
    assert serialize(String(data='hi')) == ENCAPSULATION + b'\x03\0\0\0hi\0' + b'\0'
    assert serialize(Int64(data=-1)) == ENCAPSULATION + b'\xff' * 8
    assert serialize(Empty()) == ENCAPSULATION + bytes(4)


def test_a_service_header_stands_before_the_message_and_keeps_its_alignment():
    header = bytes(range(16))
    payload = serialize(SetBool.Response(success=True, message='ok'), header)
    assert payload[:20] == ENCAPSULATION + header
    assert deserialize(payload, SetBool.Response, offset=20).message == 'ok'


def test_text_that_is_not_utf8_is_replaced_as_rclpy_does():
    payload = ENCAPSULATION + b'\x03\0\0\0\xe9a\0\0'
    assert deserialize(payload, String).data == '\ufffda'


def test_an_empty_string_without_terminator_is_accepted():
    assert deserialize(ENCAPSULATION + bytes(4), String).data == ''


@pytest.mark.parametrize(
    ('cls', 'body', 'reason'),
    [
        (String, b'', 'not a std_msgs/msg/String'),
        (String, b'\xff\xff\xff\xff', 'a string of 4294967295 bytes where 0 are left'),
        (String, b'\x02\0\0\0ab\0\0', 'without a terminator'),
        (JointState, bytes(16) + b'\xff\xff\xff\x7f', '2147483647 elements of at least 8 bytes'),
        (Image, bytes(32) + b'\xff\xff\xff\xff', '4294967295 elements of at least 1 bytes'),
        (Int64, bytes(7), 'not a std_msgs/msg/Int64'),
        (MarkerArray, b'\xff\xff\xff\xff', '4294967295 elements'),
    ],
)
def test_a_damaged_payload_is_refused_before_memory_is_taken(cls, body, reason):
    with pytest.raises(InvalidPayload) as caught:
        deserialize(ENCAPSULATION + body, cls)
    assert reason in str(caught.value)


@pytest.mark.parametrize('payload', [b'', b'\0', b'\0\0\0\0\0\0\0\1', b'\0\3\0\0\1\2\3\4'])
def test_another_encapsulation_is_refused(payload):
    with pytest.raises(InvalidPayload, match='no little-endian XCDR1'):
        deserialize(payload, String)


def test_a_request_shorter_than_its_header_is_refused():
    with pytest.raises(InvalidPayload):
        deserialize(ENCAPSULATION + bytes(8), SetBool.Request, offset=20)


def test_bounds_are_enforced_on_arrival():
    descriptor = get_message('rcl_interfaces/msg/ParameterDescriptor')
    ranges = get_message('rcl_interfaces/msg/IntegerRange')
    message = descriptor()
    message._integer_range = [ranges(), ranges()]
    with pytest.raises(InvalidPayload, match='2 elements, at most 1 allowed'):
        deserialize(serialize(message), descriptor)


NESTED_MESSAGES = [
    'sensor_msgs/msg/JointState',
    'visualization_msgs/msg/MarkerArray',
    'rcl_interfaces/msg/ParameterEvent',
    'diagnostic_msgs/msg/DiagnosticArray',
]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(NESTED_MESSAGES), st.binary(max_size=200))
def test_arbitrary_bytes_are_a_message_or_an_invalid_payload(name, body):
    cls = get_message(name)
    try:
        message = deserialize(ENCAPSULATION + body, cls)
    except InvalidPayload:
        return
    assert isinstance(message, cls)


@settings(max_examples=50, deadline=None)
@given(message_values('diagnostic_msgs/msg/DiagnosticArray'), st.data())
def test_a_truncated_message_is_never_taken_for_a_whole_one(message, data):
    payload = serialize(message)
    unpadded = len(payload) - 3
    cut = data.draw(st.integers(0, unpadded - 1))
    with pytest.raises(InvalidPayload):
        deserialize(payload[:cut], type(message))
