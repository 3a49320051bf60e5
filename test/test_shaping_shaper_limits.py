"""The whole way from rows to commands: no command is out of limits."""

import numpy as np
import pytest
from hypothesis import strategies as st
from shaper_helpers import LIMITS, ORIGIN, STEP_NS, TICK, TICK_NS, commands, ramp, run, shaper
from shaping_helpers import NAMES, Rows, differences, given, rounding

from robot_bridge.shaping.errors import ShapingError
from segue_core.parameters import ParameterError


# ---- limits ----
def test_jump_of_a_chunk_keeps_the_limits_and_names_them():
    made = shaper(**LIMITS)
    source = ramp(10)
    positions = [*commands(run(made, source, 20))]
    source.waiting = [np.full(3, -1.5) for _ in range(60)]
    active = set()
    for tick in (made.tick(source) for _ in range(120)):
        positions.append(tick.command)
        active |= set(made.active_limits)
    for order, limit in ((1, 2.0), (2, 10.0), (3, 300.0)):
        positions_ = np.array([ORIGIN, *positions])
        assert (differences(positions_, order, TICK_NS)
                <= limit * (1 + 1e-6) + rounding(positions_, order, TICK_NS)).all()
    assert positions[-1] == pytest.approx([-1.5] * 3)
    assert active == {f'{n} {k}' for n in NAMES for k in ('velocity', 'acceleration', 'jerk')}


def test_rows_that_can_be_followed_are_followed_without_lag():
    t = np.arange(200)[:, np.newaxis] * STEP_NS * 1e-9
    made = shaper(interpolation='cubic', velocity_limits=(2.0,), acceleration_limits=(20.0,),
                  jerk_limits=(2000.0,))
    positions = commands(run(made, Rows(np.sin(1.2 * t) * np.ones(3)), 600))
    expected = np.sin(1.2 * np.arange(600) * TICK)
    assert np.abs(positions[100:, 0] - expected[100:]).max() < 3e-3   # a tick of lag: 12e-3


def test_max_velocity_is_per_control_step():
    positions = commands(run(shaper(max_velocity=0.04, gripper_columns=('grip',)),
                             Rows(np.ones((20, 3))), 16))
    assert np.diff(positions[:, 0]).max() == pytest.approx(0.01)
    assert np.diff(positions[:, 2]).max() > 0.2


def test_command_stays_near_a_robot_that_is_stuck():
    made = shaper(max_relative_target=(0.3,), **LIMITS)
    positions = commands(run(made, Rows(np.ones((100, 3))), 200, ORIGIN))
    assert positions.max() <= 0.3 and positions[-1] == pytest.approx([0.3] * 3)


def test_limit_relative_to_what_is_not_measured_is_refused_by_name():
    with pytest.raises(ShapingError, match=r"max_relative_target of \['lift'\] needs their"):
        shaper(max_relative_target=(0.3,), measured=np.array([0.0, np.nan, 0.0]))
    shaper(max_relative_target=(0.3,), limited_columns=('pan', 'grip'),
           measured=np.array([0.0, np.nan, 0.0]))


def test_sensor_that_fails_for_a_moment_keeps_its_last_position():
    made = shaper(max_relative_target=(0.3,))
    run(made, Rows(np.ones((9, 3))), 5, ORIGIN)
    assert made.tick(Rows(np.ones((9, 3))), np.full(3, np.nan)).command.max() <= 0.3


@pytest.mark.parametrize('glitch', [1e9, -1e9, np.inf])
def test_reading_that_can_not_be_true_is_not_followed(glitch):
    made = shaper(max_relative_target=(0.3,))
    run(made, Rows(np.zeros((9, 3))), 5, ORIGIN)
    last = made.tick(Rows(np.zeros((9, 3))), np.array([0.0, glitch, 0.0])).command
    assert np.abs(last).max() <= 0.3


def test_robot_pushed_out_of_its_limits_is_not_followed_there():
    made = shaper(tick_ns=STEP_NS, upper_limits=(0.5,), max_relative_target=(0.05,))
    run(made, Rows([[0.2] * 3] * 5), 5, np.full(3, 0.2))
    assert made.tick(Rows([[0.2] * 3]), np.ones(3)).command.tolist() == [0.5] * 3


@pytest.mark.parametrize(('pose', 'message'), [
    ([0.6, np.nan, 0.0], r'ready_pose of pan must be within -10..0.5, got 0.6 \(lower_limits'),
    ([0.0, -0.6, np.nan], 'ready_pose of lift must be within -0.5..10, got -0.6')])
def test_pose_outside_of_the_limits_is_refused(pose, message):
    made = shaper(upper_limits=(0.5, 10.0, 10.0), lower_limits=(-10.0, -0.5, -10.0))
    made.refuse_outside(np.array([0.5, -0.5, np.nan]), 'ready_pose')
    with pytest.raises(ParameterError, match=message):
        made.refuse_outside(np.array(pose), 'ready_pose')


# ---- whatever happens ----
def choices(**options):
    return st.fixed_dictionaries({k: st.sampled_from(v) for k, v in options.items()})


some_params = choices(
    interpolation=['hold', 'linear', 'cubic'], starvation_behavior=['hold', 'decay', 'safe_pose'],
    safe_pose=[(-2.0,)], safe_pose_delay=[0.0, 0.05], safe_pose_time=[0.05, 1.0],
    recovery_time=[0.0, 0.3], smooth=[0, 3], low_pass_cutoff=[0.0, 1.0, 4.0],
    low_pass_order=[1, 4], gripper_columns=[(), ('grip',)], max_velocity=[0.0, 0.05],
    velocity_limits=[(2.0,), (0.5, 20.0, np.inf)],
    acceleration_limits=[(10.0,), (np.inf, 100.0, 3.0)],
    jerk_limits=[(300.0,), (1000.0, 1e4, np.inf)])
row = st.lists(st.floats(-15, 15), min_size=3, max_size=3)
merges = st.lists(st.tuples(st.integers(1, 40), st.lists(row, max_size=5)), min_size=1, max_size=5)
rates = st.sampled_from([4_000_000, 10_000_000, 33_333_333, STEP_NS, 100_000_000])


@given(some_params, merges, rates)
def test_no_command_is_ever_out_of_limits(params, merges, tick_ns):
    """Rows jump, run out, come back and are replaced, at any rate and with any stages."""
    made = shaper(tick_ns=tick_ns, **params)
    source, ticks = Rows(), []
    for count, rows in merges:
        source.waiting = [np.array(r) for r in rows]
        ticks += run(made, source, count)
    moving = [t.command for t in ticks if t.command is not None]
    assert sum(t.consumed for t in ticks) == len(source.taken)
    positions = np.array([ORIGIN, *moving])
    assert np.isfinite(positions).all() and np.abs(positions).max() <= 10.0
    for order, kind in enumerate(('velocity_limits', 'acceleration_limits', 'jerk_limits'), 1):
        limit = np.resize(params[kind], 3)
        slack = np.where(np.isinf(limit), 0.0, 1e-6 * limit)
        assert (differences(positions, order, tick_ns)
                <= limit + slack + rounding(positions, order, tick_ns) + 2e-9 * 2**order
                / (tick_ns * 1e-9)**order).all()
