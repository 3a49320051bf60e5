"""The policy without a model moves slowly, from where the robot is, and away from its limits."""

import numpy as np
import pytest

from policy_node.policies.mock import MockPolicy, Params
from policy_node.policy import Observation, PolicyConfig, PolicyError

UNITS = ('percent', 'percent', 'deg', 'rad')
POSE = np.array([0.0, 100.0, 10.0, 1.7])


def policy(**params):
    return MockPolicy(PolicyConfig('mock', 50, 50_000_000, ('a', 'b', 'c', 'd'), UNITS,
                                   params=Params(**params)))


def observed(pose=POSE, timestep=0, session='s'):
    return Observation(stamp_ns=0, timestep=timestep, prompt='', features={'state': pose},
                       session_id=session)


def infer(of, **observation):
    return of.infer(observed(**observation), np.empty((0, 4)), 0.0).actions


def test_motion_begins_at_rest_where_the_robot_is_and_ends_there():
    rows = infer(policy(period=2.0), timestep=7)
    assert rows[0] == pytest.approx(POSE)
    assert rows[40] == pytest.approx(POSE)
    assert np.abs(rows[1] - rows[0]).max() < 0.1


def test_joints_swing_towards_the_middle_of_their_range():
    rows = infer(policy(period=2.0))
    assert rows[20] - POSE == pytest.approx([8.0, -8.0, 8.0, -0.15])


@pytest.mark.parametrize('begin', np.arange(0.0, 0.46, 0.05))
def test_joint_that_may_go_to_half_a_radian_is_not_sent_further_from_anywhere(begin):
    assert infer(policy(), pose=np.full(4, begin)).T[3].max() <= 0.46


def test_later_chunks_go_on_where_the_first_pose_of_the_session_was():
    made = policy()
    first = infer(made)
    assert infer(made, pose=POSE + 1, timestep=20)[:30] == pytest.approx(first[20:])
    made.reset('s')
    assert infer(made, pose=POSE + 1, timestep=20)[0] == pytest.approx(POSE + 1)


def test_units_without_a_known_size_are_refused():
    with pytest.raises(PolicyError, match='normalized'):
        MockPolicy(PolicyConfig('mock', 5, 1, ('a',), ('normalized',)))


@pytest.mark.parametrize('pose', [POSE[:3], POSE * np.nan])
def test_state_that_does_not_fit_the_columns_is_refused(pose):
    with pytest.raises(PolicyError, match='one finite value of state for each of 4 actions'):
        infer(policy(), pose=pose)
