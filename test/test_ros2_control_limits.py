"""Limits of the joints: from the parameters, else from the robot description."""

import pytest

from robot_bridge.drivers.ros2_control.limits import joint_units, make_spec, needs_description
from robot_bridge.drivers.ros2_control.parameters import Params
from robot_bridge.urdf import parse
from segue_core.parameters import ParameterError

MODEL = parse("""<robot name="arm"><link name="base"/><link name="l"/><link name="m"/>
  <joint name="lift" type="prismatic"><parent link="base"/><child link="l"/>
    <limit lower="0" upper="0.5" effort="1" velocity="1"/></joint>
  <joint name="wheel" type="continuous"><parent link="l"/><child link="m"/></joint></robot>""")


def test_limits_of_the_description_are_used_where_none_are_given():
    spec = make_spec(Params(joints=('lift',), units=('m',), upper=(0.4,)), MODEL)
    assert (spec.lower.tolist(), spec.upper.tolist(), spec.action_units) == ([0.0], [0.4], ('m',))


@pytest.mark.parametrize(('params', 'needed'), [
    ({}, True), ({'lower': (0.0,)}, True), ({'lower': (0.0,), 'upper': (1.0,)}, False),
    ({'lower': (0.0,), 'upper': (1.0,), 'tip_link': 'l'}, True)])
def test_description_is_asked_for_only_when_it_is_needed(params, needed):
    assert needs_description(Params(joints=('lift',), **params)) is needed


@pytest.mark.parametrize(('joints', 'given', 'reason'), [
    (('wheel',), {}, "no limits of joint 'wheel': set ros2_control.lower"),
    (('arm',), {}, "no joint 'arm'; it has: lift, wheel"),
    (('lift',), {'lower': (0.5,)}, 'joint lift must have lower < upper, got 0.5 and 0.5'),
    (('lift',), {'lower': (float('nan'),)}, 'ros2_control.lower must be 1 numbers'),
    (('lift',), {'lower': ('a',)}, 'ros2_control.lower must be 1 numbers'),
])
def test_unusable_limits_are_an_error_that_names_joint_and_remedy(joints, given, reason):
    with pytest.raises(ParameterError, match=reason):
        make_spec(Params(joints=joints, **given), MODEL)


@pytest.mark.parametrize(('params', 'reason'), [
    (Params(), 'ros2_control.joints is empty'),
    (Params(joints=('a', 'a')), 'ros2_control.joints must be unique'),
    (Params(joints=('a', 'b'), units=('rad', 'm', 'm')), 'one for each of 2 joints'),
    (Params(joints=('a',), units=('deg',)), 'must be rad or m'),
])
def test_unusable_joints_or_units_are_an_error(params, reason):
    with pytest.raises(ParameterError, match=reason):
        joint_units(params)
