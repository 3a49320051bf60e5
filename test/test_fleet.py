"""One policy_node and several robots over DDS: none is held up by what another does."""

import itertools
import signal

import pytest
from diagnostic_msgs.msg import DiagnosticArray
from graph import ROOT
from rclpy.qos import QoSProfile
from segue.msg import ActionChunk, BridgeStatus, ChunkRequest
from segue.srv import Infer
from sensor_msgs.msg import JointState
from std_msgs.msg import String

from segue_core.ros_node import LATCHED_QOS

JOINTS = ['joint_1', 'joint_2', 'joint_3']
RELIABLE = QoSProfile(depth=100)


def until(graph, condition, what):
    """Spin until a condition holds."""
    graph.status = 'of one robot is not watched'
    graph.until(lambda _: condition(), what=what)


class Fleet:
    """Bridges in namespaces of their own, and what they say."""

    def __init__(self, graph, *robots):
        self.graph, self.robots = graph, robots
        self.statuses, self.bridges, self.diagnostics = {}, {}, {}
        for robot in robots:
            graph.node.create_subscription(
                BridgeStatus, f'{robot}/bridge_status',
                lambda msg, robot=robot: self.statuses.__setitem__(robot, msg), RELIABLE)
            self.start(robot)
        graph.node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics,
                                       RELIABLE)

    def start(self, robot):
        self.bridges[robot] = self.graph.start(
            'robot_bridge', '--ros-args', '--params-file', str(ROOT / 'config' / 'mock.yaml'),
            '-r', f'__ns:=/{robot}')

    def _on_diagnostics(self, msg):
        for entry in msg.status:
            self.diagnostics[entry.name] = {v.key: v.value for v in entry.values}

    def until(self, condition, what, robots=None):
        """Spin until a condition holds for the status of every robot."""
        until(self.graph, lambda: all(
            robot in self.statuses and condition(self.statuses[robot])
            for robot in robots or self.robots), what)
        return [self.statuses[robot] for robot in robots or self.robots]

    def run(self):
        return self.until(lambda s: s.state == BridgeStatus.RUNNING and s.chunks >= 3,
                          'three chunks for every robot')

    def steps_without_starving(self, steps, robots):
        """Each robot does so many control steps more and has an action for every one."""
        before = {robot: self.statuses[robot] for robot in robots}
        for robot, old in before.items():
            new, = self.until(lambda s, old=old: s.timestep > old.timestep + steps,
                              f'{steps} steps of {robot}', [robot])
            assert (new.session_id, new.starved_ticks) == (old.session_id, old.starved_ticks)


class Hand:
    """A robot that the test plays itself."""

    def __init__(self, graph, robot):
        self.node, self.answers = graph.node, []
        self.joints = graph.node.create_publisher(JointState, f'{robot}/joint_states', RELIABLE)
        self.requests = graph.node.create_publisher(ChunkRequest, f'{robot}/chunk_request',
                                                    RELIABLE)
        self.task = graph.node.create_publisher(String, f'{robot}/task', LATCHED_QOS)
        graph.node.create_subscription(ActionChunk, f'{robot}/action_chunk', self.answers.append,
                                       RELIABLE)

    def ask(self, session):
        """Show the joints and ask for a chunk of this instant."""
        request = ChunkRequest(session_id=session, must_go=True, names=JOINTS, task='asked')
        request.header.stamp = self.show()
        request.deadline.sec = 60
        self.requests.publish(request)

    def show(self):
        """Publish the joints as they are now."""
        joints = JointState(name=JOINTS, position=[0.0, 0.0, 0.0])
        joints.header.stamp = self.node.get_clock().now().to_msg()
        self.joints.publish(joints)
        return joints.header.stamp


@pytest.fixture
def policy(graph):
    def start(*robots, **parameters):
        return graph.node_with('policy_node', 'mock.yaml', policy='policies_for_tests:Batching',
                               robots=f'[{", ".join(robots)}]', **parameters)
    return start


def test_killed_robot_changes_nothing_for_the_others_and_is_served_again_when_it_is_back(
        graph, policy):
    node = policy('one', 'two', 'three', 'absent')
    fleet = Fleet(graph, 'one', 'two', 'three')
    fleet.run()
    fleet.bridges['one'].popen.send_signal(signal.SIGKILL)
    fleet.steps_without_starving(120, ['two', 'three'])
    session = fleet.statuses['one'].session_id
    fleet.start('one')
    fleet.until(lambda s: s.session_id != session and s.chunks >= 3, 'served again', ['one'])
    fleet.steps_without_starving(30, ['two', 'three'])
    assert 'absent/joint_states' in node.output


def test_robot_that_floods_requests_does_not_starve_the_others(graph, policy):
    policy('one', 'two', 'flood', max_batch_size=1)     # so that each needs a turn of its own
    fleet, hand, sessions = Fleet(graph, 'one', 'two'), Hand(graph, 'flood'), itertools.count()
    until(graph, hand.requests.get_subscription_count, 'a listener')
    fleet.run()

    def flood():
        for _ in range(20):
            hand.ask(f'flood-{next(sessions)}')

    timer = graph.node.create_timer(0.02, flood)
    until(graph, lambda: len(hand.answers) > 5, 'answers to the flood')
    fleet.steps_without_starving(120, ['one', 'two'])
    graph.node.destroy_timer(timer)
    counts = fleet.diagnostics['policy_node: robot flood']
    assert int(counts['replaced']) > int(counts['chunks']) > 5
    whole = fleet.diagnostics['policy_node: policy']
    assert (whole['policy'], whole['robots_alive'], whole['mean_batch_size']) == ('sine', '3', '1')


def test_each_robot_has_its_own_task_and_one_shot_inference_names_its_robot(graph, policy):
    policy('one', 'two')
    hands = {robot: Hand(graph, robot) for robot in ('one', 'two')}
    for robot, hand in hands.items():
        until(graph, hand.requests.get_subscription_count, 'a listener')
        if robot == 'two':
            hand.task.publish(String(data='told'))
            graph.processes[0].says("two task: 'told'")
        hand.ask(robot)
        until(graph, lambda hand=hand: hand.answers, f'an answer to {robot}')
    assert [(h.answers[0].session_id, h.answers[0].subtask) for h in hands.values()] == [
        ('one', 'asked'), ('two', 'told')]
    call = graph.call(Infer, '/policy_node/infer', Infer.Request(robot='two'))
    assert (call.success, call.chunk.subtask) == (True, 'told')
    unknown = graph.call(Infer, '/policy_node/infer', Infer.Request(robot='three'))
    assert not unknown.success
    assert unknown.chunk.error == "robot must be one of one, two, got 'three'"
