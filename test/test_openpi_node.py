"""policy_node with the openpi policy and robot_bridge over DDS, while the server comes and goes."""

import subprocess
import sys

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from graph import ROOT
from rclpy.qos import QoSProfile
from remote_helpers import free_port
from segue.msg import BridgeStatus
from segue.srv import LoadPolicy


@pytest.fixture
def serve(tmp_path):
    """Start the server as a process of its own; returns once it serves."""
    processes = []

    def start(port):
        made = subprocess.Popen([sys.executable, ROOT / 'test' / 'openpi_server.py', str(port)],
                                stdout=subprocess.PIPE, text=True, cwd=tmp_path)
        processes.append(made)
        assert made.stdout.readline() == 'serving\n'
        return made

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


def policy_node(graph, port, **parameters):
    return graph.node_with('policy_node', 'mock.yaml', **{
        'actions_per_chunk': 16, 'openpi.host': '127.0.0.1', 'openpi.port': port,
        'openpi.inputs': '[state=observation/state]', 'openpi.timeout': 10.0, **parameters})


def is_running(status):
    return status.state == BridgeStatus.RUNNING and status.chunks >= 3


def test_robot_holds_while_the_server_is_gone_and_goes_on_when_it_is_back(graph, serve):
    server = serve(port := free_port())
    bridge = graph.node_with('robot_bridge', 'mock.yaml')
    node = policy_node(graph, port, policy='openpi')
    diagnostics = []
    graph.node.create_subscription(DiagnosticArray, '/diagnostics',
                                   lambda m: diagnostics.extend(m.status), QoSProfile(depth=50))

    def told(level, words):
        return any(s.name == 'policy_node: policy' and s.level == level and words in s.message
                   for s in diagnostics)

    graph.until(is_running)
    graph.until(lambda s: told(DiagnosticStatus.OK, 'ok'))
    server.kill()
    server.wait()
    held = graph.until(lambda s: s.state == BridgeStatus.STARVED and
                       f'ws://127.0.0.1:{port}' in s.last_refusal)
    graph.until(lambda s: told(DiagnosticStatus.ERROR, f'no openpi server at ws://127.0.0.1:{port}'))
    assert (bridge.popen.poll(), node.popen.poll()) == (None, None)
    serve(port)
    graph.until(lambda s: s.state == BridgeStatus.RUNNING and s.timestep > held.timestep + 30)
    diagnostics.clear()
    graph.until(lambda s: told(DiagnosticStatus.OK, 'ok'))
    times = {v.key: float(v.value) for s in diagnostics for v in s.values if '[s]' in v.key}
    assert times['server_timing.infer [s]'] == pytest.approx(0.013)


def test_policy_that_cannot_be_loaded_is_told_and_works_once_its_server_is_there(graph, serve):
    graph.node_with('robot_bridge', 'mock.yaml')
    port = free_port()
    policy_node(graph, port, **{'openpi.load_timeout': 0.2})
    refused = graph.call(LoadPolicy, '/policy_node/load_policy',
                         LoadPolicy.Request(policy='openpi'))
    assert not refused.success
    assert f'no openpi server at ws://127.0.0.1:{port}' in refused.message
    serve(port)
    assert graph.call(LoadPolicy, '/policy_node/load_policy',
                      LoadPolicy.Request(policy='openpi')).success
    graph.until(is_running)
