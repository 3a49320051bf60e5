"""robot_model: latched description, TF of the measured and of the commanded robot."""

import pytest
from geometry_msgs.msg import TransformStamped
from graph import ROOT, wait_for
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage

from segue_core.ros_node import LATCHED_QOS

URDF = ROOT / 'urdf' / 'so101.urdf'
JOINTS = ['gripper', 'wrist_roll', 'wrist_flex', 'elbow_flex', 'shoulder_lift', 'shoulder_pan']


def seen(graph, kind, topic, qos):
    messages = []
    graph.node.create_subscription(kind, topic, messages.append, qos)
    return messages


def until(graph, condition, what):
    def look():
        graph.executor.spin_once(timeout_sec=0.05)
        return condition()
    return wait_for(look, 30, what)


def test_description_reaches_those_who_come_late(graph):
    graph.start('robot_model', '--ros-args', '-p', 'urdf:=package://segue/urdf/so101.urdf')
    wait_for(lambda: graph.node.count_publishers('robot_description'), 30, 'robot_model')
    texts = seen(graph, String, 'robot_description', LATCHED_QOS)
    until(graph, lambda: texts, 'the description')
    assert texts[0].data == URDF.read_text()


def test_links_hang_in_one_tree_and_follow_measured_and_commanded_joints(graph):
    moving = seen(graph, TFMessage, '/tf', QoSProfile(depth=100))
    fixed = seen(graph, TFMessage, '/tf_static', LATCHED_QOS)
    graph.start('robot_model', '--ros-args', '-p', f'urdf:={URDF}')
    topics = {topic: graph.node.create_publisher(JointState, topic, QoSProfile(depth=10))
              for topic in ('joint_states', 'commanded_joint_states')}

    def all_told():
        for pan, topic in ((0.5, 'joint_states'), (-0.5, 'commanded_joint_states')):
            topics[topic].publish(JointState(name=JOINTS, position=[0.0] * 5 + [pan]))
        return fixed and {'shoulder_link', 'commanded/shoulder_link'} <= latest().keys()

    def latest():
        return {t.child_frame_id: t for msg in [*fixed, *moving] for t in msg.transforms}

    until(graph, all_told, 'both robots')
    frames = latest()
    assert frames['shoulder_link'].transform.rotation.z == pytest.approx(-0.2474, abs=1e-4)
    assert frames['commanded/shoulder_link'].transform.rotation.z == pytest.approx(0.2474, abs=1e-4)
    for link in ('gripper_tip', 'moving_jaw_link'):
        assert root_of(frames, link) == root_of(frames, f'commanded/{link}') == 'world'
    assert all(isinstance(t, TransformStamped) and t.header.stamp.sec for t in frames.values())


def root_of(frames, link):
    while link in frames:
        link = frames[link].header.frame_id
    return link


@pytest.mark.parametrize(('urdf', 'line'), [
    ("''", "urdf '' cannot be read"), ('nowhere.urdf', "urdf 'nowhere.urdf' cannot be read"),
    (str(ROOT / 'package.xml'), 'must be a <robot>, got <package>')])
def test_unusable_description_is_one_clear_line(graph, urdf, line):
    process = graph.start('robot_model', '--ros-args', '-p', f'urdf:={urdf}')
    assert process.exit_code() == 1
    assert line in process.output
    assert 'Traceback' not in process.output
