"""Limits: what it is like to follow a target within them."""

import numpy as np
import pytest
from limits_helpers import KINDS, SMOOTH, TICK, TICK_NS, kept, limits, run, started

from robot_bridge.shaping.errors import ShapingError
from robot_bridge.shaping.limits import Limits


def test_without_limits_targets_pass_exactly():
    values = np.random.default_rng(0).uniform(-1, 1, 100)
    assert run(started(limits()), values).tolist() == values.tolist()


def test_velocity_limit_alone_is_a_largest_step():
    positions = run(started(limits(velocity=2.5)), [0.1] * 15)
    assert positions[:4] == pytest.approx([0.01, 0.02, 0.03, 0.04])
    assert positions[10:].tolist() == [0.1] * 5


@pytest.mark.parametrize('made', [
    SMOOTH, limits(velocity=2.0, acceleration=10.0), limits(velocity=2.0, jerk=300.0)])
def test_jump_is_approached_in_time_and_reached_exactly(made):
    positions = run(started(made), [0.9] * 250)
    assert positions.max() <= 0.9 + 1e-9
    assert (np.diff(positions) >= -1e-9).all()
    assert positions[-1] == pytest.approx(0.9, abs=1e-9)


@pytest.mark.parametrize('made', [SMOOTH, limits(velocity=2.0, acceleration=10.0)])
def test_reachable_motion_is_followed_without_lag(made):
    t = np.arange(1500) * TICK
    targets, velocities = 0.8 * np.sin(1.5 * t), 1.2 * np.cos(1.5 * t)
    positions = run(started(made), targets, velocities)
    assert np.abs(positions - targets)[250:].max() < 1e-3   # a lag of one tick would be 5e-3


def test_constant_velocity_is_caught_up_with():
    t = np.arange(400) * TICK
    positions = run(started(SMOOTH), -0.9 + 1.0 * t, np.ones(400))
    assert positions[300:] == pytest.approx(-0.9 + t[300:], abs=1e-6)


def test_target_that_runs_into_the_range_is_followed_to_the_edge_without_chatter():
    t = np.arange(500) * TICK
    targets = -0.5 + 1.5 * t
    positions = run(started(SMOOTH), targets, np.full(500, 1.5))
    assert positions.max() <= 1.0 + 1e-9 and positions[-1] == pytest.approx(1.0, abs=1e-6)
    assert (np.diff(positions)[60:] >= -1e-9).all()


def test_columns_are_limited_independently():
    made = Limits(names=('a', 'b', 'c'), lower=np.full(3, -1.0), upper=np.full(3, 1.0),
                  velocity=np.array([np.inf, 1.0, 2.0]),
                  acceleration=np.array([np.inf, np.inf, 10.0]),
                  jerk=np.array([np.inf, np.inf, 300.0]), relative=np.full(3, np.inf))
    limiter = started(made)
    alone = started(SMOOTH)
    for _ in range(100):
        command = limiter.step(np.full(3, 0.9), np.zeros(3))
        assert command[2] == pytest.approx(alone.step(np.array([0.9]), np.zeros(1))[0], abs=1e-12)
        assert command[0] == 0.9
    assert command[1] == pytest.approx(0.4)


@pytest.mark.parametrize('side', [1.0, -1.0])
def test_way_back_into_the_range_is_smooth(side):
    positions = side * run(started(SMOOTH, position=1.3 * side), [1.3 * side] * 200)
    assert positions[0] == pytest.approx(1.3, abs=1e-4)
    assert (np.diff(positions) <= 0).all() and positions[-1] == pytest.approx(1.0, abs=1e-9)


def test_tightened_velocity_is_reached_within_the_other_limits():
    limiter = started(limits(lower=-9.0, upper=9.0, velocity=2.0, acceleration=10.0, jerk=300.0))
    before = run(limiter, [8.0] * 200)
    tight = limits(lower=-9.0, upper=9.0, velocity=0.5, acceleration=10.0, jerk=300.0)
    limiter.set_limits(tight)
    after = run(limiter, [8.0] * 200)
    speed = np.diff([before[-1], *after]) / TICK
    assert before[-1] - before[-2] == pytest.approx(2.0 * TICK)
    assert (speed[50:] <= 0.5 + 1e-6).all() and speed[-1] == pytest.approx(0.5)   # 1.5/10 + 10/300
    assert kept(SMOOTH, np.array([0.0, *before, *after])[:, np.newaxis], TICK_NS)


def test_range_tightened_behind_the_command_brings_it_back():
    limiter = started(SMOOTH, position=0.9)
    limiter.set_limits(limits(upper=0.5, velocity=2.0, acceleration=10.0, jerk=300.0))
    positions = run(limiter, [0.9] * 200)
    assert positions.max() <= 0.9 and positions[-1] == pytest.approx(0.5, abs=1e-9)


def test_hard_stop_is_not_run_into_when_acceleration_is_tightened_at_speed():
    limiter = started(limits(velocity=5.0, acceleration=100.0))
    run(limiter, [1.0] * 25)
    limiter.set_limits(limits(velocity=5.0, acceleration=20.0))
    positions = run(limiter, [1.0] * 400)
    assert positions[-1] == pytest.approx(1.0, abs=1e-6)
    assert positions.max() < 1.5   # 2.5 unit/s at 20 unit/s^2: the shortest stop, no more


@pytest.mark.parametrize(('far', 'velocity'), [(70.0, 1.0), (1e6, 0.0)])
def test_column_that_has_far_to_go_neither_stops_nor_stops_the_others(far, velocity):
    """ruckig refuses a plan of more than 7600 s, for all columns together."""
    limiter = started(limits(lower=-1e9, upper=1e9, velocity=0.01, acceleration=1.0, jerk=10.0,
                             names=('pan', 'lift')))
    for _ in range(300):
        before = limiter.position
        after = limiter.step(np.array([far, 1.0]), np.array([velocity, 0.0]))
    assert after - before == pytest.approx(np.full(2, 0.01 * TICK))


def test_column_stops_within_its_limits_when_there_is_no_plan():
    far = limits(lower=-np.inf, upper=np.inf, acceleration=10.0, jerk=100.0, names=('pan', 'lift'))
    limiter = started(far)
    positions = [np.zeros(2)]
    positions += [limiter.step(np.full(2, 5.0), np.zeros(2)) for _ in range(100)]
    positions += [limiter.step(np.full(2, 1e12), np.zeros(2)) for _ in range(200)]
    assert positions[100][0] > 0.1
    assert kept(far, np.array(positions), TICK_NS)
    assert positions[-1] - positions[-2] == pytest.approx(np.zeros(2), abs=1e-12)


@pytest.mark.parametrize(('made', 'target', 'measured', 'active'), [
    (SMOOTH, 0.0, None, ()),
    (SMOOTH, 0.9, None, ('pan jerk',)),
    (limits(velocity=2.0, acceleration=10.0), 0.9, None, ('pan acceleration',)),
    (limits(velocity=2.0), 0.9, None, ('pan velocity',)),
    (limits(), 2.0, None, ('pan position',)),
    (limits(relative=0.1), 0.9, [0.0], ('pan relative_target',)),
    (limits(relative=0.1, velocity=1.0), 0.9, [0.0], ('pan relative_target', 'pan velocity')),
])
def test_active_limits_are_named(made, target, measured, active):
    limiter = started(made)
    limiter.step(np.array([target]), np.zeros(1), None if measured is None else np.array(measured))
    assert limiter.active == active


def test_velocity_is_active_once_it_is_reached():
    limiter = started(SMOOTH)
    run(limiter, [1.0] * 80)
    assert limiter.active == ('pan velocity',)
    limiter.reset(np.zeros(1))
    assert limiter.active == ()


def test_unknown_measured_position_limits_nothing():
    assert run(started(limits(relative=0.1)), [0.9], measured=np.array([np.nan])) == [0.9]


def test_robot_moved_by_force_takes_the_command_along():
    limiter = started(limits(relative=0.1, velocity=1.0, acceleration=10.0, jerk=100.0))
    run(limiter, [0.0] * 10, measured=np.zeros(1))
    assert run(limiter, [0.0], measured=np.array([0.5])) == pytest.approx([0.4])


@pytest.mark.parametrize(('target', 'velocity'), [
    (np.nan, 0.0), (np.inf, 0.0), (0.0, np.nan), (-np.inf, 1.0), (0.0, np.inf)])
def test_target_that_is_not_finite_is_refused_by_name_and_changes_nothing(target, velocity):
    limiter = started(SMOOTH)
    run(limiter, [0.5] * 10)
    before = limiter.position.copy()
    with pytest.raises(ShapingError, match='target of pan must be finite'):
        limiter.step(np.array([target]), np.array([velocity]))
    assert limiter.position == before


def test_large_finite_targets_are_no_error():
    assert run(started(limits()), [1e200], [1e200]).tolist() == [1.0]


@pytest.mark.parametrize(('values', 'message'), [
    ({'velocity': 0.0}, 'velocity limit of pan must be > 0, got 0'),
    ({'jerk': -1.0}, 'jerk limit of pan must be > 0, got -1'),
    ({'acceleration': np.nan}, 'acceleration limit of pan must be > 0, got nan'),
    ({'relative': 0.0}, 'relative limit of pan must be > 0'),
    ({'lower': 2.0}, 'lower limit of pan must be <= upper, got 2')])
def test_unusable_limits_are_refused_by_name(values, message):
    with pytest.raises(ShapingError, match=message):
        limits(**values)


def test_limits_of_another_shape_are_refused():
    one = np.ones(1)
    with pytest.raises(ShapingError, match=r'velocity limits must have shape \(1,\), got \(2,\)'):
        Limits(names=('pan',), lower=-one, upper=one, velocity=np.ones(2), acceleration=one,
               jerk=one, relative=one)


# ---- near the measured position, out of the range ----
@pytest.mark.parametrize('side', [1.0, -1.0])
@pytest.mark.parametrize('kinds', [{}, {'velocity': 2.0}, {'velocity': 2.0, 'acceleration': 10.0}])
def test_robot_pushed_out_of_the_range_is_not_followed_there(side, kinds):
    limiter = started(limits(lower=-0.5, upper=0.5, relative=0.05, **kinds))
    run(limiter, [0.0] * 3, measured=np.zeros(1))
    positions = side * run(limiter, [0.2 * side] * 5, measured=np.array([side]))
    assert positions.tolist() == [0.5] * 5


@pytest.mark.parametrize('side', [1.0, -1.0])
def test_start_out_of_the_range_and_near_the_robot_returns_within_the_other_limits(side):
    made = limits(lower=-0.5, upper=0.5, velocity=2.0, acceleration=10.0, relative=0.05)
    limiter, where, positions = started(made, side), side, [side]
    for _ in range(200):
        where = limiter.step(np.array([0.2 * side]), np.zeros(1), np.array([where]))[0]
        positions.append(where)
    assert np.abs(np.diff(positions)).max() <= 2.0 * TICK * (1 + 1e-6)
    assert positions[-1] == pytest.approx(0.2 * side)


def test_columns_that_no_limit_of_motion_holds_back_may_jump_at_the_start():
    for kind in (*KINDS, 'relative'):
        assert limits(**{kind: 1.0}).bind_the_start.tolist() == [True]
    assert limits().bind_the_start.tolist() == [False]
