"""Pursuit of a moving target: the invariant that keeps the range, and what happens without it."""

import numpy as np
import pytest
from hypothesis import strategies as st
from shaping_helpers import given

from robot_bridge.shaping.tracker import RANGE_TOLERANCE, TrackedLimits, Tracker

TICK_NS = 4_000_000


def tracker(velocity=2.0, acceleration=10.0, jerk=300.0, half=1.0):
    return Tracker(TrackedLimits(*(np.array([float(v)]) for v in (
        -half, half, velocity, acceleration, jerk))), TICK_NS)


def motion(position=0.0, velocity=0.0, acceleration=0.0):
    return np.array([[position], [velocity], [acceleration]])


def shortest_stop(position, velocity, acceleration, limit, jerk, dt=1e-5):
    """Where a stop at full effort ends, by brute force."""
    for _ in range(200_000):
        if velocity <= 0 and acceleration <= 0:
            return position
        release = acceleration < 0 and velocity <= acceleration**2 / (2 * jerk)
        acceleration = min(acceleration + jerk * dt, 0.0) if release else max(
            acceleration - jerk * dt, -limit)
        velocity += acceleration * dt
        position += velocity * dt
    raise AssertionError('no stop')


@pytest.mark.parametrize('speed', [0.2, 1.0, 2.0])
def test_stop_begins_when_it_is_just_in_time(speed):
    """Towards the end of the range at full speed: no earlier and no later than it must."""
    made, state = tracker(velocity=speed), motion(-0.9)
    states = []
    for _ in range(3000):
        state = made.step(state, np.array([1.0]), np.array([speed]))
        states.append(state[:, 0])
    ends = [shortest_stop(*s, 10.0, 300.0) for s in states[::25]]
    assert max(ends) <= 1.0 + 1e-3
    assert states[-1] == pytest.approx([1.0, 0.0, 0.0], abs=1e-4)


@given(st.floats(-0.99, 0.99), st.floats(-1, 1), st.floats(-1, 1), st.floats(0, 1),
       st.sampled_from([(2.0, 10.0, 300.0), (2.0, 10.0, np.inf), (np.inf, 10.0, 300.0),
                        (np.inf, np.inf, 300.0)]))
def test_quick_bound_of_the_way_to_a_stop_is_never_too_small(position, velocity, acceleration,
                                                             share, limits):
    """A state that the bound lets pass must really stop within the range."""
    made = tracker(*limits)
    top, most, jerk = np.minimum(limits, [5.0, 50.0, 300.0])
    # a speed from which the acceleration can be taken away below the limit
    acceleration = acceleration * most
    velocity = velocity * max(top - acceleration**2 / (2 * jerk), 0.0) * share
    state = motion(position, velocity, acceleration)
    if made._stops_in_range_surely(state):
        smallest, largest = made._stopping_range(state)
        assert smallest >= -1.0 - RANGE_TOLERANCE and largest <= 1.0 + RANGE_TOLERANCE


def test_without_any_plan_the_column_stands_still(monkeypatch):
    made = tracker()
    monkeypatch.setattr(made, '_plan', lambda plan: False)
    assert made.step(motion(0.3, 1.0, 2.0), np.array([0.5]), np.zeros(1)).tolist() == [
        [0.3], [0.0], [0.0]]


def test_without_a_pursuit_the_column_stops_within_its_limits(monkeypatch):
    made = tracker()
    plan = made._plan
    monkeypatch.setattr(made, '_plan', lambda p: p is made._stop and plan(p))
    state = motion(0.0, 1.0, 0.0)
    for _ in range(100):
        state = made.step(state, np.array([0.9]), np.zeros(1))
    stopped = 1.0 / 2 * (1.0 / 10.0 + 10.0 / 300.0)
    assert state[:, 0] == pytest.approx([stopped, 0.0, 0.0], abs=1e-9)


@pytest.mark.parametrize('scale', [1e-6, 1.0, 1e6])
def test_motion_does_not_depend_on_the_unit(scale):
    made = tracker(2.0 * scale, 10.0 * scale, 300.0 * scale, half=scale)
    state = motion()
    for _ in range(80):
        state = made.step(state, np.array([0.8 * scale]), np.zeros(1))
    reference, made = motion(), tracker()
    for _ in range(80):
        reference = made.step(reference, np.array([0.8]), np.zeros(1))
    assert state / scale == pytest.approx(reference, rel=1e-3, abs=1e-3)
