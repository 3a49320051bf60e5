"""Resampling: rows once, in time, on a continuous curve, at any ratio of the rates."""

import numpy as np
import pytest
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator
from shaping_helpers import Rows, given

from robot_bridge.aggregation import AGGREGATES
from robot_bridge.chunk_buffer import ChunkBuffer
from robot_bridge.shaping.errors import ShapingError
from robot_bridge.shaping.resample import INTERPOLATIONS, Resampler
from segue_core.chunk import Chunk

STEP_NS = 33_333_333
TICK_NS = 4_000_000
spacings = st.integers(1_000_000, 200_000_000)


class Endless:
    """Rows without end, counted."""

    row = np.zeros(1)

    def __init__(self):
        self.taken = 0

    def queued(self):
        return np.zeros((2, 1))

    def pop(self):
        self.taken += 1
        return self.row


def run(resampler, source, ticks):
    return [resampler.tick(source) for _ in range(ticks)]


def positions(samples):
    return np.array([s.position[0] for s in samples])


@pytest.mark.parametrize('interpolation', INTERPOLATIONS)
def test_equal_rates_pass_rows_untouched(interpolation):
    rows = np.random.default_rng(0).normal(size=(20, 3))
    source = Rows(rows)
    samples = run(Resampler(3, STEP_NS, STEP_NS, interpolation), source, 20)
    assert [s.position.tolist() for s in samples] == rows.tolist()
    assert [s.consumed for s in samples] == [1] * 20


@given(spacings, spacings, st.integers(1, 60), st.sampled_from(INTERPOLATIONS))
def test_rows_are_due_by_exact_time_at_any_ratio(step_ns, tick_ns, ticks, interpolation):
    source, resampler = Endless(), Resampler(1, step_ns, tick_ns, interpolation)
    consumed = 0
    for tick in range(ticks):
        consumed += resampler.tick(source).consumed
        assert consumed == source.taken == tick * tick_ns // step_ns + 1


def test_phase_does_not_drift_in_a_million_ticks():
    source, resampler = Endless(), Resampler(1, STEP_NS, TICK_NS, 'hold')
    for _ in range(1_000_000):
        resampler.tick(source)
    assert source.taken == 999_999 * TICK_NS // STEP_NS + 1


@given(spacings, spacings, st.integers(1, 20), st.sampled_from(INTERPOLATIONS))
def test_every_row_is_taken_once_and_in_order(step_ns, tick_ns, count, interpolation):
    source, resampler = Rows([[i] for i in range(count)]), Resampler(1, step_ns, tick_ns,
                                                                    interpolation)
    total = 0
    for _ in range(count * step_ns // tick_ns + 3):
        total += resampler.tick(source).consumed
    assert total == count
    assert [row[0] for row in source.taken] == list(range(count))


def test_hold_stays_at_a_row_for_its_step():
    samples = run(Resampler(1, 30, 10, 'hold'), Rows([[1], [2]]), 6)
    assert positions(samples).tolist() == [1, 1, 1, 2, 2, 2]
    assert all(s.velocity.tolist() == [0] for s in samples)


@given(st.lists(st.floats(-10, 10), min_size=3, max_size=12), spacings, spacings)
def test_linear_is_the_polyline_through_the_rows(values, step_ns, tick_ns):
    samples = run(Resampler(1, step_ns, tick_ns, 'linear'), Rows([[v] for v in values]),
                  (len(values) - 1) * step_ns // tick_ns + 1)
    times = np.arange(len(samples)) * tick_ns
    if step_ns != tick_ns:
        expected = np.interp(times, np.arange(len(values)) * step_ns, values)
        assert positions(samples) == pytest.approx(expected, abs=1e-9)


def test_cubic_is_the_monotone_cubic_through_the_rows():
    values = np.random.default_rng(0).normal(size=12)
    samples = run(Resampler(1, STEP_NS, TICK_NS, 'cubic'), Rows([[v] for v in values]), 90)
    times = np.arange(90) * TICK_NS / STEP_NS
    inside = (times >= 1) & (times <= 10)
    expected = PchipInterpolator(np.arange(12), values)(times)
    assert positions(samples)[inside] == pytest.approx(expected[inside])


def test_velocity_is_that_of_the_curve():
    source = Rows([[0], [3], [3]])
    samples = run(Resampler(1, 30_000_000, 10_000_000, 'linear'), source, 6)
    assert [s.velocity[0] for s in samples] == pytest.approx([100, 100, 100, 0, 0, 0])
    equal = run(Resampler(1, 30_000_000, 30_000_000), Rows([[0], [3], [3]]), 3)
    assert [s.velocity[0] for s in equal] == pytest.approx([100, 0, 0])


@pytest.mark.parametrize('interpolation', ['linear', 'cubic'])
def test_curve_starts_at_the_pose_given(interpolation):
    resampler = Resampler(1, 30, 10, interpolation)
    resampler.reset(np.array([9.0]))
    samples = run(resampler, Rows([[0], [3], [6]]), 4)
    assert positions(samples)[[0, 3]] == pytest.approx([9, 3])
    assert 3 < positions(samples)[2] < positions(samples)[1] < 9


def test_line_goes_on_from_where_it_was_when_the_next_row_is_replaced():
    source, resampler = Rows([[0], [9], [9]]), Resampler(1, 30, 10, 'linear')
    assert positions(run(resampler, source, 2)) == pytest.approx([0, 3])
    source.waiting[0][:] = -9
    assert positions(run(resampler, source, 3)) == pytest.approx([-3, -9, -3])


def test_cubic_keeps_its_velocity_when_rows_are_replaced():
    source, resampler = Rows([[0], [1], [2], [3], [4]]), Resampler(1, STEP_NS, 100_000, 'cubic')
    before = run(resampler, source, 480)[-1]
    source.waiting[0][:], source.waiting[1][:] = 1.2, 1.1
    after = resampler.tick(source)
    assert after.position[0] - before.position[0] == pytest.approx(before.velocity[0] * 1e-4,
                                                                   rel=0.05)
    assert after.velocity == pytest.approx(before.velocity, rel=0.05)


@given(st.data(), st.sampled_from(['linear', 'cubic']))
def test_curve_has_no_jump_whatever_is_merged(data, interpolation):
    """With ticks 300 times finer than rows a jump would stand out against every slope."""
    step_ns, tick_ns = 30_000_000, 100_000
    source, resampler = Rows([[0.0], [1.0], [0.5]]), Resampler(1, step_ns, tick_ns, interpolation)
    samples = []
    for _ in range(data.draw(st.integers(2, 6))):
        samples += run(resampler, source, data.draw(st.integers(1, 290)))
        merged = data.draw(st.lists(st.floats(-1, 1), min_size=2, max_size=4))
        source.waiting = [np.array([v]) for v in merged]
    samples += run(resampler, source, 50)
    moved = np.abs(np.diff(positions(samples)))
    speed = np.array([np.abs(s.velocity[0]) for s in samples])
    assert (moved <= np.maximum(speed[1:], speed[:-1]) * tick_ns * 1e-9 * 1.5 + 1e-9).all()


@pytest.mark.parametrize('interpolation', ['linear', 'cubic'])
def test_last_row_is_held_until_the_next_one_comes(interpolation):
    source, resampler = Rows([[0], [3]]), Resampler(1, 30, 10, interpolation)
    samples = run(resampler, source, 8)
    assert positions(samples)[3:].tolist() == [3] * 5
    assert [s.starved for s in samples] == [False] * 6 + [True] * 2
    assert [s.idle for s in samples] == [False] * 3 + [True] * 5
    source.waiting = [np.array([6.0]), np.array([9.0])]
    samples = run(resampler, source, 3)
    assert [(s.consumed, s.starved, s.idle) for s in samples] == [
        (1, False, False), (0, False, False), (0, False, False)]
    assert 9 > positions(samples)[2] > positions(samples)[1] > positions(samples)[0] == 6


def test_row_after_starvation_is_taken_at_once_and_for_a_whole_step():
    source, resampler = Rows([[1]]), Resampler(1, 30, 20, 'hold')
    assert [s.starved for s in run(resampler, source, 4)] == [False, False, True, True]
    source.waiting = [np.array([2.0]), np.array([3.0])]
    assert positions(run(resampler, source, 4)).tolist() == [2, 2, 3, 3]


def test_rows_that_vanish_leave_the_curve_where_it_is():
    source, resampler = Rows([[0], [9]]), Resampler(1, 30, 10, 'linear')
    run(resampler, source, 2)
    source.waiting = []
    assert positions(run(resampler, source, 2)) == pytest.approx([3, 3])


def test_policy_that_stays_is_not_idle():
    samples = run(Resampler(1, 30, 10, 'linear'), Rows([[5], [5], [5]]), 5)
    assert [s.idle for s in samples] == [False] * 5


def test_single_rows_that_come_just_in_time_are_followed():
    source, resampler = Rows([[0]]), Resampler(1, 30, 10, 'linear')
    reached = []
    for value in (3, 6, 9):
        samples = run(resampler, source, 3)
        reached.append(samples[-1].position[0])
        source.waiting = [np.array([float(value)])]
    assert reached == pytest.approx([0, 2.25, 5.0625])


def test_nothing_comes_out_before_the_first_row():
    resampler = Resampler(2, 30, 10)
    sample = resampler.tick(Rows())
    assert (sample.position, sample.consumed, sample.starved) == (None, 0, True)
    assert resampler.tick(Rows([[1, 2]])).position.tolist() == [1, 2]


def test_slower_ticks_skip_over_rows_but_take_them():
    source = Rows([[i] for i in range(10)])
    samples = run(Resampler(1, 10, 30, 'linear'), source, 3)
    assert positions(samples).tolist() == [0, 3, 6]
    assert [s.consumed for s in samples] == [1, 3, 3]


def test_chunk_buffer_is_a_source():
    buffer = ChunkBuffer(('a',), np.array([-9.0]), np.array([9.0]), AGGREGATES['latest_only'])
    buffer.merge(Chunk(session_id='s', request_id=0, stamp_ns=0, first_timestep=0, step_ns=30,
                       names=('a',), units=('rad',), actions=[[0.0], [3.0]]))
    assert positions(run(Resampler(1, 30, 10), buffer, 4)) == pytest.approx([0, 1, 2, 3])
    assert buffer.timestep == 2


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf])
def test_row_that_is_not_finite_is_refused(bad):
    with pytest.raises(ShapingError, match='a row must be finite'):
        Resampler(2, 30, 10).tick(Rows([[0.0, bad]]))


def test_large_finite_rows_are_accepted():
    assert Resampler(1, 30, 10, 'hold').tick(Rows([[1e200]])).position.tolist() == [1e200]


@pytest.mark.parametrize(('arguments', 'message'), [
    ((1, 0, 10), 'step and tick must be > 0 ns, got 0 and 10'),
    ((1, 30, -1), 'step and tick must be > 0 ns, got 30 and -1'),
    ((1, 30, 10, 'spline'), "interpolation must be one of hold, linear, cubic; got 'spline'")])
def test_arguments_outside_their_range_are_refused(arguments, message):
    with pytest.raises(ShapingError, match=message):
        Resampler(*arguments)
