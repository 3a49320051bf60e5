"""The whole way from rows to commands: how a motion begins."""

import numpy as np
import pytest
from shaper_helpers import LIMITS, ORIGIN, STEP_NS, commands, ramp, run, shaper
from shaping_helpers import Rows, spec

from robot_bridge.shaping.errors import ShapingError
from robot_bridge.shaping.parameters import ShapingParams


def test_nothing_is_commanded_before_the_first_row():
    ticks = run(shaper(), Rows(), 3, ORIGIN)
    assert [(t.command, t.consumed, t.starved) for t in ticks] == [(None, 0, True)] * 3


@pytest.mark.parametrize('params', [LIMITS, {'interpolation': 'cubic'}, {'low_pass_cutoff': 3.0},
                                    {'smooth': 4}])
def test_motion_begins_where_the_robot_is_when_the_first_row_comes(params):
    made = shaper(**params)
    moved = np.array([0.5, -0.5, 0.25])
    run(made, Rows(), 3, moved)
    first = made.tick(Rows(np.ones((5, 3))), moved).command
    assert np.abs(first - moved).max() < 0.25


def test_robot_outside_its_range_is_commanded_within_it():
    made = shaper(measured=np.array([10.2, 0.0, 0.0]), **LIMITS)
    first, *_ = commands(run(made, Rows([[10.0, 0, 0]] * 9), 9, np.array([10.2, 0.0, 0.0])))
    assert first[0] == pytest.approx(10.0)


def test_column_that_is_not_measured_begins_at_its_first_row():
    made = shaper(tick_ns=STEP_NS, measured=np.array([0.0, np.nan, 0.0]), **LIMITS)
    assert made.tick(Rows([[1, 1, 1]])).command.tolist() == pytest.approx([0, 1, 0], abs=.01)


@pytest.mark.parametrize('reading', [np.nan, np.inf, -np.inf, 1e9, -16.0])
@pytest.mark.parametrize('params', [
    {'velocity_limits': (0.5,)}, {'acceleration_limits': (2.0,)}, {'jerk_limits': (9.0,)},
    {'max_velocity': 0.1}, {'max_relative_target': (0.1,)}])
def test_joint_with_limits_that_is_not_measured_is_not_moved(reading, params):
    made = shaper(**params)
    with pytest.raises(ShapingError, match=r'joint lift is not measured: .* within -15..15, got'):
        made.reset(np.array([0.0, reading, 0.0]), np.ones(3, dtype=bool))


def test_joint_without_limits_that_is_not_measured_begins_at_its_first_row():
    made = shaper(tick_ns=STEP_NS, velocity_limits=(0.5,), limited_columns=('pan', 'grip'))
    made.reset(np.array([0.0, np.nan, 0.0]), np.ones(3, dtype=bool))
    assert made.tick(Rows([[0, 1, 0]])).command.tolist() == [0, 1, 0]


def test_column_that_is_no_joint_is_moved_with_limits_and_without_a_reading():
    made = shaper(tick_ns=STEP_NS, **LIMITS)
    made.reset(np.array([0.0, 0.0, np.nan]), np.array([True, True, False]))
    assert made.tick(Rows([[0, 0, 1]])).command.tolist() == [0, 0, 1]


def test_joint_that_is_given_limits_before_it_was_measured_is_not_moved():
    made = shaper()
    made.reset(np.array([0.0, np.nan, 0.0]), np.ones(3, dtype=bool))
    made.update(ShapingParams(velocity_limits=(0.5,)))
    assert made.tick(Rows(), np.full(3, np.nan)).command is None
    with pytest.raises(ShapingError, match='joint lift is not measured'):
        made.tick(Rows(np.ones((5, 3))), np.full(3, np.nan))


def test_joint_that_is_measured_in_time_begins_there():
    made = shaper(tick_ns=STEP_NS)
    made.reset(np.array([0.0, np.nan, 0.0]), np.ones(3, dtype=bool))
    made.update(ShapingParams(velocity_limits=(0.5,)))
    run(made, Rows(), 2, np.array([0.0, -0.9, 0.0]))
    first = made.tick(Rows([[0.0, 1.0, 0.0]]), np.full(3, np.nan)).command
    assert first == pytest.approx([0.0, -0.9 + 0.5 * STEP_NS * 1e-9, 0.0])


@pytest.mark.parametrize('glitch', [np.inf, 1e9])
def test_reading_that_can_not_be_true_is_not_where_the_motion_begins(glitch):
    made = shaper(tick_ns=STEP_NS, velocity_limits=(0.5,))
    first = made.tick(Rows([[0.0] * 3]), np.array([0.0, glitch, 0.0])).command
    assert first.tolist() == [0.0, 0.0, 0.0]


def test_robot_of_unlimited_range_is_measured_anywhere():
    made = shaper(tick_ns=STEP_NS, robot=spec(limit=np.inf), measured=np.full(3, 1e9), **LIMITS)
    assert made.tick(Rows([[1e9] * 3])).command.tolist() == [1e9] * 3


def test_reset_begins_anew():
    made = shaper(**LIMITS)
    run(made, ramp(50), 100)
    made.reset(np.array([5.0, 5.0, 5.0]))
    assert made.tick(Rows()).command is None
    assert commands(run(made, Rows([[5, 5, 5]] * 5), 9)) == pytest.approx(np.full((9, 3), 5.0))
