"""The verbs that look at the graph and talk to nodes, over DDS."""

import signal

import pytest


def test_topics_are_listed(nodes, ros2):
    lines = ros2('topic', 'list', '-t').stdout.splitlines()
    assert '/demo/chatter [std_msgs/msg/String]' in lines
    assert '/demo/_hidden [std_msgs/msg/String]' not in lines
    lines = ros2('topic', 'list', '--include-hidden-topics').stdout.splitlines()
    assert '/demo/_hidden' in lines
    assert int(ros2('topic', 'list', '-c', '--include-hidden-topics').stdout) == len(lines)


def test_topic_info_and_type(nodes, ros2):
    assert ros2('topic', 'info', '/demo/chatter').stdout == (
        'Type: std_msgs/msg/String\nPublisher count: 1\nSubscription count: 0\n'
    )
    output = ros2('topic', 'info', '-v', '/demo/chatter').stdout
    for text in ('Node name: talker', 'Endpoint type: PUBLISHER', 'Reliability: RELIABLE'):
        assert text in output
    result = ros2('topic', 'info', '/none')
    assert (result.returncode, result.stderr) == (1, "Unknown topic '/none'\n")
    assert ros2('topic', 'type', '/demo/joints').stdout == 'sensor_msgs/msg/JointState\n'
    assert ros2('topic', 'type', '/none', '--spin-time', '0.5').returncode == 1
    result = ros2('topic', 'find', 'sensor_msgs/msg/JointState')
    assert result.returncode == 1
    assert result.stderr == 'ros2 topic find is not part of embedded ROS\n'


@pytest.mark.parametrize(
    ('arguments', 'output'),
    [
        (['/demo/chatter'], 'data: hello\n---\n'),
        (['demo/chatter', 'std_msgs/msg/String'], 'data: hello\n---\n'),
        (['/demo/chatter', '--csv'], 'hello\n'),
        (['/demo/latched'], 'data: kept\n---\n'),
        (['/demo/joints', '--field', 'name'], "['a', 'b']\n---\n"),
        (['/demo/chatter', '-l', '2'], 'data: he...\n---\n'),
        (['/demo/chatter', '--qos-reliability', 'best_effort'], 'data: hello\n---\n'),
    ],
)
def test_message_is_echoed(nodes, ros2, arguments, output):
    result = ros2('topic', 'echo', '--once', *arguments)
    assert (result.returncode, result.stdout, result.stderr) == (0, output, '')


def test_echo_ends_after_its_timeout(nodes, ros2):
    result = ros2('topic', 'echo', '/silent', 'std_msgs/msg/String', '--timeout', '0.2')
    assert (result.returncode, result.stdout) == (0, '')


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['/none', '--spin-time', '0.5'], 'Could not determine the type for the passed topic\n'),
        (['/demo/chatter', '--field', 'none'], "Invalid field 'none'"),
        (['/x', 'std_msgs/msg/Strng'], "The passed message type 'std_msgs/msg/Strng' is invalid"),
        (['bad name'], 'name'),
    ],
)
def test_echo_that_cannot_work_tells_why(nodes, ros2, arguments, message):
    result = ros2('topic', 'echo', *arguments)
    assert result.returncode == 1
    assert message in result.stderr
    assert 'Traceback' not in result.stderr


def test_message_is_published(nodes, ros2):
    result = ros2('topic', 'pub', '-t', '2', '-r', '20', '/demo/heard', 'std_msgs/msg/String',
                  '{data: ping}')  # fmt: skip
    assert result.returncode == 0
    assert "publishing #2: std_msgs.msg.String(data='ping')" in result.stdout
    assert [nodes.stdout.readline() for _ in range(2)] == ['heard ping\n'] * 2


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['std_msgs/msg/String', '{dta: x}'], 'Failed to populate field'),
        (['std_msgs/msg/String', 'x'], 'needs to be a dictionary in YAML format'),
        (['std_msgs/msg/String', '{'], 'not valid YAML'),
        (['std_msgs/msg/Strng'], 'is invalid'),
        (['std_msgs/msg/String', '--once', '--max-wait-time-secs', '0.1'], 'Timed out waiting'),
        (['std_msgs/msg/String', '--max-wait-time-secs', '1'], 'only effective with'),
    ],
)
def test_message_that_cannot_be_published(ros2, arguments, message):
    result = ros2('topic', 'pub', '/nobody', *arguments)
    assert result.returncode == 1
    assert message in result.stderr
    assert 'Traceback' not in result.stderr


def test_rate_is_printed_until_interrupted(nodes, start_ros2):
    process = start_ros2('topic', 'hz', '/demo/chatter')
    while 'average rate: ' not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (signal.SIGINT, '')


def test_nodes_are_listed_with_what_they_do(nodes, ros2):
    lines = ros2('node', 'list').stdout.splitlines()
    assert {'/demo/talker', '/demo/managed'} <= set(lines)
    assert not any('_ros2cli' in line for line in lines)
    assert '_ros2cli' in ros2('node', 'list', '--all').stdout
    output = ros2('node', 'info', '/demo/talker').stdout
    assert output.startswith('/demo/talker\n  Subscribers:\n')
    for text in (
        '    /demo/heard: std_msgs/msg/String\n',
        '  Publishers:\n',
        '    /demo/joints: sensor_msgs/msg/JointState\n',
        '  Service Servers:\n    /demo/switch: std_srvs/srv/SetBool\n',
    ):
        assert text in output
    result = ros2('node', 'info', '/none')
    assert (result.returncode, result.stderr) == (1, "Unable to find node '/none'\n")


def test_service_is_found_and_called(nodes, ros2):
    assert '/demo/switch [std_srvs/srv/SetBool]' in ros2('service', 'list', '-t').stdout
    assert ros2('service', 'type', '/demo/switch').stdout == 'std_srvs/srv/SetBool\n'
    result = ros2('service', 'call', '/demo/switch', 'std_srvs/srv/SetBool', 'data: true')
    assert result.stdout == (
        'requester: making request: std_srvs.srv.SetBool_Request(data=True)\n\n'
        "response:\nstd_srvs.srv.SetBool_Response(success=True, message='done')\n\n"
    )


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['std_srvs/srv/SetBol'], "The passed service type 'std_srvs/srv/SetBol' is invalid"),
        (['std_srvs/srv/SetBool', '{dta: true}'], 'Failed to populate field'),
    ],
)
def test_service_that_cannot_be_called(ros2, arguments, message):
    result = ros2('service', 'call', '/demo/switch', *arguments)
    assert result.returncode == 1
    assert message in result.stderr


def test_parameters_are_read(nodes, ros2):
    assert ros2('param', 'list', '/demo/talker').stdout.splitlines() == [
        '  fixed', '  gain', '  limits.list', '  use_sim_time',
    ]  # fmt: skip
    assert ros2('param', 'list', 'demo/talker', '--filter', 'g', '--param-type').stdout == (
        '  gain (type: double)\n'
    )
    assert '/demo/talker:\n  fixed\n' in ros2('param', 'list').stdout
    get = ('param', 'get', '/demo/talker')
    assert ros2(*get, 'limits.list').stdout == 'Integer values are: [1, 2]\n'
    assert ros2(*get, 'fixed', '--hide-type').stdout == 'x\n'
    assert ros2(*get, 'none').stderr == 'Parameter not set\n'
    assert ros2('param', 'get', '/none', 'x', '--timeout', '0.5').stderr == 'Node not found\n'
    assert ros2('param', 'describe', '/demo/talker', 'gain').stdout == (
        'Parameter name: gain\n  Type: double\n  Description: How strong\n  Constraints:\n'
        '    Min value: 0.0\n    Max value: 10.0\n    Step: 0.5\n'
    )


def test_parameters_are_changed_dumped_and_loaded(nodes, ros2, tmp_path):
    result = ros2('param', 'set', '/demo/talker', 'gain', '2.5')
    assert (result.returncode, result.stdout) == (0, 'Set parameter successful\n')
    for too_large in ('11.0', '99999999999999999999'):
        result = ros2('param', 'set', '/demo/talker', 'gain', too_large)
        assert result.stderr.startswith('Setting parameter failed')
    result = ros2('param', 'set', '/demo/talker', 'fixed', 'y')
    assert result.stderr.startswith('Setting parameter failed')

    dump = ros2('param', 'dump', '/demo/talker').stdout
    assert dump.startswith('/demo/talker:\n  ros__parameters:\n    fixed: x\n    gain: 2.5\n')
    file = tmp_path / 'parameters.yaml'
    file.write_text('/**: {ros__parameters: {gain: 3.5}}\n/other: {ros__parameters: {gain: 4.5}}')
    result = ros2('param', 'load', '/demo/talker', str(file))
    assert result.stdout == 'Set parameter gain successful\n'
    assert ros2('param', 'get', '/demo/talker', 'gain').stdout == 'Double value is: 3.5\n'
    result = ros2('param', 'load', '/demo/talker', str(file), '--no-use-wildcard')
    assert 'has no parameters for node' in result.stderr


def test_managed_node_is_led_from_state_to_state(nodes, ros2):
    assert ros2('lifecycle', 'nodes').stdout == '/demo/managed\n'
    assert ros2('lifecycle', 'get').stdout == '/demo/managed: unconfigured [1]\n'
    assert ros2('lifecycle', 'list', '/demo/managed').stdout.splitlines()[:3] == [
        '- configure [1]', '\tStart: unconfigured', '\tGoal: configuring',
    ]  # fmt: skip
    result = ros2('lifecycle', 'set', '/demo/managed', 'fly')
    assert result.returncode == 1
    assert result.stderr.startswith('Unknown transition requested, available ones are:\n- confi')
    for transition, state in (('configure', 'inactive [2]'), ('3', 'active [3]')):
        result = ros2('lifecycle', 'set', '/demo/managed', transition)
        assert result.stdout == 'Transitioning successful\n'
        assert ros2('lifecycle', 'get', 'demo/managed').stdout == f'{state}\n'
    assert ros2('lifecycle', 'get', '/demo/talker', '--spin-time', '0.5').stderr == (
        'Node not found\n'
    )


def test_doctor_reports_what_runs(ros2, domain_id):
    result = ros2('doctor', '--report')
    assert 'running         : embedded ROS' in result.stdout
    assert f'domain id       : {domain_id}' in result.stdout
    assert 'discovery range : LOCALHOST' in result.stdout
    assert 'socket buffers' in result.stdout and 'interfaces' in result.stdout
    assert 'checks passed' in result.stdout or 'check(s) failed' in result.stdout


def test_doctor_fails_when_no_node_can_be_made(ros2):
    result = ros2('doctor', env={'ROS_DOMAIN_ID': '999'})
    assert result.returncode == 1
    assert 'middleware: no node can be made' in result.stderr
    assert '1/2 check(s) failed' in result.stdout or '2/2 check(s) failed' in result.stdout
