"""LeRobot's clients, the gateway and policy_node as processes on a real graph."""

import re

import grpc
import lerobot_client as c
import numpy as np
import pytest
from graph import ROOT, wait_for

SINE = 'policies_for_tests:Sine'
CAMERA = """
/**:
  ros__parameters:
    autostart: true
    contract:
      observations: [state, front, top]
      state: {topic: joint_states, type: sensor_msgs/msg/JointState,
              names: [joint_1, joint_2, joint_3]}
      front: {topic: front/image_raw, type: sensor_msgs/msg/Image}
      top: {topic: top/image_raw/compressed, type: sensor_msgs/msg/CompressedImage}
      actions: [joint_1, joint_2, joint_3]
      action_units: [rad, rad, rad]
"""


def started_gateway(graph, **parameters):
    node = graph.node_with('lerobot_gateway', 'mock.yaml', port=0, **parameters)
    robots = 2 if 'robots' in parameters else 1
    return node, wait_for(lambda: ports(node) if len(ports(node)) == robots else None, 60,
                          f'ports in {node.output}')


def ports(node):
    return re.findall(r'server_address=127.0.0.1:(\d+)', node.output)


def test_stock_protocol_is_answered_by_policy_node(graph, started):
    _, (port,) = started_gateway(graph)
    graph.node_with('policy_node', 'mock.yaml', policy=SINE, actions_per_chunk=4)
    client = started(c.Client(port, timeout=60)).begin()
    for timestep in (0, 20):
        client.observe(timestep=timestep)
        actions = client.actions()
        assert [a.timestep for a in actions] == [*range(timestep, timestep + 4)]
        rows = 0.3 * np.sin((timestep + np.arange(4)) / 15)
        assert np.allclose(c.rows_of(actions), rows[:, np.newaxis], atol=1e-6)


def test_two_robots_have_a_client_each(graph, started):
    _, found = started_gateway(graph, robots='[arm_1, arm_2]')
    graph.node_with('policy_node', 'mock.yaml', policy=SINE, actions_per_chunk=4,
                    robots='[arm_1, arm_2]')
    clients = [started(c.Client(port, timeout=60)).begin() for port in found]
    for k, client in enumerate(clients):
        client.observe(timestep=100 * k)
    assert [client.actions()[0].timestep for client in clients] == [0, 100]
    clients[0].close()
    clients[1].observe(timestep=200)
    assert clients[1].actions()[0].timestep == 200


def test_policy_sees_the_clients_images(graph, started):
    config = graph.folder / 'camera.yaml'
    config.write_text(CAMERA)
    gateway = graph.start('lerobot_gateway', '--ros-args', '--params-file', str(config),
                          '-p', 'port:=0')
    graph.start('policy_node', '--ros-args', '--params-file', str(config), '-p',
                'policy:=policies_for_tests:Brightness', '-p', 'actions_per_chunk:=4')
    port, = wait_for(lambda: ports(gateway), 60, 'the port')
    shape = (48, 64, 3)
    client = started(c.Client(port, timeout=60)).begin(
        c.config(c.features(front=shape, top=shape)))
    front = np.zeros(shape, np.uint8) + np.uint8([10, 20, 30])
    client.observe(front=front, top=front[..., ::-1])
    rows = c.rows_of(client.actions())
    assert np.allclose(rows[0], [10, 20, 30], atol=1e-6)
    assert np.allclose(rows[1], [30, 20, 10], atol=4)       # through a JPEG


def test_model_that_the_client_wants_is_asked_for(graph, started):
    _, (port,) = started_gateway(graph, load='true')
    graph.node_with('policy_node', 'mock.yaml', policy=SINE)
    client = started(c.Client(port, timeout=60))
    with pytest.raises(grpc.RpcError, match='policy_node did not load /no/model: .*/no/model'):
        client.begin(c.config(pretrained_name_or_path='/no/model'))


def test_policy_node_that_comes_late_goes_and_comes_again(graph, started):
    node, (port,) = started_gateway(graph, policy_timeout=0.1)
    client = started(c.Client(port, timeout=60))
    with pytest.raises(grpc.RpcError, match='no policy_node listens on .*chunk_request'):
        client.begin()
    for _ in range(2):
        policy = graph.node_with('policy_node', 'mock.yaml', policy=SINE, actions_per_chunk=4)
        policy.says('ready', 60)
        wait_for(lambda: answers(client), 30, f'actions of {policy.output}')
        policy.end()
        wait_for(lambda: not answers(client), 30, 'an error')
    assert node.popen.poll() is None


def answers(client):
    """Whether a client that has begun gets actions; it begins when it must."""
    try:
        client.observe()
        return bool(client.actions())
    except grpc.RpcError as error:
        if error.code() == grpc.StatusCode.FAILED_PRECONDITION:
            with_instructions(client)
        return False


def with_instructions(client):
    try:
        client.begin()
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.FAILED_PRECONDITION, error


@pytest.mark.parametrize(('parameters', 'words'), [
    ({'rename_map': "['=x']"}, 'rename_map: .* must be'),
    ({'robots': '[a, a]'}, 'robots must be namespaces'), ({'timout': 1.0}, 'did you mean timeout')])
def test_wrong_parameters_are_one_line(graph, parameters, words):
    node = graph.node_with('lerobot_gateway', 'mock.yaml', **parameters)
    assert node.exit_code() == 1
    assert re.search(words, node.output)
    assert 'Traceback' not in node.output


def test_contract_that_no_client_can_fill_is_refused(graph):
    node = graph.start('lerobot_gateway', '--ros-args', '--params-file',
                       str(ROOT / 'config' / 'libero.yaml'))
    node.says('LeRobot clients give')
    assert node.exit_code() == 1
