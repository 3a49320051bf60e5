"""The arm model: it goes where the controller's goal is, and stays when nothing is commanded."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from policy_node.policies.expert.arm import STEP, Arm

REST = Arm(np.array([0.1, 0.2, 0.3]), Rotation.from_quat([1, 0, 0, 0]), np.zeros(3), np.zeros(3))


def action(*motion):
    return np.array([*motion, *[0.0] * (6 - len(motion)), -1.0])


def test_arm_at_rest_stays_without_a_command():
    after = REST.step(action(0, 0, 0))
    assert after.position == pytest.approx(REST.position)
    assert (after.rotation * REST.rotation.inv()).magnitude() == pytest.approx(0)


def test_each_axis_moves_alone_and_gathers_speed():
    first = REST.step(action(0, 1, 0))
    second = first.step(action(0, 1, 0))
    moved = first.position - REST.position
    assert moved[[0, 2]] == pytest.approx([0, 0])
    assert 0 < moved[1] < (second.position - first.position)[1] < 0.05


def test_full_command_settles_at_a_steady_speed():
    arm = REST
    speeds = []
    for _ in range(40):
        before, arm = arm, arm.step(action(1))
        speeds.append((arm.position - before.position)[0] / STEP)
    assert speeds[-1] == pytest.approx(speeds[-2])
    assert 0.25 < speeds[-1] < 0.28


def test_rotation_turns_about_the_axis_of_the_world():
    arm = REST
    for _ in range(10):
        arm = arm.step(action(0, 0, 0, 0, 0, 1))
    turned = (arm.rotation * REST.rotation.inv()).as_rotvec()
    assert turned[:2] == pytest.approx([0, 0], abs=1e-9)
    assert turned[2] > 0.2
    assert arm.position == pytest.approx(REST.position)
