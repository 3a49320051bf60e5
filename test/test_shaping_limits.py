"""Limits: whatever the targets are, what comes out is finite and keeps the limits.

Derivatives are taken as differences of the commands over the tick. They are means of the
continuous profile, so they keep the limits too, but for the rounding of the positions: see
`shaping_helpers.rounding`, and a share of 1e-6 for that of ruckig.
"""

import numpy as np
import pytest
from hypothesis import strategies as st
from shaping_helpers import differences, given, rounding

from robot_bridge.shaping.errors import ShapingError
from robot_bridge.shaping.limits import Limits, MotionLimiter
from robot_bridge.shaping.tracker import RANGE_TOLERANCE

TICK_NS = 4_000_000
TICK = TICK_NS * 1e-9
KINDS = ('velocity', 'acceleration', 'jerk')


def limits(lower=-1.0, upper=1.0, velocity=np.inf, acceleration=np.inf, jerk=np.inf,
           relative=np.inf, names=('pan',)):
    values = {'lower': lower, 'upper': upper, 'velocity': velocity, 'jerk': jerk,
              'acceleration': acceleration, 'relative': relative}
    return Limits(names=names, **{k: np.full(len(names), v, dtype=float)
                                  for k, v in values.items()})


SMOOTH = limits(velocity=2.0, acceleration=10.0, jerk=300.0)


def run(limiter, targets, velocities=None, measured=None):
    velocities = np.zeros(len(targets)) if velocities is None else velocities
    return np.array([limiter.step(np.array([t]), np.array([v]), measured).copy()[0]
                     for t, v in zip(targets, velocities, strict=True)])


def started(made, position=0.0, tick_ns=TICK_NS):
    limiter = MotionLimiter(made, tick_ns)
    limiter.reset(np.full(len(made.names), float(position)))
    return limiter


def kept(made, positions, tick_ns):
    """Whether all commands keep all limits, by differences.

    A way is planned relative to its target: what that rounds depends on how far the target may be.
    """
    far = np.concatenate([positions.ravel(), made.lower, made.upper])
    for order, kind in enumerate(KINDS, start=1):
        limit = getattr(made, kind)
        only_velocity = np.isinf(made.acceleration) & np.isinf(made.jerk)
        slack = 1e-6 * np.where(np.isinf(limit), 0.0, limit) + rounding(
            far[np.isfinite(far)], order, tick_ns)
        ok = (differences(positions, order, tick_ns) <= limit + slack)
        if not (ok | (only_velocity & (order > 1))).all():
            return False
    return True


# ---- whatever comes in ----
def positive(low, high):
    return st.one_of(st.just(np.inf), st.floats(np.log(low), np.log(high)).map(np.exp))


@st.composite
def any_limits(draw, columns=3):
    scale = draw(st.sampled_from([1.0, 100.0]))   # rad or percent
    column = {'lower': st.floats(-3, -0.1), 'upper': st.floats(0.1, 3),
              'velocity': positive(0.05, 20), 'acceleration': positive(0.5, 200),
              'jerk': positive(5, 1e4)}
    values = {k: scale * np.array(draw(st.lists(s, min_size=columns, max_size=columns)))
              for k, s in column.items()}
    return Limits(names=tuple('abc'[:columns]), relative=np.full(columns, np.inf), **values)


def ranged(low, high, columns=3):
    return st.lists(st.floats(low, high), min_size=columns, max_size=columns).map(np.array)


events = st.lists(st.tuples(
    st.integers(1, 60), st.one_of(ranged(-5, 5), ranged(-1e6, 1e6)), ranged(-9, 9),
    st.booleans()), min_size=1, max_size=6)
ticks = st.sampled_from([1_000_000, 4_000_000, 10_000_000, 33_333_333])


def targets(events, tick_ns):
    """Targets that jump, move on at any speed, and lie about their speed."""
    for count, target, velocity, honest in events:
        for i in range(count):
            yield target + velocity * i * tick_ns * 1e-9 * honest, velocity


@given(any_limits(), events, ticks, ranged(0, 1))
def test_arbitrary_targets_never_break_a_limit(made, events, tick_ns, start):
    limiter = MotionLimiter(made, tick_ns)
    positions = [made.lower + start * (made.upper - made.lower)]
    limiter.reset(positions[0])
    positions += [limiter.step(*t).copy() for t in targets(events, tick_ns)]
    positions = np.array(positions)
    assert np.isfinite(positions).all()
    assert (positions >= made.lower - 2 * RANGE_TOLERANCE).all()
    assert (positions <= made.upper + 2 * RANGE_TOLERANCE).all()
    assert kept(made, positions, tick_ns)


@given(any_limits(), events, ticks, ranged(-2, 2))
def test_start_outside_the_range_never_goes_further_out_and_keeps_the_others(
        made, events, tick_ns, start):
    start = start * made.upper
    limiter = MotionLimiter(made, tick_ns)
    limiter.reset(start)
    positions = np.array([start, *(limiter.step(*t).copy() for t in targets(events, tick_ns))])
    assert (positions >= np.minimum(made.lower, start) - 2 * RANGE_TOLERANCE).all()
    assert (positions <= np.maximum(made.upper, start) + 2 * RANGE_TOLERANCE).all()
    assert kept(made, positions, tick_ns)


@given(any_limits(), any_limits(), st.floats(1, 5), events, events, ticks)
def test_limits_changed_while_moving_keep_what_was_and_is_allowed(
        first, other, looser, before, after, tick_ns):
    """Range and velocity change at will; a stop with less acceleration could not be promised."""
    second = Limits(names=first.names, lower=other.lower, upper=other.upper,
                    velocity=other.velocity, acceleration=looser * first.acceleration,
                    jerk=looser * first.jerk, relative=first.relative)
    limiter = MotionLimiter(first, tick_ns)
    positions = [np.zeros(3)]
    limiter.reset(positions[0])
    positions += [limiter.step(*t).copy() for t in targets(before, tick_ns)]
    limiter.set_limits(second)
    positions = np.array([*positions, *(limiter.step(*t).copy() for t in targets(after, tick_ns))])
    either = Limits(names=first.names, lower=np.minimum(first.lower, second.lower),
                    upper=np.maximum(first.upper, second.upper),
                    velocity=np.maximum(first.velocity, second.velocity),
                    acceleration=second.acceleration, jerk=second.jerk, relative=first.relative)
    assert kept(either, positions, tick_ns)
    assert (positions >= either.lower - 2 * RANGE_TOLERANCE).all()
    assert (positions <= either.upper + 2 * RANGE_TOLERANCE).all()


@given(any_limits(), any_limits(), events, events, ticks)
def test_any_change_of_limits_leaves_commands_finite(first, second, before, after, tick_ns):
    limiter = MotionLimiter(first, tick_ns)
    limiter.reset(np.zeros(3))
    for made, some in ((first, before), (second, after)):
        limiter.set_limits(made)
        assert all(np.isfinite(limiter.step(*t)).all() for t in targets(some, tick_ns))


@given(any_limits(), events, ticks, st.floats(0.01, 1.0), st.data())
def test_command_is_never_far_from_the_measured_position(made, events, tick_ns, relative, data):
    made = Limits(names=made.names, lower=made.lower, upper=made.upper, velocity=made.velocity,
                  acceleration=made.acceleration, jerk=made.jerk, relative=np.full(3, relative))
    limiter = MotionLimiter(made, tick_ns)
    measured = np.zeros(3)
    limiter.reset(measured)
    for target, velocity in targets(events, tick_ns):
        command = limiter.step(target, velocity, measured)
        assert (command <= np.maximum(measured + relative, made.lower) + 1e-12).all()
        assert (command >= np.minimum(measured - relative, made.upper) - 1e-12).all()
        assert (command >= made.lower - 2 * RANGE_TOLERANCE).all()
        assert (command <= made.upper + 2 * RANGE_TOLERANCE).all()
        if data.draw(st.booleans()):   # the robot follows, or is pushed about
            measured = command + data.draw(st.floats(-0.5, 0.5))


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


# ---- what it is like to follow ----
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
