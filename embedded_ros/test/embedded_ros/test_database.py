import pytest

from embedded_ros.interfaces import database
from embedded_ros.interfaces.definitions import parse_message


def test_the_text_of_a_bundled_service_is_its_file():
    text = database.source_text('std_srvs/srv/SetBool')
    assert text.startswith('bool data')
    assert '---' in text


@pytest.mark.parametrize(
    'name',
    ['diagnostic_msgs/msg/DiagnosticStatus', 'geometry_msgs/msg/Quaternion', 'std_msgs/msg/Empty',
     'rcl_interfaces/msg/ParameterDescriptor', 'visualization_msgs/msg/Marker'],
)  # fmt: skip
def test_the_text_of_a_standard_message_parses_back_to_its_definition(name):
    assert parse_message(name, database.source_text(name)) == database.definition(name)


def test_referenced_messages_are_listed_once_and_sorted():
    root = database.definition('nav_msgs/msg/Path')
    assert [found.name for found in database.referenced(root)] == [
        'builtin_interfaces/msg/Time',
        'geometry_msgs/msg/Point',
        'geometry_msgs/msg/Pose',
        'geometry_msgs/msg/PoseStamped',
        'geometry_msgs/msg/Quaternion',
        'std_msgs/msg/Header',
    ]


def test_the_services_that_nodes_offer_are_bundled():
    assert database.names('rcl_interfaces', 'srv') == [
        'DescribeParameters', 'GetLoggerLevels', 'GetParameterTypes', 'GetParameters',
        'ListParameters', 'SetLoggerLevels', 'SetParameters', 'SetParametersAtomically',
    ]  # fmt: skip
    assert database.names('lifecycle_msgs', 'srv') == [
        'ChangeState', 'GetAvailableStates', 'GetAvailableTransitions', 'GetState',
    ]  # fmt: skip
