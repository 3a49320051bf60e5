"""Replay: the bridge's own loop, the same figures for the same seed, figures that are right."""

import numpy as np
import pytest

from robot_bridge.aggregation import AGGREGATES
from robot_bridge.tune.errors import TuneError
from robot_bridge.tune.measures import jerk_rms, measure
from robot_bridge.tune.replay import LIMIT, Setting, replay
from robot_bridge.tune.sources import RecordedPolicy, SyntheticPolicy

RATE = 30.0
STEP_NS = round(1e9 / RATE)


def policy(noise=0.05, seed=0):
    return SyntheticPolicy(joints=3, amplitude=0.5, bandwidth=0.5, noise=noise, rate=RATE,
                           steps=300, seed=seed)


def run(setting, delays, source=None, steps=300):
    return replay(setting, source or policy(), delays, step_ns=STEP_NS, steps=steps)


def figures(setting, delays, **kwargs):
    return measure(setting, [run(setting, delays, **kwargs)], rate=RATE, delay=max(delays))


@pytest.mark.parametrize('name', AGGREGATES)
def test_same_seed_gives_the_same_figures_and_another_seed_others(name):
    setting = Setting(20, 0.5, name)
    assert figures(setting, [3, 5, 4]) == figures(setting, [3, 5, 4])
    other = figures(setting, [3, 5, 4], source=policy(seed=1))
    assert other.jerk_rms != figures(setting, [3, 5, 4]).jerk_rms


@pytest.mark.parametrize('threshold', [0.0, 0.5, 1.0])
def test_without_delay_nothing_starves_and_no_row_is_late(threshold):
    trace = run(Setting(20, threshold, 'weighted_average'), [0])
    assert (len(trace.actions), trace.starved.sum(), trace.counters.late_rows) == (300, 0, 0)


def test_steps_before_the_first_chunk_are_not_starvation():
    trace = run(Setting(20, 0.5, 'average'), [7])
    assert (len(trace.actions), trace.starved.sum()) == (293, 0)


def test_starved_robot_is_held_and_the_observation_gets_no_younger():
    trace = run(Setting(10, 0.2, 'latest_only'), [5], steps=5 + 10 + 3)
    assert np.flatnonzero(trace.starved).tolist() == [10, 11, 12]
    assert (trace.actions[10:] == trace.actions[9]).all()
    assert trace.ages[9:].tolist() == [9] * 4


def test_ages_count_from_the_observation_of_the_newest_chunk():
    trace = run(Setting(4, 0.5, 'latest_only'), [2], steps=8)
    assert trace.ages.tolist() == [0, 1, 2, 3, 2, 3]


@pytest.mark.parametrize('name', AGGREGATES)
def test_policy_that_agrees_with_itself_has_no_seams(name):
    trace = run(Setting(20, 0.5, name), [4], source=policy(noise=0.0))
    assert len(trace.seam_jumps) == trace.counters.merges > 10
    assert trace.seam_jumps.max() < 1e-9
    assert trace.actions == pytest.approx(policy(noise=0.0).motion(np.arange(296)))


def test_seams_make_jerk_and_conditioning_on_the_prefix_takes_it_away():
    smooth = figures(Setting(50, 0.5, 'latest_only'), [4], source=policy(noise=0.0))
    seams = figures(Setting(50, 0.5, 'latest_only'), [4])
    conditioned = figures(Setting(50, 0.5, 'rtc'), [4])
    assert seams.jerk_rms > 10 * smooth.jerk_rms
    assert conditioned.jerk_rms < 0.5 * seams.jerk_rms


def test_figures_of_a_constant_delay_are_what_arithmetic_says():
    m = figures(Setting(20, 0.5, 'average'), [4], steps=304)
    assert m.requests_per_second == pytest.approx(RATE / 10, rel=0.02)
    assert m.late_rows == 4 * 29
    assert (m.feasible, m.tolerated_delay, m.starved_share) == (True, 10, 0.0)
    # Ages go 0..13 once, then 4..13 with each chunk.
    assert m.observation_age == pytest.approx(8.5 / RATE, rel=0.02)


def test_jerk_is_the_third_derivative():
    seconds = np.arange(100) / RATE
    rows = np.stack([seconds**3, 2 * seconds**3], axis=1)
    assert jerk_rms([rows], RATE) == pytest.approx(np.sqrt((36 + 144) / 2))
    assert jerk_rms([rows[:3]], RATE) == 0.0


def test_sessions_are_not_joined_into_one_motion():
    flat = np.zeros((10, 1))
    assert jerk_rms([flat, flat + 5.0], RATE) == 0.0


def test_chunk_that_never_comes_is_said():
    with pytest.raises(TuneError, match='no chunk came within 10 control steps'):
        run(Setting(20, 0.5, 'average'), [10], steps=10)


def test_chunk_that_the_bridge_refuses_is_said():
    source = RecordedPolicy(('a',), ('rad',), [0], [np.full((5, 1), 2 * LIMIT)])
    with pytest.raises(TuneError, match='refuses the chunks: a must be within'):
        run(Setting(5, 0.5, 'average'), [0], source=source)
