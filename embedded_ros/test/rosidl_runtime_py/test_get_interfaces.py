import pytest

from rosidl_runtime_py import (
    get_action_interfaces,
    get_interface_packages,
    get_interfaces,
    get_message_interfaces,
    get_service_interfaces,
)


def test_packages_and_their_interfaces_are_listed():
    assert {'std_msgs', 'std_srvs', 'sensor_msgs', 'control_msgs'} <= set(get_interface_packages())
    assert get_service_interfaces(['std_srvs']) == {
        'std_srvs': ['srv/Empty', 'srv/SetBool', 'srv/Trigger']
    }
    assert 'msg/JointState' in get_message_interfaces()['sensor_msgs']
    assert set(get_interfaces(['lifecycle_msgs'])['lifecycle_msgs']) >= {
        'msg/State',
        'srv/GetState',
    }
    assert get_service_interfaces(['std_msgs']) == get_action_interfaces() == {}


def test_an_unknown_package_is_an_error():
    with pytest.raises(LookupError, match="Unknown package 'no_such_msgs'"):
        get_interfaces(['no_such_msgs'])
