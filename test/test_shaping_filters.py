"""Filters: no start-up jump, what scipy does, excluded columns untouched."""

import numpy as np
import pytest
from scipy import signal

from robot_bridge.shaping.errors import ShapingError
from robot_bridge.shaping.filters import LowPass, MovingAverage

TICK_NS = 4_000_000
BOTH = np.array([True, True])
FIRST = np.array([True, False])


def run(made, targets):
    return np.array([made.apply(np.array(t, dtype=float)) for t in targets])


@pytest.mark.parametrize('order', [1, 2, 3, 4])
def test_low_pass_is_that_of_scipy(order):
    targets = np.random.default_rng(0).normal(size=(300, 2))
    sections = signal.butter(order, 5.0, fs=250.0, output='sos')
    expected = signal.sosfilt(sections, targets, axis=0)
    made = LowPass(5.0, order, TICK_NS, BOTH)
    made.reset(np.zeros(2))
    assert run(made, targets) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize('made', [
    *(LowPass(5.0, order, TICK_NS, BOTH) for order in (1, 2, 3, 4)),
    LowPass(0.1, 4, TICK_NS, BOTH), MovingAverage(7, BOTH)])
def test_filters_start_at_the_pose_without_a_jump(made):
    made.reset(np.array([1.5, -90.0]))
    assert run(made, [[1.5, -90.0]] * 500) == pytest.approx(np.array([[1.5, -90.0]] * 500))


@pytest.mark.parametrize('made', [LowPass(5.0, 2, TICK_NS, FIRST), MovingAverage(7, FIRST)])
def test_excluded_columns_pass_untouched(made):
    made.reset(np.zeros(2))
    smooth = run(made, [[1.0, 1.0], [2.0, -3.0]])
    assert smooth[:, 1].tolist() == [1.0, -3.0]
    assert 0 < smooth[0, 0] < 1


def test_moving_average_is_the_mean_of_the_newest():
    made = MovingAverage(3, BOTH)
    made.reset(np.zeros(2))
    assert run(made, [[3, 3], [6, 0], [9, 0], [0, 0]])[:, 0].tolist() == [1, 3, 6, 5]


def test_moving_average_does_not_drift_in_a_long_run():
    made = MovingAverage(3, BOTH)
    made.reset(np.zeros(2))
    run(made, np.random.default_rng(0).normal(scale=1e6, size=(20_000, 2)))
    assert run(made, [[0.1, 0.2]] * 3)[-1] == pytest.approx([0.1, 0.2], rel=1e-15)


def test_reset_forgets_the_past():
    made = LowPass(5.0, 2, TICK_NS, BOTH)
    made.reset(np.zeros(2))
    run(made, [[9, 9]] * 10)
    made.reset(np.ones(2))
    assert made.apply(np.ones(2)) == pytest.approx([1, 1])


@pytest.mark.parametrize(('make', 'message'), [
    (lambda: LowPass(0.0, 2, TICK_NS, BOTH), 'low_pass_cutoff must be > 0 and below half'),
    (lambda: LowPass(125.0, 2, TICK_NS, BOTH), 'half the tick rate, 125 Hz; got 125 Hz'),
    (lambda: LowPass(float('nan'), 2, TICK_NS, BOTH), 'low_pass_cutoff must be'),
    (lambda: LowPass(5.0, 5, TICK_NS, BOTH), r'low_pass_order must be within 1..4, got 5'),
    (lambda: MovingAverage(0, BOTH), 'smooth must be at least 1 sample, got 0')])
def test_settings_outside_their_range_are_refused(make, message):
    with pytest.raises(ShapingError, match=message):
        make()
