"""policy_node and robot_bridge as processes: chunks flow, and failures have designed answers."""

import signal

import pytest
from drivers_for_tests import CUT
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from segue.msg import BridgeStatus
from segue.srv import Infer, LoadPolicy
from std_srvs.srv import SetBool, Trigger
from test_ranges import dataset

SINE = 'policies_for_tests:Sine'


@pytest.fixture
def bridge(graph):
    return graph.node_with('robot_bridge', 'mock.yaml')


def policy(graph, name=SINE):
    return graph.node_with('policy_node', 'mock.yaml', **({'policy': name} if name else {}))


def running(status):
    return status.state == BridgeStatus.RUNNING and status.chunks >= 3


def test_chunks_flow_and_the_robot_never_starves_once_it_runs(graph, bridge):
    policy(graph)
    status = graph.until(running, what='three chunks')
    starved, steps = status.starved_ticks, status.timestep
    status = graph.until(lambda s: s.timestep > steps + 90, what='three more seconds of motion')
    assert status.starved_ticks == starved
    assert (status.refused_chunks, status.lost_requests, status.driver) == (0, 0, 'mock')


def test_killed_policy_leaves_the_robot_held_and_a_new_one_goes_on(graph, bridge):
    first = policy(graph)
    graph.until(running)
    first.popen.send_signal(signal.SIGKILL)
    graph.until(lambda s: s.state == BridgeStatus.STARVED, what='starved')
    bridge.says('policy_node is gone: holding')
    at_rest = graph.status.timestep
    policy(graph)
    status = graph.until(lambda s: s.state == BridgeStatus.RUNNING and s.timestep > at_rest + 30)
    assert bridge.popen.poll() is None
    assert status.timestep > at_rest


def test_policy_that_kills_its_own_process_is_noticed_too(graph, bridge):
    policy(graph, 'policies_for_tests:Dying')
    graph.until(lambda s: s.chunks == 2)
    graph.until(lambda s: s.state == BridgeStatus.STARVED)
    assert bridge.popen.poll() is None


def test_failed_inference_is_asked_again_and_its_reason_is_shown(graph, bridge):
    policy(graph, 'policies_for_tests:Failing')
    graph.until(lambda s: s.last_refusal == 'the model is out of memory')
    graph.until(lambda s: s.last_refusal == 'ZeroDivisionError: a bug')
    graph.until(running, what='three chunks in spite of failures')


def test_policy_node_starts_idle_and_the_robots_side_chooses_the_policy(graph, bridge):
    policy(graph, '')
    graph.until(lambda s: 'no policy is loaded' in s.last_refusal)
    refused = graph.call(LoadPolicy, '/policy_node/load_policy', LoadPolicy.Request(policy='x'))
    assert not refused.success
    assert "no 'x'" in refused.message
    loaded = graph.call(LoadPolicy, '/policy_node/load_policy', LoadPolicy.Request(policy=SINE))
    assert (loaded.success, loaded.horizon, list(loaded.action_names)) == (
        True, 50, ['joint_1', 'joint_2', 'joint_3'])
    graph.until(running)
    answer = graph.call(Infer, '/policy_node/infer', Infer.Request())
    assert (answer.success, len(answer.chunk.actions)) == (True, 150)


def test_robot_outside_of_the_policys_dataset_is_told(graph, bridge):
    names = ['joint_1', 'joint_2', 'joint_3']
    bounds = {'min': [-1.0, -0.1, -1.0], 'max': [1.0, 0.1, 1.0]}
    dataset(graph.folder, names, {'action': bounds, 'observation.state': bounds})
    node = graph.node_with('policy_node', 'mock.yaml', policy=SINE,
                           lerobot_dataset_path=graph.folder)
    node.says('joint_2 is')
    assert 'the dataset has -0.1..0.1: are units and zero those of' in node.output
    graph.until(running)


def test_emergency_stop_stops_until_it_is_reset(graph, bridge):
    policy(graph)
    graph.until(running)
    assert graph.call(Trigger, '/robot_bridge/e_stop', Trigger.Request()).success
    first = graph.until(lambda s: s.state == BridgeStatus.E_STOPPED)
    graph.until(lambda s: s.header.stamp != first.header.stamp and
                s.state == BridgeStatus.E_STOPPED, what='status that keeps coming')
    assert graph.call(Trigger, '/robot_bridge/reset_e_stop', Trigger.Request()).success
    graph.until(running)
    assert not graph.call(Trigger, '/robot_bridge/reset_e_stop', Trigger.Request()).success


def test_emergency_stop_outlasts_the_lifecycle_and_is_reset_while_inactive(graph, bridge):
    policy(graph)
    graph.until(running)
    assert graph.call(Trigger, '/robot_bridge/e_stop', Trigger.Request()).success
    for transition in (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP,
                       Transition.TRANSITION_CONFIGURE):
        assert change(graph, transition).success
    assert not change(graph, Transition.TRANSITION_ACTIVATE).success
    graph.until(lambda s: s.state == BridgeStatus.E_STOPPED)
    assert graph.call(Trigger, '/robot_bridge/reset_e_stop', Trigger.Request()).success
    assert change(graph, Transition.TRANSITION_ACTIVATE).success
    graph.until(running)


def change(graph, transition):
    return graph.call(ChangeState, '/robot_bridge/change_state',
                      ChangeState.Request(transition=Transition(id=transition)))


@pytest.mark.parametrize(('driver', 'fault'), [
    ('CabledRobot', 'cable cut'), ('UsbRobot', 'OSError: USB device gone')])
def test_robot_that_failed_goes_on_by_itself_when_it_is_there_again(graph, driver, fault):
    cut = graph.folder / CUT
    graph.node_with('robot_bridge', 'mock.yaml', driver=f'drivers_for_tests:{driver}',
                    fault_retry_period=0.1)
    policy(graph)
    graph.until(running)
    session = graph.status.session_id
    cut.touch()
    status = graph.until(lambda s: s.state == BridgeStatus.FAULT, what='fault')
    assert fault in status.last_fault
    cut.unlink()
    assert graph.until(running, what='running again').session_id != session


def test_reset_of_an_emergency_stop_waits_for_a_person_where_the_start_does(graph):
    graph.node_with('robot_bridge', 'mock.yaml', confirm_start=True)
    policy(graph)
    graph.until(lambda s: s.state == BridgeStatus.HOLDING)
    assert graph.call(SetBool, '/robot_bridge/hold', SetBool.Request(data=False)).success
    graph.until(running)
    assert graph.call(Trigger, '/robot_bridge/e_stop', Trigger.Request()).success
    graph.until(lambda s: s.state == BridgeStatus.E_STOPPED)
    assert graph.call(Trigger, '/robot_bridge/reset_e_stop', Trigger.Request()).success
    graph.until(lambda s: s.state == BridgeStatus.HOLDING)
    assert graph.call(SetBool, '/robot_bridge/hold', SetBool.Request(data=False)).success
    graph.until(running)


def test_robot_that_failed_can_be_activated_again(graph):
    cut = graph.folder / CUT
    graph.node_with('robot_bridge', 'mock.yaml', driver='drivers_for_tests:UsbRobot',
                    fault_retry_period=0.0)
    policy(graph)
    graph.until(running)
    cut.touch()
    graph.until(lambda s: s.state == BridgeStatus.FAULT, what='fault')
    cut.unlink()
    assert change(graph, Transition.TRANSITION_DEACTIVATE).success
    assert change(graph, Transition.TRANSITION_ACTIVATE).success
    graph.until(running, what='running again')


def test_robot_is_moved_to_the_ready_pose_first(graph):
    graph.node_with('robot_bridge', 'mock.yaml', move_to_ready=True, ready_pose='[1.0]')
    policy(graph)
    status = graph.until(lambda s: s.state == BridgeStatus.APPROACHING, what='approaching')
    assert status.requests == 0
    graph.until(running)


@pytest.mark.parametrize(('parameters', 'line'), [
    ({'chunk_size_treshold': 0.5}, 'unknown parameter chunk_size_treshold (did you mean '
                                   'chunk_size_threshold?)'),
    ({'chunk_size_threshold': 1.5}, 'chunk_size_threshold must be within 0.0..1.0, got 1.5'),
    ({'aggregate_fn_name': 'mean'}, 'aggregate_fn_name must be one of weighted_average'),
    ({'driver': 'moc'}, "segue.drivers has no 'moc' (did you mean mock?)"),
    ({'lockstep': True}, 'lockstep needs a simulator'),
    ({'contract.actions': '[joint_1]', 'contract.action_units': '[rad]'}, 'driver mock takes'),
])
def test_unusable_parameter_is_one_clear_line_and_a_bad_exit_code(graph, parameters, line):
    process = graph.node_with('robot_bridge', 'mock.yaml', **parameters)
    assert process.exit_code() == 1
    assert line in process.output
    assert 'Traceback' not in process.output


def test_unusable_policy_is_one_clear_line_and_a_bad_exit_code(graph):
    process = policy(graph, 'exprt')
    assert process.exit_code() == 1
    assert "segue.policies has no 'exprt' (did you mean expert?)" in process.output
    assert 'Traceback' not in process.output


def test_second_bridge_of_the_same_name_is_refused_and_the_first_goes_on(graph, bridge):
    policy(graph)
    graph.until(running)
    twin = graph.node_with('robot_bridge', 'mock.yaml')
    assert twin.exit_code() == 1
    assert 'another /robot_bridge runs in ROS_DOMAIN_ID' in twin.output
    steps = graph.status.timestep
    graph.until(lambda s: s.timestep > steps + 30)


@pytest.mark.parametrize('name', ['robot_bridge', 'policy_node'])
@pytest.mark.parametrize('how', [signal.SIGINT, signal.SIGTERM])
def test_node_ends_cleanly_when_told_to(graph, name, how):
    process = graph.node_with(name, 'mock.yaml')
    process.says('at 30 Hz' if name == 'robot_bridge' else 'no policy is loaded')
    process.popen.send_signal(how)
    assert process.exit_code() == 0
    assert 'Traceback' not in process.output
