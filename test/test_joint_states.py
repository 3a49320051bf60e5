"""Joint states: by name, from any messages, and never old or half a pose."""

import numpy as np
import pytest

from robot_bridge.driver import DriverError
from robot_bridge.drivers.ros2_control.joint_states import JointStates


@pytest.fixture
def states():
    return JointStates(('a', 'b'), timeout_ns=100, topic='/joint_states')


def test_joints_are_found_by_name_in_any_order_among_others(states):
    states.add(['b', 'x', 'a'], [2.0, 9.0, 1.0], [0.2, 0.9, 0.1], 0)
    positions, velocities = states.read(100)
    assert (positions.tolist(), velocities.tolist()) == ([1.0, 2.0], [0.1, 0.2])


def test_each_joint_may_come_from_another_broadcaster(states):
    states.add(['b'], [2.0], [], 0)
    states.add(['a'], [1.0], [0.1], 50)
    positions, velocities = states.read(100)
    assert (positions.tolist(), velocities.size) == ([1.0, 2.0], 0)


@pytest.mark.parametrize(('messages', 'now_ns', 'reason'), [
    ([], 0, 'no position of a, b came on /joint_states: start the joint_state_broadcaster'),
    ([(['b', 'c'], [1.0, 2.0])], 0, 'no position of a, but of c: correct ros2_control.joints'),
    ([(['a', 'b'], [1.0, 2.0]), (['a'], [1.0])], 101,
     'no news of b on /joint_states for 1e-07 s: are the controller manager'),
    ([(['a', 'b'], [np.nan, 2.0])], 0, 'no finite position of a: is the hardware active'),
    ([(['a', 'b'], [])], 0, 'no position of a, b came'),
    ([(['a', 'b'], [1.0])], 0, 'no position of a, b came'),
])
def test_pose_that_is_not_whole_is_an_error_that_names_joint_and_remedy(
        states, messages, now_ns, reason):
    for k, (names, positions) in enumerate(messages):
        states.add(names, positions, [], 50 * k)
    with pytest.raises(DriverError, match=reason):
        states.read(now_ns)
