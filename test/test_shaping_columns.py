"""Columns: by name, never by position; errors list the names."""

import numpy as np
import pytest

from robot_bridge.shaping.columns import ColumnMap, column_indices, per_column
from robot_bridge.shaping.errors import ShapingError

ARMS = tuple(f'{side}_{i}' for side in ('left', 'right') for i in range(7))
GRIPPERS = ('left_grip', 'right_grip')
BODY = ('head_0', 'head_1', 'torso_0', 'torso_1', 'torso_2', 'torso_3')
CHASSIS = ('chassis_x', 'chassis_y', 'chassis_yaw')
POLICY = (*ARMS, *GRIPPERS)
ROBOT = (*CHASSIS, *BODY[2:], *ARMS[:7], 'left_grip', *ARMS[7:], 'right_grip', *BODY[:2])


def test_policy_of_16_drives_robot_of_25_by_name():
    columns = ColumnMap(POLICY, ROBOT, dict.fromkeys((*BODY, *CHASSIS), None))
    measured = np.arange(100.0, 125.0)
    columns.start(measured)
    row = np.arange(16.0)
    full = dict(zip(ROBOT, columns.expand(row), strict=True))
    assert {name: full[name] for name in POLICY} == dict(zip(POLICY, row, strict=True))
    pose = dict(zip(ROBOT, measured, strict=True))
    assert all(full[name] == pose[name] for name in (*BODY, *CHASSIS))


def test_rows_are_expanded_to_22_and_25_alike():
    row = np.arange(16.0)
    for robot, missing in (((*ARMS, *GRIPPERS, *BODY), BODY),
                           ((*ARMS, *GRIPPERS, *BODY, *CHASSIS), (*BODY, *CHASSIS))):
        columns = ColumnMap(POLICY, robot, dict.fromkeys(missing, 0.25))
        columns.start(np.full(len(robot), np.nan))
        assert columns.expand(row).tolist() == [*row, *[0.25] * len(missing)]
        assert columns.expand_velocity(row).tolist() == [*row, *[0.0] * len(missing)]


def test_same_columns_in_the_same_order_pass_as_the_same_object():
    row = np.array([1.0, 2.0])
    assert ColumnMap(('a', 'b'), ('a', 'b'), {}).expand(row) is row


def test_held_pose_stays_when_the_robot_moves_on():
    columns = ColumnMap(('a',), ('a', 'b'), {'b': None})
    pose = np.array([0.0, 5.0])
    columns.start(pose)
    pose[1] = 6.0
    assert columns.expand(np.array([1.0])).tolist() == [1.0, 5.0]


def test_holding_what_is_not_measured_is_refused_by_name():
    columns = ColumnMap(('a',), ('a', 'b', 'c'), {'b': None, 'c': 1.0})
    with pytest.raises(ShapingError, match=r"\['b'\] shall be held where measured"):
        columns.start(np.array([0.0, np.nan, np.nan]))


@pytest.mark.parametrize(('source', 'target', 'held', 'message'), [
    (('a',), ('a', 'b'), {}, r"the robot needs \['b'\]"),
    (('a', 'x'), ('a',), {}, r"the policy gives \['x'\], which the robot does not have"),
    (('a',), ('a',), {'a': 1.0}, r"held_columns has \['a'\], which the policy gives"),
    (('a',), ('a',), {'q': 1.0}, r"held_columns has \['q'\], but the columns are \['a'\]"),
    (('a', 'a'), ('a',), {}, r"the policy has \['a'\] more than once"),
])
def test_columns_that_do_not_fit_are_refused_by_name(source, target, held, message):
    with pytest.raises(ShapingError, match=message):
        ColumnMap(source, target, held)


def test_indices_follow_the_names():
    assert column_indices(('c', 'a'), ('a', 'b', 'c'), 'x').tolist() == [2, 0]


@pytest.mark.parametrize(('wanted', 'message'), [
    (('a', 'q'), r"x has \['q'\], but the columns are \['a', 'b'\]"),
    (('a', 'a'), r"x has \['a'\] more than once"),
])
def test_unknown_and_repeated_names_are_refused(wanted, message):
    with pytest.raises(ShapingError, match=message):
        column_indices(wanted, ('a', 'b'), 'x')


@pytest.mark.parametrize(('values', 'spread'), [
    ((), [9, 9, 9]), ((1.0,), [1, 9, 1]), ((1.0, 2.0), [2, 9, 1])])
def test_values_are_spread_over_their_columns(values, spread):
    assert per_column(values, np.array([2, 0]), np.full(3, 9.0), 'x').tolist() == spread


@pytest.mark.parametrize(('values', 'message'), [
    ((1.0, 2.0, 3.0), 'one value or one for each of 2 columns, got 3'),
    (('fast',), 'x must be numbers'), ((float('nan'),), 'x must be numbers')])
def test_wrong_values_are_refused(values, message):
    with pytest.raises(ShapingError, match=message):
        per_column(values, np.array([2, 0]), np.zeros(3), 'x')
