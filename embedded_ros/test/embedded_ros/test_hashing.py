import json
from hashlib import sha256

import pytest

from embedded_ros.interfaces import get_message, get_service, type_hash
from embedded_ros.interfaces.database import definition, referenced, standard


@pytest.mark.parametrize(
    ('name', 'expected'),
    [
        (
            'std_msgs/msg/String',
            'RIHS01_df668c740482bbd48fb39d76a70dfd4bd59db1288021743503259e948f6b1a18',
        ),
        (
            'sensor_msgs/msg/Image',
            'RIHS01_d31d41a9a4c4bc8eae9be757b0beed306564f7526c88ea6a4588fb9582527d47',
        ),
    ],
)
def test_hashes_are_those_that_ros_2_announces(name, expected):
    assert type_hash(get_message(name)) == expected


def has_char(name):
    root = definition(name)
    return any(f.type.base == 'char' for d in [root, *referenced(root)] for f in d.fields)


def test_every_standard_type_without_char_hashes_as_in_rosbags():
    checked = [name for name in standard().fielddefs if not has_char(name)]
    assert len(checked) > 150
    for name in checked:
        assert type_hash(get_message(name)) == standard().hash_rihs01(name), name


def described_hash(type_name, *fields):
    """Hash by REP 2016: sha256 of the description in JSON."""
    described = [
        {
            'name': name,
            'type': {
                'type_id': type_id, 'capacity': 0, 'string_capacity': 0, 'nested_type_name': '',
            },
        }
        for name, type_id in fields
    ]  # fmt: skip
    description = {
        'type_description': {'type_name': type_name, 'fields': described},
        'referenced_type_descriptions': [],
    }
    return f'RIHS01_{sha256(json.dumps(description).encode()).hexdigest()}'


UINT8, BOOLEAN, STRING = 3, 15, 17


def test_char_is_hashed_as_uint8():
    char = get_message('std_msgs/msg/Char')
    assert type_hash(char) == described_hash('std_msgs/msg/Char', ('data', UINT8))


def test_both_halves_of_a_service_have_a_hash():
    service = get_service('std_srvs/srv/SetBool')
    name = 'std_srvs/srv/SetBool'
    assert type_hash(service.Request) == described_hash(f'{name}_Request', ('data', BOOLEAN))
    assert type_hash(service.Response) == described_hash(
        f'{name}_Response', ('success', BOOLEAN), ('message', STRING)
    )


def test_an_empty_half_is_hashed_with_the_member_rosidl_gives_it():
    trigger = get_service('std_srvs/srv/Trigger')
    assert type_hash(trigger.Request) == described_hash(
        'std_srvs/srv/Trigger_Request', ('structure_needs_at_least_one_member', UINT8)
    )
