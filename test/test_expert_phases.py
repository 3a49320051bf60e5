"""Phases of a pick and place: their order, their actions, and what ends each."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from policy_node.policies.expert.arm import Arm
from policy_node.policies.expert.goal import Placement
from policy_node.policies.expert.phases import CARRYING, Moving, Phase, Progress, advance
from policy_node.policies.expert.plan import Plan

DOWN = Rotation.from_quat([1, 0, 0, 0])
TARGET = np.array([0.2, 0.1, 0.0])
PLAN = Plan(Placement('in', 'soup_1', 'basket_1'), thing_position=np.array([0.0, 0.0, 0.03]),
            grasp=np.array([0.0, 0.0, 0.04]), hand=DOWN, carry_height=0.2, release_height=0.1)


def moving(position, *, rotation=DOWN, thing=None):
    arm = Arm(np.array(position, dtype=float), rotation, np.zeros(3), np.zeros(3))
    return Moving(arm, PLAN.thing_position if thing is None else np.array(thing))


def progress(phase, steps=0):
    return Progress(PLAN, np.zeros(6), phase, steps)


def run(begin, steps=400):
    """Phases in the order they are entered, when the arm does what its model says."""
    now, here, seen = progress(Phase.APPROACH), begin, [Phase.APPROACH]
    for _ in range(steps):
        carried = now.phase in CARRYING
        action, now = advance(now, here, TARGET)
        here = here.step(action, carried)
        if now.phase is not seen[-1]:
            seen.append(now.phase)
    return seen, here


def test_phases_follow_one_another_and_bring_the_thing_over_the_target():
    seen, end = run(moving([-0.1, 0.05, 0.3]))
    assert seen == list(Phase)
    assert end.thing[:2] == pytest.approx(TARGET[:2], abs=0.02)


def test_thing_is_carried_by_the_point_it_was_grasped_at():
    here = moving([0.0, 0.0, 0.2], thing=[0.0, 0.03, 0.19])
    action, _ = advance(progress(Phase.TRANSFER), here, here.thing + [0.1, 0, 0])
    assert action[0] > 0
    assert action[1] == pytest.approx(0)


@pytest.mark.parametrize('phase', list(Phase))
def test_gripper_is_closed_from_the_grasp_to_the_release(phase):
    action, _ = advance(progress(phase), moving([0, 0, 0.3]), TARGET)
    assert action[6] == (1 if Phase.CLOSE <= phase <= Phase.LOWER else -1)


def test_descent_waits_above_until_it_is_straight_over_the_grasp():
    off, straight = moving([0.06, 0, 0.06]), moving([0.0, 0, 0.14])
    assert advance(progress(Phase.DESCEND), off, TARGET)[0][2] > 0
    assert advance(progress(Phase.DESCEND), straight, TARGET)[0][2] < 0


def test_approach_does_not_end_before_the_hand_is_turned():
    above = PLAN.grasp + [0, 0, 0.1]
    turned = Rotation.from_rotvec([0, 0, 0.3]) * DOWN
    assert advance(progress(Phase.APPROACH), moving(above, rotation=turned), TARGET)[1].phase \
        is Phase.APPROACH
    assert advance(progress(Phase.APPROACH), moving(above), TARGET)[1].phase is Phase.DESCEND


def test_phase_that_gets_nowhere_ends_after_its_time():
    now = progress(Phase.LIFT)
    for _ in range(100):
        _, now = advance(now, moving([0.5, 0, 0.04]), TARGET)
        if now.phase is not Phase.LIFT:
            break
    assert now.phase is Phase.TRANSFER


def test_done_stays_done_and_comes_to_rest():
    action, now = advance(progress(Phase.DONE), moving([0, 0, 0.3]), TARGET)
    assert now.phase is Phase.DONE
    assert action.tolist() == [0, 0, 0, 0, 0, 0, -1]
