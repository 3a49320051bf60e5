"""Grasps from above: where the fingers go for boxes, bowls, and beside neighbours."""

import numpy as np
import pytest
from expert_world import box, ring

from policy_node.policies.expert.grasp import COMFORTABLE_REACH, MAX_WIDTH, plan_grasp

ALONG_Y = np.array([0.0, 1.0])
BASE = np.array([-0.5, 0.0])
NOTHING = np.empty((0, 3))


@pytest.mark.parametrize('degrees', [0, 30, -50])
def test_fingers_close_across_the_thin_side_of_a_turned_box(degrees):
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    points = box(0.06, 0.02, 0.03) @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]) + [0.1, 0.2, 0.03]
    grasp = plan_grasp(points, NOTHING, ALONG_Y, BASE)
    assert abs(grasp.finger_axis @ [-s, c]) > np.cos(np.radians(6))
    assert grasp.position[:2] == pytest.approx([0.1, 0.2], abs=0.005)


def test_fingertips_are_between_top_and_floor():
    low = plan_grasp(box(0.03, 0.02, 0.01), NOTHING, ALONG_Y, BASE)
    tall = plan_grasp(box(0.03, 0.02, 0.1), NOTHING, ALONG_Y, BASE)
    assert -0.01 < low.position[2] < 0.01
    assert 0.05 < tall.position[2] < 0.1


def test_what_is_wider_than_the_hand_is_grasped_by_its_rim():
    radius = 0.06
    grasp = plan_grasp(ring(radius), NOTHING, ALONG_Y, BASE)
    assert 2 * radius > MAX_WIDTH
    assert np.linalg.norm(grasp.position[:2]) == pytest.approx(radius - 0.008, abs=0.003)
    outward = grasp.position[:2] / np.linalg.norm(grasp.position[:2])
    assert abs(grasp.finger_axis @ outward) > 0.99


def test_rim_is_grasped_on_the_side_without_a_neighbour():
    for side in (1, -1):
        neighbour = box(0.02, 0.02, 0.06) + [0, side * 0.09, 0]
        assert plan_grasp(ring(0.06), neighbour, ALONG_Y, BASE).position[1] * side < 0


def test_rim_is_grasped_on_the_near_side_of_what_is_far_away():
    far = [COMFORTABLE_REACH + 0.05, 0, 0]
    grasp = plan_grasp(ring(0.06) + far, NOTHING, ALONG_Y, np.zeros(2))
    assert grasp.position[0] < far[0] - 0.03
