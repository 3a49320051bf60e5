import pytest

from rosidl_runtime_py import (
    get_action_interfaces,
    get_interface_packages,
    get_interface_path,
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


@pytest.mark.parametrize('name', ['std_srvs/srv/SetBool', 'std_srvs/srv/SetBool.srv'])
def test_the_file_of_an_interface_is_found(name):
    with open(get_interface_path(name)) as file:
        assert file.readline().startswith('bool data')


@pytest.mark.parametrize(
    ('name', 'error'),
    [('SetBool', ValueError), ('std_srvs//SetBool', ValueError), ('a/../b', ValueError),
     ('std_srvs/srv/Nothing', LookupError), ('std_msgs/msg/String', LookupError)],
)  # fmt: skip
def test_a_file_that_does_not_exist_is_an_error(name, error):
    with pytest.raises(error):
        get_interface_path(name)
