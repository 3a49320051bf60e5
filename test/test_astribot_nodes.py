"""The S1 as processes: the emulated robot is driven by a policy that sees its cameras."""

import io

import numpy as np
import pytest
from astribot_robot import C16
from drivers_for_tests import CUT
from graph import ROOT, wait_for
from PIL import Image
from rclpy.qos import qos_profile_sensor_data
from segue.msg import BridgeStatus
from sensor_msgs.msg import CompressedImage, JointState
from std_srvs.srv import SetBool

from robot_bridge.emulators.astribot.pictures import CAMERAS, SKY
from robot_bridge.emulators.astribot.robot import ALL

LAUNCHED = 'launch', 'segue', 'astribot.launch.py', 'emulate:=true'
SLOW = {'astribot.rate': 50.0, 'ready_time': 0.5}      # several processes share the machine


@pytest.fixture
def start(graph):
    def made(config='astribot.yaml', sdk='robot_bridge.emulators.astribot.sdk', **parameters):
        graph.node_with('astribot_emulator', config, rate=10.0)
        graph.node_with('policy_node', config)
        return graph.node_with('robot_bridge', config, **{
            'astribot.sdk': sdk, 'confirm_start': 'false', **SLOW, **parameters})
    return made


def running(status):
    return status.state == BridgeStatus.RUNNING and status.chunks >= 3


def received(graph, kind, topic):
    """The next message of a topic."""
    seen = []
    graph.node.create_subscription(kind, topic, seen.append, qos_profile_sensor_data)
    wait_for(lambda: graph.executor.spin_once(timeout_sec=0.05) or seen, 20, topic)
    return seen[-1]


@pytest.mark.parametrize('mode', ['positions', 'waypoints'])
def test_the_emulated_robot_is_driven_and_refuses_nothing(graph, start, mode):
    bridge = start(**{'astribot.mode': mode})
    status = graph.until(running)
    assert (status.driver, status.refused_chunks) == ('astribot', 0)
    joints = received(graph, JointState, 'joint_states')
    assert tuple(joints.name) == ALL.joints
    bridge.end()
    assert 'refused: none; 0 ignored' in bridge.output


@pytest.mark.parametrize(('config', 'task', 'arguments'), [
    ('astribot.yaml', 'Tidy up', ['task:=Tidy up']),
    ('groot_depalletize.yaml', 'Depalletize the box', ['mode:=waypoints'])])
def test_the_demo_moves_at_once_and_ends_cleanly(graph, config, task, arguments):
    launch = graph.start('ros2', *LAUNCHED, f'params_file:={ROOT}/config/{config}', *arguments)
    graph.until(running, seconds=60)
    launch.end()
    assert launch.exit_code() == 0
    assert f'begins: {task}' in launch.output
    assert 'refused: none' in launch.output


def test_nothing_moves_before_it_is_confirmed_nor_after_max_steps(graph, start):
    bridge = start(confirm_start='true', max_steps=60)
    bridge.says('nothing moves before ~/hold is called with false')
    graph.until(lambda s: s.state == BridgeStatus.HOLDING)
    assert 'confirmed' in graph.status.last_fault
    assert graph.status.requests == 0
    assert graph.call(SetBool, 'robot_bridge/hold', SetBool.Request(data=False)).success
    bridge.says('the session is over: max_steps: 60 control steps are done')
    graph.until(lambda s: s.state == BridgeStatus.IDLE)


def test_a_robot_that_is_switched_off_is_a_fault_and_is_driven_on_when_it_is_back(graph, start):
    start(sdk='astribot_sdk_for_tests', fault_retry_period=0.2)
    session = graph.until(running).session_id
    (graph.folder / CUT).touch()
    status = graph.until(lambda s: s.state == BridgeStatus.FAULT)
    assert 'the robot is gone' in status.last_fault
    (graph.folder / CUT).unlink()
    graph.until(lambda s: running(s) and s.session_id != session)


@pytest.mark.parametrize(('config', 'sky_is_up'), [('astribot.yaml', True),
                                                   ('groot_depalletize.yaml', False)])
def test_the_head_camera_is_mounted_as_the_file_says(graph, config, sky_is_up):
    graph.node_with('astribot_emulator', config)
    data = received(graph, CompressedImage, CAMERAS['head']).data
    picture = np.asarray(Image.open(io.BytesIO(bytes(data)))).astype(int)
    edge = picture[1 if sky_is_up else -2]
    assert np.abs(edge - SKY).max() < 30


def test_columns_that_the_robot_does_not_have_end_the_bridge_with_their_names(graph):
    columns = ', '.join(C16[1:])
    bridge = graph.node_with('robot_bridge', 'astribot.yaml', **{
        'contract.actions': f'[{columns}]', 'contract.action_units': str(['rad'] * 15)})
    assert bridge.exit_code() == 1
    assert "15 columns and lacks ['astribot_arm_left_joint_1']" in bridge.output
