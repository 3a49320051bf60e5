"""The SO101 as its user runs it: bridge, policy and emulated arm, each in its own process."""

import os
import signal
import subprocess

import pytest
from graph import BIN, wait_for
from segue.msg import BridgeStatus
from so101_arm import CALIBRATION, LOW, REPLY_TIMEOUT, EmulatedArm
from std_srvs.srv import Trigger

STEP_LIMIT = 100
"""The shipped velocity limit allows 3.3 percent a tick at 30 Hz: 68 steps of wrist_roll."""


@pytest.fixture
def arm(graph):
    made = EmulatedArm(graph, goal_step_limit=STEP_LIMIT)
    start(graph, made)
    return made


def start(graph, arm, policy='mock', **parameters):
    graph.bridge = graph.node_with('robot_bridge', 'so101_mock.yaml', **{
        'so101.port': arm.port, 'so101.id': CALIBRATION.stem,
        'so101.calibration_dir': CALIBRATION.parent,
        'so101.reply_timeout': REPLY_TIMEOUT, 'so101.rate': 30.0, 'fault_retry_period': 0.2,
        **parameters})
    graph.node_with('policy_node', 'so101_mock.yaml', policy=policy)


def moving(status):
    return status.state == BridgeStatus.RUNNING and status.chunks >= 3


def far_along(graph, steps=60):
    """Wait until so many more steps were executed."""
    now = graph.until(moving).timestep
    return graph.until(lambda s: moving(s) and s.timestep > now + steps, what='more steps')


def test_arm_moves_and_its_parts_are_on_diagnostics(graph, arm):
    far_along(graph)
    assert int(arm.record['goals']) > 300
    assert arm.part('robot_bridge: elbow_flex')[1] == 'ok'
    values = arm.part('robot_bridge: gripper', lambda level, text, v: 'temperature' in v)[2]
    assert (values['id'], values['voltage']) == ('6', '7.4 V')
    assert arm.record['violations'] == '0'


def test_motion_goes_on_while_packets_get_lost(graph, arm):
    graph.until(moving)
    arm.set(packet_loss=0.05, corruption=0.01)
    first = graph.status
    status = far_along(graph, 150)
    assert status.session_id == first.session_id, status.last_fault
    record = arm.record
    assert int(record['lost']) > 30
    assert record['violations'] == '0'
    lost = int(arm.part('robot_bridge: bus')[2]['lost_replies'])
    assert lost > 10


@pytest.mark.parametrize(('limits', 'broken'), [
    ({}, False),
    ({'shaping.velocity_limits': '[1.0e6]', 'shaping.max_relative_target': '[1000.0]'}, True)])
def test_goals_of_a_policy_that_jumps_change_as_fast_as_is_allowed(graph, limits, broken):
    arm = EmulatedArm(graph, goal_step_limit=STEP_LIMIT, packet_loss=0.02)
    start(graph, arm, 'policies_for_tests:Jumping', **limits)
    far_along(graph)
    assert (arm.record['violations'] != '0') == broken


@pytest.mark.parametrize(('trouble', 'mended', 'fault'), [
    ({'dead_servos': [3]}, {'dead_servos': []}, 'servo 3 (elbow_flex) does not answer any more'),
    ({'plugged': False}, {'plugged': True}, 'is the USB cable plugged in?'),
    ({'powered': False}, {'powered': True}, 'is the power supply of the arm on')])
def test_arm_that_failed_says_why_and_goes_on_by_itself(graph, arm, trouble, mended, fault):
    session = graph.until(moving).session_id
    arm.set(**trouble)
    status = graph.until(lambda s: s.state == BridgeStatus.FAULT, what='fault')
    assert fault in status.last_fault
    assert graph.bridge.output.count('stopped: ') == 1
    arm.set(**mended)
    assert graph.until(moving, what='moving again').session_id != session
    assert arm.record['violations'] == '0'


def test_emergency_stop_lets_go_of_the_arm_when_told_so(graph):
    arm = EmulatedArm(graph, goal_step_limit=STEP_LIMIT)
    start(graph, arm, **{'so101.on_stop': 'torque_off'})
    graph.until(moving)
    assert graph.call(Trigger, '/robot_bridge/e_stop', Trigger.Request()).success
    graph.until(lambda s: s.state == BridgeStatus.E_STOPPED)
    arm.move_by_hand(LOW)
    assert graph.call(Trigger, '/robot_bridge/reset_e_stop', Trigger.Request()).success
    far_along(graph)        # from where the hand had moved it, without a jump
    assert arm.record['violations'] == '0'


@pytest.mark.parametrize(('parameters', 'line'), [
    ({'so101.id': 'nobody'}, "so101.id 'nobody' has no calibration"),
    ({'so101.port': '/dev/ttyNONE'}, '/dev/ttyNONE cannot be opened'),
    ({'so101.units': 'degrees'}, "driver so101 takes 'deg'"),
    ({'so101.on_stop': 'fall'}, 'so101.on_stop must be one of hold, torque_off')])
def test_arm_that_cannot_be_used_is_one_clear_line_and_a_bad_exit_code(graph, parameters, line):
    arm = EmulatedArm(graph)
    start(graph, arm, **parameters)
    assert graph.bridge.exit_code() == 1
    assert line in graph.bridge.output
    assert 'Traceback' not in graph.bridge.output


@pytest.mark.parametrize(('parameters', 'line'), [
    ({'ids': '[1, 300]'}, 'parameter ids must be ids within 0..253, got [1, 300]'),
    ({'hand': '[1.0]'}, 'parameter hand must have one position for each of 6 ids'),
    ({'baud': 9600}, 'parameter baud must be one of'),
    ({'calibration': 'none.json'}, 'calibration none.json cannot be read'),
    ({'link': '/proc/port'}, 'parameter link /proc/port'),
    ({'packet_los': 0.1}, 'did you mean packet_loss?')])
def test_emulator_that_cannot_start_says_why_in_one_line(graph, parameters, line):
    process = graph.start('so101_emulator', '--ros-args', *(
        a for k, v in parameters.items() for a in ('-p', f'{k}:={v}')))
    assert process.exit_code() == 1
    assert line in process.output
    assert 'Traceback' not in process.output


def launched(folder, says, *arguments):
    """Output of the launch file, ended when it has said something."""
    log = folder / 'launch.log'
    with log.open('w') as out:
        launch = subprocess.Popen(
            [BIN / 'ros2', 'launch', 'segue', 'so101.launch.py', 'emulate:=true',
             f'port:={folder}/port', *arguments], stdout=out, stderr=subprocess.STDOUT, cwd=folder,
            start_new_session=True, env={**os.environ, 'ROS_LOG_DIR': str(folder / 'log'),
                                         'PYTHONUNBUFFERED': '1'})
    try:
        wait_for(lambda: says in log.read_text() or launch.poll() is not None, 60,
                 f'{says} in {log}')
        running = launch.poll() is None
    finally:
        os.killpg(launch.pid, signal.SIGINT)
        launch.wait(30)
    output = log.read_text()
    assert running and says in output, output
    return output


def test_launch_moves_the_emulated_arm_and_ends_without_a_word(tmp_path):
    output = launched(tmp_path, 'RUNNING')
    assert 'violations: none' in output, output
    assert 'ERROR' not in output and 'Traceback' not in output, output


def test_policy_that_ends_does_not_let_go_of_the_arm(tmp_path):
    output = launched(tmp_path, 'the robot holds. Start policy_node again', 'policy:=mok')
    assert 'did you mean mock?' in output, output
