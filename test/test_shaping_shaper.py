"""The whole way from rows to commands: pass-through, starvation, limits, columns."""

import numpy as np
import pytest
from hypothesis import strategies as st
from shaping_helpers import NAMES, Rows, differences, given, rounding, spec

from robot_bridge.shaping.errors import ShapingError
from robot_bridge.shaping.parameters import ShapingParams
from robot_bridge.shaping.shaper import MotionShaper
from segue_core.parameters import ParameterError

STEP_NS, TICK_NS = 40_000_000, 10_000_000
TICK = TICK_NS * 1e-9
LIMITS = {'velocity_limits': (2.0,), 'acceleration_limits': (10.0,), 'jerk_limits': (300.0,)}
ORIGIN = np.zeros(3)


def shaper(*, tick_ns=TICK_NS, names=None, robot=None, measured=ORIGIN, **params):
    made = MotionShaper(robot or spec(), ShapingParams(**params), STEP_NS, tick_ns, names)
    made.reset(measured)
    return made


def run(made, source, ticks, measured=None):
    return [made.tick(source, measured) for _ in range(ticks)]


def commands(ticks):
    return np.array([tick.command for tick in ticks])


def ramp(count, step=0.02):
    """Rows that rise in all columns."""
    return Rows(step * np.arange(count)[:, np.newaxis] * np.ones(3))


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


# ---- the start ----
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


def test_gripper_keeps_its_state_when_parameters_change():
    made = shaper(tick_ns=STEP_NS, gripper_columns=('grip',), binarize_gripper=True)
    run(made, Rows([[0.0, 0.0, 1.0]]), 1)
    made.update(ShapingParams(gripper_columns=('grip',), binarize_gripper=True, max_velocity=0.1))
    assert made.tick(Rows([[0.0, 0.0, 0.45]])).command[2] == 1.0


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
