"""The robot's side chooses the model: the bridge has policy_node load what its parameters name."""

import signal

import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from segue.msg import ActionChunk, BridgeStatus, ChunkRequest
from segue.srv import LoadPolicy
from std_msgs.msg import String

from segue_core.ros_node import LATCHED_QOS

SINE, FAILING = 'policies_for_tests:Sine', 'policies_for_tests:Failing'


def running(status):
    return status.state == BridgeStatus.RUNNING and status.chunks >= 3


def start(graph, wanted, loaded=''):
    bridge = graph.node_with('robot_bridge', 'mock.yaml', **{'load_policy.policy': wanted})
    return bridge, policy(graph, loaded)


def policy(graph, loaded=''):
    return graph.node_with('policy_node', 'mock.yaml', **({'policy': loaded} if loaded else {}))


@pytest.fixture
def told(graph):
    """What policy_node tells of itself: (level, what is loaded, what is being loaded)."""
    found = []

    def keep(msg):
        values = {v.key: v.value for v in msg.values}
        found.append((msg.level, values['policy'], values['loading']))

    graph.node.create_subscription(DiagnosticStatus, 'policy_status', keep, LATCHED_QOS)
    return found


def test_idle_policy_node_loads_what_the_bridge_wants_and_so_does_the_next_one(graph):
    bridge, first = start(graph, SINE)
    graph.until(running)
    bridge.says(f'asking policy_node to load policy {SINE}')
    bridge.says('sine is loaded')
    first.popen.send_signal(signal.SIGKILL)
    graph.until(lambda s: s.state == BridgeStatus.STARVED, what='starved')
    chunks = graph.status.chunks
    policy(graph)
    graph.until(lambda s: s.state == BridgeStatus.RUNNING and s.chunks > chunks)


def test_another_model_takes_its_place_without_a_restart_and_is_not_overruled(graph, told):
    bridge, _ = start(graph, SINE)
    graph.until(running)
    answer = graph.call(LoadPolicy, '/policy_node/load_policy', LoadPolicy.Request(policy=FAILING))
    assert answer.success
    graph.until(lambda s: s.last_refusal == 'the model is out of memory')
    assert bridge.output.count('asking policy_node') == 1
    assert told[-1] == (DiagnosticStatus.OK, FAILING, '')


def test_policy_node_that_has_it_already_is_not_asked(graph):
    bridge, _ = start(graph, SINE, loaded=SINE)
    graph.until(running)
    bridge.says('sine is loaded')
    assert 'asking policy_node' not in bridge.output


def test_prompt_goes_with_the_requests_and_loads_nothing(graph, told):
    asked, texts = [], []
    graph.node.create_subscription(ChunkRequest, 'chunk_request',
                                   lambda m: asked.append(m.task), 10)
    graph.node.create_subscription(String, 'task', lambda m: texts.append(m.data), LATCHED_QOS)
    bridge = graph.node_with('robot_bridge', 'mock.yaml', **{
        'load_policy.policy': SINE, 'load_policy.prompt': 'fold the towel'})
    policy(graph, SINE)
    graph.until(running)
    assert set(asked) == {'fold the towel'}
    assert 'asking policy_node' not in bridge.output
    loads = len(told)
    assert graph.call(LoadPolicy, '/policy_node/load_policy',
                      LoadPolicy.Request(prompt='put it away')).success
    graph.until(lambda s: texts == ['put it away'])
    assert len(told) == loads


def test_what_cannot_be_loaded_is_said_at_the_bridge_and_policy_node_stays_idle(graph, told):
    bridge, served = start(graph, 'no_such_policy')
    bridge.says("policy_node did not load 'no_such_policy': segue.policies has no "
                "'no_such_policy'")
    graph.until(lambda s: told and told[-1] == (DiagnosticStatus.ERROR, '', ''))
    assert graph.call(LoadPolicy, '/policy_node/load_policy',
                      LoadPolicy.Request(policy=SINE)).success
    graph.until(running)
    assert (bridge.popen.poll(), served.popen.poll()) == (None, None)


def test_failed_load_leaves_the_model_that_was_there(graph, told):
    bridge, _ = start(graph, 'no_such_policy', loaded=SINE)
    bridge.says('policy_node did not load')
    graph.until(lambda s: told and told[-1] == (DiagnosticStatus.ERROR, SINE, ''))
    graph.until(running)


def test_who_only_listens_is_no_policy(graph):
    """Recorders subscribe to requests too; they must not hide that the policy is gone."""
    graph.node.create_subscription(ChunkRequest, 'chunk_request', lambda msg: None, 10)
    graph.node.create_subscription(ActionChunk, 'action_chunk', lambda msg: None, 10)
    bridge, served = start(graph, SINE)
    graph.until(running)
    served.popen.send_signal(signal.SIGKILL)
    graph.until(lambda s: s.state == BridgeStatus.STARVED, what='starved')
    bridge.says('policy_node is gone: holding')
