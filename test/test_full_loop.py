"""Control loop, stream, buffer, shaping and states together, whatever happens to them.

Events come in any order: chunks late, twice, never, from other sessions, broken in every way;
policies that go and come; holds, emergency stops, robots that fail and can be used again.
"""

from itertools import repeat

import hypothesis
import numpy as np
import pytest
from full_loop import BACKOFF, BAD, DEADLINE, LIMIT, NAMES, STEP_NS, World
from hypothesis import strategies as st
from shaping_helpers import differences, rounding

from robot_bridge.aggregation import AGGREGATES
from robot_bridge.approach import Approach
from robot_bridge.lockstep import Lockstep
from robot_bridge.shaping.parameters import ShapingParams
from robot_bridge.states import State

which, horizons = st.integers(0, 5), st.integers(1, 12)
ANSWERS = st.tuples(st.just('answer'), st.just(0), horizons)
TROUBLES = st.one_of(
    st.tuples(st.just('tick')), st.tuples(st.just('answer'), which, horizons),
    st.tuples(st.just('answer'), which, horizons, st.sampled_from(sorted(BAD))),
    st.tuples(st.just('fail'), which), st.tuples(st.just('stale'), horizons),
    st.tuples(st.just('policy'), st.booleans()), st.tuples(st.just('hold'), st.booleans()),
    st.tuples(st.just('cut')), st.tuples(st.just('repair')), st.tuples(st.just('e_stop')),
    st.tuples(st.just('reset')), st.tuples(st.just('start')))
EVENTS = st.one_of(ANSWERS, ANSWERS, TROUBLES)
HISTORIES = st.lists(st.tuples(EVENTS, st.integers(0, 8)), max_size=40)
LOCKSTEPS = st.one_of(st.none(), st.integers(0, 6))


def given(*args, **kwargs):
    patient = hypothesis.settings(
        deadline=None, max_examples=150,
        suppress_health_check=[hypothesis.HealthCheck.too_slow])
    return lambda test: patient(hypothesis.given(*args, **kwargs)(test))


def in_lockstep(delay):
    return None if delay is None else Lockstep(lambda seed: repeat(delay))


def ramp(timestep, request):
    """The row for a timestep, in whatever chunk it comes."""
    return np.array([1.0, -1.0, 0.5]) * ((timestep % 97) / 60 - 0.8)


def noise(timestep, request):
    """Rows of which no two agree, anywhere in the range."""
    return LIMIT * np.sin(np.array([12.9898, 78.233, 37.719]) * (timestep + 91.7 * request + 1.0))


def happen(world, history):
    for (event, *arguments), ticks in history:
        getattr(world, event)(*arguments)
        for _ in range(ticks):
            world.tick()


def serve(world, ticks, delay=2, horizon=10):
    """A policy that answers every request after a delay."""
    waiting = []
    for _ in range(ticks):
        for due, request in list(waiting):
            if world.now >= due:
                waiting.remove((due, request))
                world.loop.on_chunk(world.chunk(request, horizon), world.now)
        tick = world.tick()
        if tick and tick.request:
            waiting.append((world.now + delay * world.tick_ns, tick.request))


@given(HISTORIES, st.floats(0, 1), st.sampled_from(sorted(AGGREGATES)), LOCKSTEPS,
       st.sampled_from([0, 4 * STEP_NS]))
def test_executed_timestep_never_goes_back_and_no_row_runs_twice(
        history, threshold, aggregate, delay, watchdog_ns):
    world = World(ramp, threshold, aggregate, watchdog_ns=watchdog_ns, lockstep=in_lockstep(delay),
                  shaping=ShapingParams(recovery_time=0.0))
    happen(world, history)
    for taken in world.executed.values():
        assert taken == list(range(len(taken)))


@given(HISTORIES, st.floats(0, 1), st.sampled_from(sorted(AGGREGATES)))
def test_every_row_is_executed_at_the_timestep_that_it_was_made_for(history, threshold, aggregate):
    world = World(ramp, threshold, aggregate, shaping=ShapingParams(recovery_time=0.0))
    pop = world.buffer.pop

    def checked():
        timestep, row = world.buffer.timestep, pop()
        if row is not None:
            assert row == pytest.approx(ramp(timestep, 0), abs=1e-9)
        return row

    world.buffer.pop = checked
    happen(world, history)


SHAPING = st.fixed_dictionaries({
    'interpolation': st.sampled_from(['hold', 'linear', 'cubic']),
    'starvation_behavior': st.sampled_from(['hold', 'decay', 'safe_pose']),
    'safe_pose': st.just((0.5,)), 'safe_pose_delay': st.sampled_from([0.0, 0.1]),
    'recovery_time': st.sampled_from([0.0, 0.2]), 'low_pass_cutoff': st.sampled_from([0.0, 3.0]),
    'velocity_limits': st.sampled_from([(2.0,), (0.5, 20.0, 3.0)]),
    'acceleration_limits': st.sampled_from([(10.0,), (100.0, 5.0, 20.0)]),
    'jerk_limits': st.sampled_from([(300.0,), (1000.0, 1e4, 200.0)])})
WORLDS = st.fixed_dictionaries({
    'threshold': st.floats(0, 1), 'aggregate': st.sampled_from(sorted(AGGREGATES)),
    'tick_ns': st.sampled_from([STEP_NS // 10, STEP_NS]),
    'watchdog_ns': st.sampled_from([0, 4 * STEP_NS])})


@hypothesis.example(    # a hold that is over before the next tick
    [(('tick',), 1), (('hold', True), 0)],
    {'threshold': 0.0, 'aggregate': 'average', 'tick_ns': STEP_NS // 10, 'watchdog_ns': 0},
    {'velocity_limits': (2.0,), 'acceleration_limits': (10.0,), 'jerk_limits': (300.0,)},
    None, True)
@given(HISTORIES, WORLDS, SHAPING, LOCKSTEPS, st.booleans())
def test_nothing_that_is_not_finite_or_out_of_limits_ever_reaches_the_robot(
        history, world, shaping, delay, moves_to_ready):
    approach = Approach(NAMES, np.array([0.3, np.nan, -1.5]), 0.5, STEP_NS)
    world = World(noise, **world, shaping=ShapingParams(**shaping), lockstep=in_lockstep(delay),
                  approach=approach if moves_to_ready else None)
    happen(world, history)
    world.heal()
    serve(world, 100)
    for stretch in world.arm.stretches:
        positions = np.array(stretch)
        assert np.isfinite(positions).all()
        assert np.abs(positions).max() <= LIMIT
        for order, kind in enumerate(('velocity', 'acceleration', 'jerk'), start=1):
            limit = np.resize(shaping[f'{kind}_limits'], 3)
            assert (differences(positions, order, world.tick_ns) <= limit * (1 + 1e-6)
                    + rounding(np.append(positions, LIMIT), order, world.tick_ns)
                    + 2e-9 * 2**order / (world.tick_ns * 1e-9)**order).all()


@given(HISTORIES, WORLDS, LOCKSTEPS, st.booleans(), st.floats(0, 0.3))
def test_motion_resumes_without_help_after_every_fault_that_ends(
        history, world, delay, moves_to_ready, similarity):
    approach = Approach(NAMES, np.array([0.3, np.nan, -1.5]), 0.5, STEP_NS)
    world = World(ramp, **world, lockstep=in_lockstep(delay),
                  approach=approach if moves_to_ready else None)
    world.stream.similarity.threshold = similarity
    happen(world, history)
    world.heal()
    per_step = STEP_NS // world.tick_ns
    silence = (DEADLINE + BACKOFF) // STEP_NS + 12      # and what is still queued
    serve(world, (silence + (30 if moves_to_ready else 0)) * per_step + 10)
    executed = world.stream.buffer.timestep
    serve(world, 90 * per_step)
    assert world.stream.buffer.timestep >= executed + 20
    assert world.loop.state in (State.RUNNING, State.STARVED, State.HOLDING)


@pytest.mark.parametrize('fault', BAD)
def test_broken_chunk_is_refused_with_its_reason_and_the_robot_goes_on(fault):
    world = World(ramp, threshold=1.0)
    world.tick()
    world.answer(0, 10)
    world.tick()
    queued = world.buffer.queued().tolist()
    world.answer(0, 10, fault)
    assert (world.stream.counters.refused_chunks, world.buffer.queued().tolist()) == (1, queued)
    assert BAD[fault] in world.stream.counters.last_refusal
    world.tick()
    assert world.loop.state is State.RUNNING


@given(st.integers(2, 60), st.lists(st.floats(0, 1), min_size=1, max_size=8),
       st.sampled_from(sorted(AGGREGATES)))
def test_delay_of_up_to_half_a_chunk_never_starves_at_threshold_one_half(
        horizon, shares, aggregate):
    """In real time, another delay for each chunk; only the first of all has nothing before it."""
    delays = [max(1, round(share * (horizon // 2))) for share in shares]
    world = World(ramp, 0.5, aggregate)
    world.stream.deadline_ns = 1000 * STEP_NS
    due = None
    for k in range(8 * horizon + 20):
        if due and due[0] <= k:
            world.loop.on_chunk(world.chunk(due[1], horizon), world.now)
            due = None
        request = world.tick().request
        if request:
            due = k + delays[request.request_id % len(delays)], request
    assert world.stream.counters.starved_ticks == delays[0]
