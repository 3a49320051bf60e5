"""Driver ros2_control: the bridge moves a simulated controller over either interface."""

import signal
from threading import Thread

import numpy as np
import pytest
import rclpy
from graph import ROOT, wait_for
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile
from segue.msg import BridgeStatus
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray, String
from std_srvs.srv import SetBool, Trigger
from trajectory_msgs.msg import JointTrajectory
from visualization_msgs.msg import MarkerArray

from robot_bridge.drivers.ros2_control.driver import create
from robot_bridge.drivers.ros2_control.parameters import Params
from segue_core.ros_node import LATCHED_QOS

FILE = 'ros2_control.yaml'
JOINTS = ['joint_1', 'joint_2', 'joint_3']
TRAJECTORY = 'joint_trajectory_controller/joint_trajectory'
FORWARD = {'ros2_control.interface': 'forward_command',
           'ros2_control.controller': 'forward_position_controller'}
FAST_RETRY = {'fault_retry_period': 0.1, 'ros2_control.state_timeout': 0.3}


class Arm:
    """What the controller publishes and what it is told, seen by a node on a thread of its own."""

    def __init__(self):
        self.positions, self.commands, self.trajectories = [], [], []
        self.order = []
        self._node = rclpy.create_node('arm_watcher')
        for kind, topic, listen in (
                (JointState, 'joint_states', self._on_state),
                (JointTrajectory, TRAJECTORY, self._on_trajectory),
                (Float64MultiArray, 'forward_position_controller/commands', self._on_positions)):
            self._node.create_subscription(kind, topic, listen, QoSProfile(depth=1000))
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._thread = Thread(target=self._executor.spin)
        self._thread.start()

    def close(self):
        self._executor.shutdown()
        self._thread.join()
        self._node.destroy_node()

    def _on_state(self, msg):
        self.order = list(msg.name)
        self.positions.append([dict(zip(msg.name, msg.position, strict=True))[name]
                               for name in JOINTS])

    def _on_trajectory(self, msg):
        self.trajectories.append(msg)
        self.commands.append(list(msg.points[0].positions))

    def _on_positions(self, msg):
        self.commands.append(list(msg.data))


@pytest.fixture
def arm(graph):
    made = Arm()
    yield made
    made.close()


def start(graph, policy='policies_for_tests:Fan', at=(0.0, 0.0, 0.0), **bridge):
    controller = graph.node_with('simulated_controller', FILE, start=list(at))
    graph.node_with('policy_node', FILE, policy=policy)
    return controller, graph.node_with('robot_bridge', FILE, **bridge)


def running(status):
    return status.state == BridgeStatus.RUNNING and status.chunks >= 3


@pytest.mark.parametrize('interface', [{}, FORWARD], ids=['joint_trajectory', 'forward_command'])
def test_each_joint_goes_where_the_policy_sends_it_whatever_the_order_of_the_states(
        graph, arm, interface):
    start(graph, at=(0.5, -0.5, 0.9), **interface)
    graph.until(running)
    assert arm.commands[0] == pytest.approx([0.5, -0.5, 0.9], abs=0.05)
    graph.until(lambda s: arm.positions[-1] == pytest.approx([0.1, 0.2, 0.3], abs=0.005),
                what='the goal, as seen by the controller')
    assert arm.order == ['joint_3', 'joint_1', 'joint_2']


def test_each_message_is_one_point_one_period_ahead(graph, arm):
    start(graph, **{'ros2_control.rate': 100.0, 'ros2_control.periods_ahead': 3.0})
    graph.until(running)
    msg = arm.trajectories[-1]
    assert (list(msg.joint_names), len(msg.points)) == (['joint_1', 'joint_2', 'joint_3'], 1)
    assert (msg.points[0].time_from_start.nanosec, msg.header.stamp.nanosec) == (30_000_000, 0)


def test_the_bridge_does_not_publish_joint_states_that_are_another_nodes(graph, arm):
    start(graph)
    graph.until(running)
    assert graph.node.count_publishers('joint_states') == 1


@pytest.mark.parametrize('interface', [{}, FORWARD], ids=['joint_trajectory', 'forward_command'])
def test_the_controller_never_sees_a_command_outside_the_limits(graph, arm, interface):
    low, high = [-1.0, -1.0, -1.0], [0.1, 0.2, 0.3]     # the goal is on the limit
    start(graph, **interface, **{
        'ros2_control.lower': str(low), 'ros2_control.upper': str(high),
        'shaping.interpolation': 'cubic'})
    graph.until(lambda s: arm.positions[-1:] == [pytest.approx(high, abs=0.005)])
    assert len(arm.commands) > 10
    for command in arm.commands:
        assert all(lo <= c <= hi for lo, c, hi in zip(low, command, high, strict=True)), command


def test_silent_joint_states_are_a_fault_and_the_robot_goes_on_when_they_come_back(graph, arm):
    controller, _ = start(graph, **FAST_RETRY)
    graph.until(running)
    session = graph.status.session_id
    controller.popen.send_signal(signal.SIGSTOP)
    try:
        status = graph.until(lambda s: s.state == BridgeStatus.FAULT, what='fault')
        assert 'no news of joint_1, joint_2, joint_3 on /joint_states for 0.3 s' in (
            status.last_fault)
        quiet = len(arm.commands)
    finally:
        controller.popen.send_signal(signal.SIGCONT)
    assert graph.until(running, what='running again').session_id != session
    assert len(arm.commands) > quiet


def test_controller_that_went_away_is_a_fault_and_its_successor_is_used(graph):
    controller, _ = start(graph, **FAST_RETRY)
    graph.until(running)
    session = graph.status.session_id
    controller.end()
    status = graph.until(lambda s: s.state == BridgeStatus.FAULT, what='fault')
    assert 'no controller listens to /joint_trajectory_controller/joint_trajectory' in (
        status.last_fault)
    graph.node_with('simulated_controller', FILE)
    assert graph.until(running, what='running again').session_id != session


def test_states_without_a_listening_controller_are_a_fault(graph):
    start(graph, **{'ros2_control.controller': 'other', 'ros2_control.connect_timeout': 1.0})
    process = graph.processes[-1]
    assert process.exit_code() == 1
    assert 'no controller listens to /other/joint_trajectory' in process.output


@pytest.mark.parametrize('interface', [{}, FORWARD], ids=['joint_trajectory', 'forward_command'])
def test_hold_repeats_the_last_command(graph, arm, interface):
    start(graph, policy='policies_for_tests:Sine', **interface)
    graph.until(running)
    assert graph.call(SetBool, '/robot_bridge/hold', SetBool.Request(data=True)).success
    graph.until(lambda s: s.state == BridgeStatus.HOLDING)
    held, told = arm.commands[-1], len(arm.commands)
    graph.until(lambda s: len(arm.commands) > told + 10)
    assert all(command == held for command in arm.commands[told:])


def test_deactivation_commands_the_pose_that_was_measured(graph, arm):
    slow_arm(graph)
    graph.until(lambda s: arm.commands[-1:] == [pytest.approx([0.1, 0.2, 0.3])], what='commands')
    assert change(graph, Transition.TRANSITION_DEACTIVATE)
    wait_for(lambda: arm.commands[-1] != arm.commands[-2], 30, 'a last command')
    assert max(arm.commands[-1]) < 0.08
    wait_for(lambda: arm.positions[-1] == pytest.approx(arm.commands[-1], abs=1e-6), 30, 'rest')


@pytest.mark.parametrize('how', [signal.SIGINT, signal.SIGTERM])
def test_bridge_that_is_told_to_end_is_silent_and_the_arm_rests_at_its_last_command(
        graph, arm, how):
    _, bridge = start(graph)
    graph.until(running)
    bridge.popen.send_signal(how)
    assert bridge.exit_code() == 0
    assert 'Traceback' not in bridge.output
    wait_for(lambda: arm.positions[-1] == pytest.approx(arm.commands[-1], abs=1e-6), 30, 'rest')


def slow_arm(graph):
    """An arm that lags far behind its commands, so that these are not where it is."""
    graph.node_with('simulated_controller', FILE, max_velocity=0.01)
    graph.node_with('policy_node', FILE, policy='policies_for_tests:Fan')
    return graph.node_with('robot_bridge', FILE)


def change(graph, transition):
    return graph.call(ChangeState, '/robot_bridge/change_state',
                      ChangeState.Request(transition=Transition(id=transition))).success


def test_stop_commands_the_limit_where_the_arm_hangs_beyond_it(graph, arm):
    graph.node_with('simulated_controller', FILE, start='[0.1, 0.2, 0.301]')
    graph.node_with('robot_bridge', FILE, **{'ros2_control.upper': '[1.0, 1.0, 0.3]'})
    graph.until(lambda s: s.state == BridgeStatus.READY, what='ready')
    assert graph.call(Trigger, '/robot_bridge/e_stop', Trigger.Request()).success
    wait_for(lambda: arm.commands, 30, 'the stop')
    assert arm.commands == [[0.1, 0.2, 0.3]]


def test_robot_that_is_let_go_of_while_it_moves_is_stopped(graph, arm):
    graph.node_with('simulated_controller', FILE, max_velocity=0.1)
    driver = create(Params(joints=JOINTS, lower=[-2.0] * 3, upper=[2.0] * 3,
                           connect_timeout=30.0))
    driver.attach(graph.node)
    try:
        driver.connect()
        driver.write(np.ones(3))
        driver.disconnect()
        wait_for(lambda: len(arm.commands) == 2, 30, 'both commands')
    finally:
        driver.detach()
    assert arm.commands[0] == [1.0, 1.0, 1.0]
    assert max(arm.commands[1]) < 0.1


def test_nothing_of_the_robot_is_left_on_the_graph_after_cleanup(graph):
    start(graph)
    graph.until(running)
    assert change(graph, Transition.TRANSITION_DEACTIVATE)
    assert change(graph, Transition.TRANSITION_CLEANUP)
    wait_for(lambda: not graph.node.count_publishers(TRAJECTORY), 30, 'no publisher of commands')
    assert change(graph, Transition.TRANSITION_CONFIGURE)
    assert change(graph, Transition.TRANSITION_ACTIVATE)
    graph.until(running)
    assert graph.node.count_publishers(TRAJECTORY) == 1


LINKS = ('base', 'one', 'two', 'tip')
URDF = '<robot name="arm">{}{}</robot>'.format(
    ''.join(f'<link name="{link}"/>' for link in LINKS), ''.join(
        f'<joint name="{name}" type="revolute"><parent link="{LINKS[k]}"/>'
        f'<child link="{LINKS[k + 1]}"/><origin xyz="1 0 0"/><axis xyz="0 0 1"/>'
        f'<limit lower="-{k + 1}" upper="{k + 1}" effort="1" velocity="1"/></joint>'
        for k, name in enumerate(JOINTS)))


def test_limits_come_from_the_robot_description_topic(graph):
    topic = graph.node.create_publisher(String, 'robot_description', LATCHED_QOS)
    topic.publish(String(data=URDF))
    parameters = graph.folder / 'no_limits.yaml'
    parameters.write_text('\n'.join(
        line for line in (ROOT / 'config' / FILE).read_text().splitlines()
        if 'lower:' not in line and 'upper:' not in line))
    graph.node_with('simulated_controller', FILE)
    approach = {'move_to_ready': True, 'ready_time': 0.1}
    refused = graph.node_with('robot_bridge', parameters, ready_pose='[0.9, 2.1, 2.9]', **approach)
    assert refused.exit_code() == 1
    assert 'ready_pose' in refused.output and 'joint_2' in refused.output
    graph.node_with('robot_bridge', parameters, ready_pose='[0.9, 1.9, 2.9]', **approach)
    graph.until(lambda s: s.state == BridgeStatus.APPROACHING, what='on the way')


def test_way_of_the_tip_link_is_shown(graph):
    ways = []
    graph.node.create_subscription(
        MarkerArray, 'planned_path', lambda msg: ways.append(msg.markers[0].points),
        QoSProfile(depth=10))
    (graph.folder / 'arm.urdf').write_text(URDF)
    start(graph, **{'ros2_control.urdf': 'arm.urdf', 'ros2_control.tip_link': 'tip'})
    graph.until(lambda s: ways, what='a planned path')
    end = ways[0][-1]
    assert (end.x, end.y) == pytest.approx((1 + np.cos(0.1) + np.cos(0.3),
                                            np.sin(0.1) + np.sin(0.3)), abs=1e-6)


@pytest.mark.parametrize(('parameters', 'line'), [
    ({'ros2_control.joints': '[joint_1, joint_1]'}, 'ros2_control.joints must be unique'),
    ({'ros2_control.joints': '[a, b, c]', 'ros2_control.connect_timeout': 0.5},
     "contract.actions is ['joint_1', 'joint_2', 'joint_3'], driver ros2_control takes"),
    ({'ros2_control.units': '[deg]'}, 'ros2_control.units must be rad or m'),
    ({'ros2_control.upper': '[3.0]'}, 'ros2_control.upper must be 3 numbers'),
    ({'ros2_control.upper': '[3.0, -4.0, 3.0]'}, 'joint joint_2 must have lower < upper'),
    ({'ros2_control.interface': 'effort'}, 'ros2_control.interface must be one of '
                                           'joint_trajectory, forward_command'),
    ({'ros2_control.urdf': '/no/such.urdf', 'ros2_control.tip_link': 'tip'},
     "ros2_control.urdf '/no/such.urdf' cannot be read"),
    ({'ros2_control.connect_timeout': 0.5}, 'no position of joint_1, joint_2, joint_3 came on '
                                            '/joint_states'),
])
def test_what_cannot_work_is_one_clear_line_and_a_bad_exit_code(graph, parameters, line):
    process = graph.node_with('robot_bridge', FILE, **parameters)
    assert process.exit_code() == 1
    assert line in process.output
    assert 'Traceback' not in process.output


def test_launch_file_moves_a_simulated_arm_and_shows_a_description(graph, arm):
    launch = graph.start('ros2', 'launch', 'segue', 'ros2_control.launch.py', 'simulate:=true',
                         'policy:=policies_for_tests:Fan',
                         'urdf:=package://segue/urdf/so101.urdf')
    graph.until(lambda s: arm.positions[-1:] == [pytest.approx([0.1, 0.2, 0.3], abs=0.005)])
    assert graph.node.count_publishers('robot_description') == 1
    launch.popen.send_signal(signal.SIGINT)
    assert launch.exit_code() == 0
