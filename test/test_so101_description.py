"""The description of the SO101: its joints, its limits, where the real arm's gripper is."""

from pathlib import Path

import numpy as np
import pytest

from robot_bridge.urdf import parse

MODEL = parse((Path(__file__).parents[1] / 'urdf' / 'so101.urdf').read_text())
LIMITS = {'shoulder_pan': (-1.91986, 1.91986), 'shoulder_lift': (-1.74533, 1.74533),
          'elbow_flex': (-1.69, 1.69), 'wrist_flex': (-1.65806, 1.65806),
          'wrist_roll': (-2.74385, 2.84121), 'gripper': (-0.17453, 1.74533)}


def test_joints_and_limits_are_those_of_the_arm():
    assert MODEL.root == 'world'
    assert {name: (joint.lower, joint.upper) for name, joint in MODEL.joints.items()
            if joint.kind != 'fixed'} == LIMITS


# Of the manufacturer's CAD model, computed with its own description.
@pytest.mark.parametrize(('pose', 'tip', 'jaw'), [
    ([0, 0, 0, 0, 0, 0], [0.39136, -0.00001, 0.22647], [0.31663, 0.01762, 0.25546]),
    ([0.5, 0, 0, 0, 0, 0], [0.3482, -0.16902, 0.22647], [0.29107, -0.11772, 0.25546]),
    ([0, 0.6, -0.4, 0.3, 0, 0], [0.4251, -0.00001, 0.08872], [0.37342, 0.01762, 0.14999]),
    ([-0.8, -0.5, 0.7, -0.9, 1.2, 0.5], [0.22393, 0.17985, 0.30738],
     [0.16281, 0.16486, 0.25471]),
    ([low for low, _ in LIMITS.values()], [0.08652, -0.13898, -0.06449],
     [0.12816, -0.17305, -0.00252]),
    ([high for _, high in LIMITS.values()], [0.01648, -0.0536, 0.25416],
     [0.00777, -0.05337, 0.17255]),
])
def test_gripper_is_where_that_of_the_real_arm_is(pose, tip, jaw):
    positions = {name: np.array([q]) for name, q in zip(LIMITS, pose, strict=True)}
    assert MODEL.path('gripper_tip', positions)[0] == pytest.approx(tip, abs=1e-4)
    assert MODEL.path('moving_jaw_link', positions)[0] == pytest.approx(jaw, abs=1e-4)


def test_gripper_opens_upwards_from_closed():
    def height(q):
        pose = np.eye(4)
        for joint in MODEL.chain('moving_jaw_link'):
            pose = pose @ MODEL.pose_of(joint, {n: np.array([q if n == 'gripper' else 0.0])
                                                for n in LIMITS})[0]
        return (pose @ [0.075, 0, 0, 1])[2]
    assert height(0.0) < height(0.5) < height(1.0)
