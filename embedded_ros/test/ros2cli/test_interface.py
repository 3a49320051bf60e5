import pytest


def test_nested_messages_follow_their_field(ros2):
    assert ros2('interface', 'show', '--no-comments', 'std_msgs/msg/Header').stdout == (
        'builtin_interfaces/Time stamp\n\tint32 sec\n\tuint32 nanosec\nstring frame_id\n'
    )


def test_service_has_two_parts(ros2):
    result = ros2('interface', 'show', 'std_srvs/srv/SetBool', '--no-comments')
    assert result.stdout.splitlines() == [
        'bool data', '---', 'bool success', 'string message',
    ]  # fmt: skip
    assert '#' in ros2('interface', 'show', 'std_srvs/srv/SetBool').stdout


@pytest.mark.parametrize('name', ['String', 'std_msgs/String', 'std_msgs/msg/Strng'])
def test_unknown_interface(ros2, name):
    result = ros2('interface', 'show', name)
    assert result.returncode == 1
    assert result.stderr.count('\n') == 1


def test_interface_is_shown_also_by_a_name_from_stdin(ros2):
    result = ros2('interface', 'show', '-', input='std_msgs/msg/String\n')
    assert result.stdout.endswith('string data\n')


def test_interfaces_are_listed(ros2):
    output = ros2('interface', 'list').stdout
    assert output.startswith('Messages:\n')
    assert '    std_msgs/msg/String\n' in output
    assert 'Services:\n' in output and '    std_srvs/srv/SetBool\n' in output
    assert 'Services:' not in ros2('interface', 'list', '-m').stdout


def test_packages_are_listed(ros2):
    assert 'sensor_msgs' in ros2('interface', 'packages').stdout.splitlines()
