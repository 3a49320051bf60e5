import pytest

from embedded_ros.interfaces.definitions import (
    EMPTY_MEMBER,
    Constant,
    Container,
    Field,
    FieldType,
    InvalidInterface,
    parse_message,
    split_service,
)

NAME = 'pkg/msg/Thing'


def parse_field(line):
    (field,) = parse_message(NAME, line).fields
    return field


@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        ('bool', FieldType('bool')),
        ('float64[3]', FieldType('float64', 0, Container.ARRAY, 3)),
        ('uint8[]', FieldType('uint8', 0, Container.SEQUENCE, 0)),
        ('int32[<=5]', FieldType('int32', 0, Container.SEQUENCE, 5)),
        ('string<=8', FieldType('string', 8)),
        ('string<=8[<=3]', FieldType('string', 8, Container.SEQUENCE, 3)),
        ('Other', FieldType('pkg/msg/Other')),
        ('geometry_msgs/Pose[]', FieldType('geometry_msgs/msg/Pose', 0, Container.SEQUENCE, 0)),
        ('geometry_msgs/msg/Pose', FieldType('geometry_msgs/msg/Pose')),
        ('Header', FieldType('std_msgs/msg/Header')),
        ('time', FieldType('builtin_interfaces/msg/Time')),
    ],
)
def test_every_notation_of_a_type_is_understood(text, expected):
    assert parse_field(f'{text} value').type == expected


@pytest.mark.parametrize(
    ('line', 'default'),
    [
        ('bool a true', True),
        ('int32 a -7', -7),
        ('uint8 a 0x1F', 31),
        ('float64 a 1e-3', 0.001),
        ('string a "two words"', 'two words'),
        ("string a 'it''s'", "it''s"),
        ('string a bare', 'bare'),
        ('byte a 3', b'\x03'),
        ('int32[3] a [1, 2, 3]', (1, 2, 3)),
        ('string[] a ["x, y", \'z\']', ('x, y', 'z')),
        ('float32[] a []', ()),
        ('int32 a', None),
    ],
)
def test_defaults_have_the_type_of_the_field(line, default):
    assert parse_field(line).default == default


def test_constants_and_comments():
    parsed = parse_message(NAME, '# top\nuint8 LOW=1 # low\nstring WORD="a b"\n\tint8\tx\n')
    assert parsed.constants == (Constant('LOW', 'uint8', 1), Constant('WORD', 'string', 'a b'))
    assert parsed.fields == (Field('x', FieldType('int8')),)


def test_a_message_without_fields_gets_the_member_that_rosidl_gives_it():
    assert [field.name for field in parse_message(NAME, '# nothing\n').fields] == [EMPTY_MEMBER]


@pytest.mark.parametrize(
    ('line', 'reason'),
    [
        ('int32', "'' is not a name"),
        ('int32 2x', "'2x' is not a name"),
        ('int32[ x', 'is not a type'),
        ('int32[-1] x', 'is not a type'),
        ('int32<=4 x', 'only a string'),
        ('bool x maybe', 'choose true or false'),
        ('int32 x 1.5', "'1.5'"),
        ('int32[2] x [1]', '1 values, the array 2'),
        ('int32[2] x 1', 'must be a list in brackets'),
        ('Other X=1', 'primitive type'),
        ('Other x 1', 'cannot have a default'),
    ],
)
def test_an_error_names_the_line_and_the_reason(line, reason):
    with pytest.raises(InvalidInterface, match=f'{NAME} line 2: ') as caught:
        parse_message(NAME, f'int8 first\n{line}')
    assert reason in str(caught.value)


def test_a_name_may_be_used_once():
    with pytest.raises(InvalidInterface, match="'x' is defined twice"):
        parse_message(NAME, 'int8 x\nint16 x')


def test_wstring_is_refused_by_name():
    with pytest.raises(NotImplementedError, match='wstring'):
        parse_message(NAME, 'wstring x')


def test_a_service_is_split_at_its_line():
    assert split_service('pkg/srv/Do', 'int8 a\n--- \nint8 b') == ('int8 a', 'int8 b')


@pytest.mark.parametrize(('text', 'count'), [('int8 a', 0), ('---\n---', 2)])
def test_a_service_has_exactly_two_parts(text, count):
    with pytest.raises(InvalidInterface, match=f"{count} lines '---'"):
        split_service('pkg/srv/Do', text)
