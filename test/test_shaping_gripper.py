"""Grippers: open or closed, with hysteresis."""

import numpy as np
import pytest

from robot_bridge.shaping.errors import ShapingError
from robot_bridge.shaping.gripper import GripperBinarizer, TwoPositions

HIGH_IS_OPEN = TwoPositions(0.6, 0.4, open_value=1.0, closed_value=0.0)
LOW_IS_OPEN = TwoPositions(30.0, 70.0, open_value=0.0, closed_value=100.0)


def written(positions, values):
    gripper = GripperBinarizer(np.array([1]), positions)
    return [gripper.apply(np.array([7.0, v]))[1] for v in values]


@pytest.mark.parametrize(('positions', 'values', 'expected'), [
    (HIGH_IS_OPEN, [.1, .5, .59, .6, .5, .41, .4, .5], [0, 0, 0, 1, 1, 1, 0, 0]),
    (LOW_IS_OPEN, [90, 50, 31, 30, 50, 69, 70, 50], [100, 100, 100, 0, 0, 0, 100, 100]),
])
def test_gripper_switches_at_its_thresholds_and_stays_in_between(positions, values, expected):
    assert written(positions, values) == expected


@pytest.mark.parametrize(('first', 'expected'), [(.49, 0.0), (.51, 1.0)])
def test_nearer_threshold_decides_at_the_start(first, expected):
    assert written(HIGH_IS_OPEN, [first]) == [expected]


def test_noise_within_the_gap_never_switches():
    noise = 0.5 + 0.09 * np.sin(np.arange(200.0) * 7.0)
    assert set(written(HIGH_IS_OPEN, [1.0, *noise])) == {1.0}


def test_other_columns_and_the_row_given_are_left_alone():
    row = np.array([7.0, 0.9])
    assert GripperBinarizer(np.array([1]), HIGH_IS_OPEN).apply(row).tolist() == [7.0, 1.0]
    assert row.tolist() == [7.0, 0.9]


def test_new_thresholds_go_on_from_the_old_state():
    old, new = (GripperBinarizer(np.array([0]), HIGH_IS_OPEN) for _ in range(2))
    old.apply(np.array([1.0]))
    new.take_over(old)
    assert new.apply(np.array([0.45])).tolist() == [1.0]


def test_reset_forgets():
    gripper = GripperBinarizer(np.array([0]), HIGH_IS_OPEN)
    gripper.apply(np.array([1.0]))
    gripper.reset()
    assert gripper.apply(np.array([0.45])).tolist() == [0.0]


@pytest.mark.parametrize(('values', 'message'), [
    ((.5, .5, 1, 0), 'must differ'), ((np.nan, .5, 1, 0), 'open_threshold must be finite'),
    ((.6, .4, np.inf, 0), 'open_value must be finite')])
def test_unusable_thresholds_are_refused(values, message):
    with pytest.raises(ShapingError, match=message):
        TwoPositions(*values)
