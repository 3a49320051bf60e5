"""Robot descriptions: limits, poses and what is wrong with them."""

import numpy as np
import pytest

from robot_bridge.urdf import UrdfError, parse

ARM = """<robot name="arm">
  <link name="base"/><link name="upper"/><link name="slider"/><link name="left"/><link name="tip"/>
  <joint name="swing" type="revolute"><parent link="base"/><child link="upper"/>
    <origin xyz="0 0 1" rpy="0 0 1.5707963267948966"/><axis xyz="0 0 2"/>
    <limit lower="-1" upper="2" effort="1" velocity="1"/></joint>
  <joint name="slide" type="prismatic"><parent link="upper"/><child link="slider"/>
    <axis xyz="1 0 0"/><limit lower="0" upper="0.1" effort="1" velocity="1"/></joint>
  <joint name="follow" type="continuous"><parent link="upper"/><child link="left"/>
    <axis xyz="1 0 0"/><mimic joint="swing" multiplier="-2" offset="0.5"/></joint>
  <joint name="end" type="fixed"><parent link="slider"/><child link="tip"/>
    <origin xyz="0.5 0 0"/></joint>
</robot>"""


def test_limits_are_those_of_the_file_and_infinite_without():
    joints = parse(ARM).joints
    assert (joints['swing'].lower, joints['swing'].upper) == (-1.0, 2.0)
    assert (joints['slide'].lower, joints['slide'].upper) == (0.0, 0.1)
    assert (joints['follow'].lower, joints['follow'].upper) == (-np.inf, np.inf)


def test_path_of_a_link_goes_through_all_joints_above_it():
    model = parse(ARM)
    assert model.root == 'base'
    assert [joint.name for joint in model.chain('tip')] == ['swing', 'slide', 'end']
    way = model.path('tip', {'swing': np.array([0.0, np.pi / 2]), 'slide': np.array([0.1, 0.0])})
    assert way == pytest.approx(np.array([[0.0, 0.6, 1.0], [-0.5, 0.0, 1.0]]), abs=1e-9)


def test_joint_that_mimics_moves_with_the_other():
    model = parse(ARM)
    follow = model.joints['follow']
    assert model.pose_of(follow, {}) is None
    pose = model.pose_of(follow, {'swing': np.array([0.1])})[0]
    assert pose[2, 1] == pytest.approx(np.sin(0.3))


@pytest.mark.parametrize(('old', 'new', 'reason'), [
    ('<robot name="arm">', '<arm>', 'no XML'),
    ('type="prismatic"', 'type="planar"', "'slide' is of type 'planar'; known: revolute"),
    ('<child link="tip"/>', '<child link="tool"/>', "'end' names link 'tool', which does not"),
    ('<child link="tip"/>', '', "'end': <child link=\"...\"> is missing"),
    ('xyz="0 0 1" rpy', 'xyz="0 1" rpy', "'swing': origin xyz must be three numbers"),
    ('lower="-1"', 'lower="low"', "'swing': could not convert"),
    ('<link name="tip"/>', '<link name="tip"/><link name="x"/>', 'must make one tree'),
])
def test_unusable_description_is_an_error_that_names_the_element(old, new, reason):
    assert old in ARM
    with pytest.raises(UrdfError, match=reason):
        parse(ARM.replace(old, new))


def test_file_that_is_no_urdf_and_unknown_links_are_errors():
    with pytest.raises(UrdfError, match='must be a <robot>, got <mujoco>'):
        parse('<mujoco/>')
    with pytest.raises(UrdfError, match="no link 'hand'; links: base, upper"):
        parse(ARM).chain('hand')
