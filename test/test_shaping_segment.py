"""The way from one row to the next: ends, velocities, no overshoot."""

import numpy as np
import pytest
from hypothesis import strategies as st
from shaping_helpers import given

from robot_bridge.shaping.segment import Segment, monotone_slope

STEP_NS = 33_333_333
STEP = STEP_NS * 1e-9
A, B = np.array([1.0, -2.0]), np.array([3.0, -2.5])
SLOPES = np.array([4.0, 0.0]), np.array([-1.0, 5.0])


def test_line_goes_from_start_to_goal_with_its_slope():
    line = Segment(A, B, STEP_NS)
    assert line.at(0)[0].tolist() == A.tolist()
    assert line.at(STEP_NS)[0] == pytest.approx(B)
    assert line.at(STEP_NS // 3)[1] == pytest.approx((B - A) / STEP)


def test_cubic_has_the_velocities_given_at_its_ends():
    cubic = Segment(A, B, STEP_NS, SLOPES)
    assert cubic.at(0)[0].tolist() == A.tolist()
    assert cubic.at(0)[1] == pytest.approx(SLOPES[0])
    assert cubic.at(STEP_NS)[0] == pytest.approx(B)
    assert cubic.at(STEP_NS)[1] == pytest.approx(SLOPES[1])


@pytest.mark.parametrize('velocities', [None, SLOPES])
def test_velocity_is_the_derivative_of_the_position(velocities):
    segment = Segment(A, B, STEP_NS, velocities)
    times = np.arange(0, STEP_NS, 10_000)
    positions = np.array([segment.at(int(t))[0] for t in times])
    reported = np.array([segment.at(int(t))[1] for t in times])
    assert reported[1:-1] == pytest.approx(np.gradient(positions, 1e-5, axis=0)[1:-1], abs=0.01)


def test_segment_to_its_start_rests_there_exactly():
    x = np.array([0.1, 1 / 3])
    assert Segment(x, x, STEP_NS).rests
    assert Segment(x, x, STEP_NS).at(STEP_NS // 7)[0].tolist() == x.tolist()
    assert not Segment(A, B, STEP_NS).rests


values = st.floats(-100, 100).map(lambda v: round(v, 6))


@given(st.tuples(values, values, values, values))
def test_cubic_with_monotone_slopes_never_leaves_its_rows(rows):
    a, b, c, d = (np.array([v]) for v in rows)
    cubic = Segment(b, c, STEP_NS, (monotone_slope(a, b, c, STEP_NS),
                                    monotone_slope(b, c, d, STEP_NS)))
    between = np.array([cubic.at(t)[0][0] for t in range(0, STEP_NS, STEP_NS // 20)])
    assert between.min() >= min(b[0], c[0]) - 1e-9
    assert between.max() <= max(b[0], c[0]) + 1e-9


def test_slope_is_the_harmonic_mean_and_zero_at_a_turning_point():
    before, at, after = np.array([0.0, 0.0, 1.0, 2.0]), np.array([1.0, 1.0, 1.0, 1.0]), np.array(
        [4.0, 0.0, 1.0, 0.5])
    assert monotone_slope(before, at, after, 10**9) == pytest.approx([1.5, 0.0, 0.0, -2 / 3])
