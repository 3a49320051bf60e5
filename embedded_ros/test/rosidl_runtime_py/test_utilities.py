import pytest
from std_msgs.msg import String
from std_srvs.srv import SetBool

from rosidl_runtime_py.utilities import (
    get_interface,
    get_message,
    get_service,
    is_message,
    is_service,
)


def test_classes_are_found_by_full_and_short_names():
    assert get_message('std_msgs/msg/String') is get_message('std_msgs/String') is String
    assert get_service('std_srvs/srv/SetBool') is get_service('std_srvs/SetBool') is SetBool
    assert get_interface('std_msgs/msg/String') is String
    assert get_interface('std_srvs/srv/SetBool') is SetBool


def test_kinds_are_told_apart():
    assert is_message(String) and is_message(SetBool.Request) and not is_message(SetBool)
    assert is_service(SetBool) and not is_service(String)


@pytest.mark.parametrize('find', [get_message, get_service, get_interface])
@pytest.mark.parametrize('name', ['String', 'std_msgs/msg/Nothing', ''])
def test_unknown_names_are_refused(find, name):
    with pytest.raises(LookupError):
        find(name)
