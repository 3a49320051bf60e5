"""The whole way from rows to commands: pass-through, starvation, columns, changes."""

import numpy as np
import pytest
from shaper_helpers import LIMITS, ORIGIN, STEP_NS, TICK_NS, commands, ramp, run, shaper
from shaping_helpers import Rows, differences, rounding, spec

from robot_bridge.shaping.errors import ShapingError
from robot_bridge.shaping.parameters import ShapingParams
from segue_core.parameters import ParameterError


# ---- nothing asked: nothing changed ----
@pytest.mark.parametrize('measured', [None, ORIGIN, np.array([0.0, np.nan, 0.0])])
def test_defaults_at_equal_rates_pass_rows_exactly(measured):
    rows = np.random.default_rng(0).uniform(-10, 10, (50, 3))
    ticks = run(shaper(tick_ns=STEP_NS, measured=measured), Rows(rows), 50)
    assert commands(ticks).tolist() == rows.tolist()
    assert all((t.consumed, t.starved) == (1, False) for t in ticks)


def test_increments_are_never_repeated_while_starved():
    made = shaper(tick_ns=STEP_NS, measured=None)
    ticks = run(made, Rows([[1, 1, 1]]), 3)
    assert [t.command is None for t in ticks] == [False, True, True]
    assert [t.starved for t in ticks] == [False, True, True]
    assert made.tick(Rows([[2, 2, 2]])).command.tolist() == [2, 2, 2]


# ---- starvation ----
def test_hold_stays_at_the_last_row():
    ticks = run(shaper(), ramp(3), 20)
    assert commands(ticks)[8:].tolist() == [[0.04] * 3] * 12
    assert [t.starved for t in ticks] == [False] * 12 + [True] * 8


@pytest.mark.parametrize('tick_ns', [TICK_NS, STEP_NS])
def test_decay_goes_on_and_stops_but_for_the_gripper(tick_ns):
    made = shaper(tick_ns=tick_ns, starvation_behavior='decay', decay_time=0.1,
                  gripper_columns=('grip',))
    positions = commands(run(made, ramp(6), 200))
    speed = np.diff(positions[:, 0]) / (tick_ns * 1e-9)
    assert speed.max() == pytest.approx(0.5) and speed[-1] == pytest.approx(0.0, abs=1e-3)
    assert (np.diff(speed) <= 1e-9)[1:].all()      # never slower and then faster again
    assert positions[-1, 0] == pytest.approx(0.1 + 0.5 * 0.1, abs=0.02)
    assert (positions[-50:, 2] == positions[-1, 2]).all() and positions[-1, 2] <= 0.1 + 1e-9


def test_jump_before_starvation_is_not_taken_for_speed():
    source = Rows([[0.0] * 3, [0.02] * 3, [0.04] * 3, [3.0] * 3])
    positions = commands(run(shaper(tick_ns=STEP_NS, starvation_behavior='decay'), source, 200))
    assert positions[-1, 0] < 3.0 + 0.5 * 0.2 + 1e-9


def test_safe_pose_is_reached_by_the_columns_named():
    made = shaper(starvation_behavior='safe_pose', safe_pose_columns=('lift',), safe_pose=(-1.0,),
                  safe_pose_delay=0.1, safe_pose_time=0.5)
    positions = commands(run(made, ramp(6), 100))
    assert positions[-1] == pytest.approx([0.1, -1.0, 0.1], abs=0.01)


@pytest.mark.parametrize('tick_ns', [TICK_NS, STEP_NS])
@pytest.mark.parametrize('params', [
    {}, {'starvation_behavior': 'decay'},
    {'starvation_behavior': 'safe_pose', 'safe_pose': (-1.0,), 'safe_pose_delay': 0.0}])
def test_recovery_from_starvation_blends_in_and_arrives_at_the_rows(tick_ns, params):
    made = shaper(tick_ns=tick_ns, recovery_time=0.4, **params)
    before = commands(run(made, ramp(6), 100))[-1]
    source = Rows(np.full((100, 3), 1.0))
    after = commands(run(made, source, 100))
    steps = np.abs(np.diff([before, *after], axis=0)) / (tick_ns * 1e-9)
    assert steps.max() < 2.0 * np.abs(1.0 - before).max() / 0.4
    assert after[-1].tolist() == [1.0] * 3


def test_gripper_is_not_blended():
    made = shaper(tick_ns=STEP_NS, gripper_columns=('grip',))
    run(made, ramp(3), 10)
    assert made.tick(Rows([[1.0] * 3])).command[2] == 1.0


def test_recovery_time_of_zero_takes_the_row_at_once():
    made = shaper(tick_ns=STEP_NS, recovery_time=0.0)
    run(made, ramp(3), 10)
    assert made.tick(Rows([[1.0] * 3])).command.tolist() == [1.0] * 3


# ---- columns and gripper ----
def test_columns_are_reordered_and_held_within_the_limits():
    robot = spec(('torso', 'grip', 'pan'))
    made = shaper(robot=robot, names=('pan', 'grip'), held_columns=('torso',),
                  held_values=(1.0,), measured=np.array([0.0, 0.2, 0.1]), **LIMITS)
    positions = commands(run(made, Rows([[0.1, 0.2]] * 100), 200))
    assert positions[0, 0] < 0.02 and positions[-1] == pytest.approx([1.0, 0.2, 0.1])


def test_column_is_held_where_it_was_measured_at_the_start():
    made = shaper(robot=spec(('torso', 'pan')), names=('pan',), held_columns=('torso',),
                  measured=np.array([0.7, 0.0]))
    run(made, Rows(), 2, np.array([0.8, 0.0]))
    assert made.tick(Rows([[0.0]]), np.array([0.9, 0.0])).command[0] == 0.9
    assert made.tick(Rows([[0.0]]), np.array([0.5, 0.0])).command[0] == 0.9


def test_gripper_is_open_or_closed_at_once_within_limits_for_the_others():
    made = shaper(gripper_columns=('grip',), binarize_gripper=True, low_pass_cutoff=2.0,
                  tick_ns=STEP_NS, **LIMITS)
    rows = [[0.0, 0.0, v] for v in (.1, .5, .7, .5, .3, .5)]
    assert commands(run(made, Rows(rows), 6))[:, 2].tolist() == [0, 0, 1, 1, 0, 0]


def test_position_is_that_of_the_gripper_before_it_was_opened_or_closed():
    made = shaper(gripper_columns=('grip',), binarize_gripper=True, tick_ns=STEP_NS)
    assert made.tick(Rows([[0.1, 0.2, 0.7]])).command.tolist() == [0.1, 0.2, 1.0]
    assert made.position.tolist() == [0.1, 0.2, 0.7]


# ---- while it runs ----
def test_parameters_change_without_a_jump():
    made = shaper(low_pass_cutoff=5.0, **LIMITS)
    source = ramp(200)
    before = commands(run(made, source, 100))
    made.update(ShapingParams(smooth=3, velocity_limits=(2.0,), acceleration_limits=(10.0,),
                              jerk_limits=(300.0,)))
    after = commands(run(made, source, 100))
    positions = np.array([*before, *after])
    for order, limit in ((1, 2.0), (2, 10.0), (3, 300.0)):
        assert differences(positions, order, TICK_NS).max() <= limit * (1 + 1e-6) + rounding(
            positions, order, TICK_NS)
    assert after[-1] == pytest.approx(before[-1] + 0.5, abs=0.05)


def test_change_while_recovering_or_starved_does_not_jump():
    made = shaper(tick_ns=STEP_NS, starvation_behavior='safe_pose', safe_pose=(-1.0,),
                  safe_pose_delay=0.0, safe_pose_time=0.5, recovery_time=1.0)
    run(made, ramp(3), 10)
    made.update(ShapingParams(starvation_behavior='decay', recovery_time=1.0))
    starved = commands(run(made, Rows(), 5))
    source = Rows(np.ones((60, 3)))
    recovering = commands(run(made, source, 5))
    made.update(ShapingParams(recovery_time=0.5))
    recovered = commands(run(made, source, 40))
    steps = np.abs(np.diff([*starved, *recovering, *recovered], axis=0))
    assert steps.max() < 2.0 * 2.0 * 0.04 / 0.5
    assert recovered[-1].tolist() == [1.0] * 3


@pytest.mark.parametrize('before', [
    {'starvation_behavior': 'safe_pose', 'safe_pose': (-1.0,), 'safe_pose_delay': 0.0,
     'safe_pose_time': 0.5}, {'starvation_behavior': 'decay', 'decay_time': 0.3}])
def test_hold_chosen_while_starved_holds_where_the_robot_is(before):
    made = shaper(tick_ns=STEP_NS, recovery_time=0.5, **before)
    run(made, ramp(10), 30)
    made.update(ShapingParams(recovery_time=0.5))
    held = commands(run(made, Rows(), 30))
    assert np.ptp(held, axis=0).max() < 1e-9
    recovered = commands(run(made, Rows(np.ones((30, 3))), 30))
    assert np.abs(np.diff([held[-1], *recovered], axis=0)).max() < 2.0 * 2.0 * 0.04 / 0.5
    assert recovered[-1].tolist() == [1.0] * 3


@pytest.mark.parametrize(('before', 'after'), [
    ({'smooth': 20}, {}), ({'low_pass_cutoff': 1.0}, {}), ({'smooth': 100}, {'smooth': 2}),
    ({'low_pass_cutoff': 1.0}, {'low_pass_cutoff': 10.0}), ({}, {'smooth': 20})])
def test_change_of_filters_while_moving_does_not_jump(before, after):
    made = shaper(tick_ns=STEP_NS, **before)
    source = ramp(200)
    moved = commands(run(made, source, 100))
    made.update(ShapingParams(**after))
    steps = np.abs(np.diff([moved[-1], *commands(run(made, source, 60))], axis=0))
    lag = np.abs(0.02 * 100 - moved[-1]).max()
    assert steps.max() < 0.02 + 1.2 * 2.0 * lag * 0.04 / 0.5
    assert np.allclose(steps[-5:], 0.02, atol=1e-3)


def test_gripper_keeps_its_state_when_parameters_change():
    made = shaper(tick_ns=STEP_NS, gripper_columns=('grip',), binarize_gripper=True)
    run(made, Rows([[0.0, 0.0, 1.0]]), 1)
    made.update(ShapingParams(gripper_columns=('grip',), binarize_gripper=True, max_velocity=0.1))
    assert made.tick(Rows([[0.0, 0.0, 0.45]])).command[2] == 1.0


def test_limits_that_need_a_library_that_is_missing_are_refused(monkeypatch):
    made = shaper(tick_ns=STEP_NS, velocity_limits=(1.0,))
    source = ramp(9, step=0.1)
    run(made, source, 2)
    monkeypatch.setattr('robot_bridge.shaping.tracker._missing', ImportError('no ruckig'))
    with pytest.raises(ParameterError, match='ruckig'):
        made.update(ShapingParams(jerk_limits=(5.0,)))
    assert np.diff(commands(run(made, source, 3)), axis=0).max() <= 0.04 + 1e-9


def test_change_that_does_not_fit_is_refused_and_changes_nothing():
    made = shaper(tick_ns=STEP_NS, max_velocity=0.1, measured=None)
    source = Rows(np.ones((9, 3)))
    run(made, source, 1)
    for params, message in (({'velocity_limits': (-1.0,)}, 'velocity limit of pan must be > 0'),
                            ({'max_relative_target': (1.0,)}, 'needs their measured position')):
        with pytest.raises(ParameterError, match=message):
            made.update(ShapingParams(**params))
    assert np.diff(commands(run(made, source, 2)), axis=0).max() <= 0.1 + 1e-9


# ---- refusals ----
def test_parameters_that_do_not_fit_are_refused():
    with pytest.raises(ParameterError, match='low_pass_cutoff must be'):
        shaper(low_pass_cutoff=80.0)


def test_row_that_is_not_finite_is_refused():
    with pytest.raises(ShapingError, match='a row must be finite'):
        shaper().tick(Rows([[0.0, np.nan, 0.0]]))


def test_measured_position_of_another_shape_is_refused():
    with pytest.raises(ShapingError, match=r'measured must have shape \(3,\), got \(2,\)'):
        shaper(measured=np.zeros(2))
