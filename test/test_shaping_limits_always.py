"""Limits: whatever the targets are, what comes out is finite and keeps the limits.

Derivatives are taken as differences of the commands over the tick. They are means of the
continuous profile, so they keep the limits too, but for the rounding of the positions: see
`shaping_helpers.rounding`, and a share of 1e-6 for that of ruckig.
"""

import numpy as np
from hypothesis import strategies as st
from limits_helpers import kept
from shaping_helpers import given

from robot_bridge.shaping.limits import Limits, MotionLimiter
from robot_bridge.shaping.tracker import RANGE_TOLERANCE


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
