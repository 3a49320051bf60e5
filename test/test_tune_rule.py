"""No starvation iff threshold * horizon >= delay and horizon >= 2 delay: against the real loop."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from robot_bridge.aggregation import AGGREGATES
from robot_bridge.chunk_buffer import ChunkBuffer
from robot_bridge.chunk_stream import ChunkStream
from robot_bridge.control_loop import ControlLoop
from robot_bridge.shaping.parameters import ShapingParams
from robot_bridge.shaping.shaper import MotionShaper
from robot_bridge.tune.replay import NEVER_NS, RecordingDriver, Setting, replay
from robot_bridge.tune.rule import (
    least_horizon,
    least_threshold,
    request_level,
    request_period,
    tolerated_delay,
)
from segue_core.chunk import Chunk

STEP_NS = 33_333_333
HORIZONS = st.integers(1, 60)
DELAYS = st.integers(0, 70)
THRESHOLDS = st.one_of(st.floats(0, 1), st.integers(0, 100).map(lambda k: k / 100))


class Zeros:
    names, units, steps = ('a',), ('rad',), 10**6

    def predict(self, timestep, horizon):
        return np.zeros((horizon, 1))


def run(threshold, horizon, delays, steps):
    return replay(Setting(horizon, threshold, 'latest_only'), Zeros(), delays, step_ns=STEP_NS,
                  steps=steps)


def starved(threshold, horizon, delay):
    """Starved steps of the real loop, long enough to see three chunks."""
    return run(threshold, horizon, [delay], 3 * delay + 3 * horizon + 5).starved.sum()


@pytest.mark.parametrize(('threshold', 'horizon', 'tolerated'), [
    (0.5, 50, 25), (0.3, 50, 15), (0.7, 50, 25), (0.7, 10, 5), (0.3, 10, 3), (0.29, 100, 29),
    (1.0, 51, 25), (0.0, 50, 0), (0.5, 1, 0), (0.19, 10, 1)])
def test_boundary_is_exact(threshold, horizon, tolerated):
    assert tolerated_delay(threshold, horizon) == tolerated
    assert starved(threshold, horizon, tolerated) == 0
    assert starved(threshold, horizon, tolerated + 1) > 0


@given(THRESHOLDS, HORIZONS, DELAYS)
@example(0.7, 10, 5)
@example(0.6, 5, 3)
@example(0.0, 10, 0)
def test_robot_starves_if_and_only_if_the_delay_is_above_what_is_tolerated(
        threshold, horizon, delay):
    assert (starved(threshold, horizon, delay) > 0) == (delay > tolerated_delay(threshold, horizon))


@given(THRESHOLDS, HORIZONS, st.lists(st.integers(0, 30), min_size=1, max_size=8))
def test_delays_that_are_all_tolerated_never_starve_in_any_order(threshold, horizon, delays):
    within = [min(d, tolerated_delay(threshold, horizon)) for d in delays]
    assert run(threshold, horizon, within, 10 * (horizon + max(within) + 1)).starved.sum() == 0


@given(THRESHOLDS, HORIZONS, st.lists(st.integers(0, 70), min_size=2, max_size=12))
def test_each_delay_starves_the_steps_by_which_it_exceeds_the_queue(threshold, horizon, delays):
    level = request_level(threshold, horizon)
    queued, steps, expected = horizon, delays[0], 0
    for delay in delays[1:]:
        if delay == 0 and queued <= level:   # one chunk for each step: the next is asked after it
            expected += queued == 0
            queued, steps = max(queued - 1, 0), steps + 1
        at_request = min(queued, level)
        steps += queued - at_request + delay
        expected += max(delay - at_request, 0)
        queued = horizon - min(delay, at_request)
    # The lockstep draws one delay before the session starts; the last is for what is asked last.
    assert run(threshold, horizon, [0, *delays, 10**6], steps).starved.sum() == expected


@given(THRESHOLDS, HORIZONS, DELAYS)
def test_requests_come_at_the_predicted_period(threshold, horizon, delay):
    assume(delay <= tolerated_delay(threshold, horizon))
    period = request_period(threshold, horizon, delay)
    few, many = (run(threshold, horizon, [delay], delay + horizon + n * period).counters.requests
                 for n in (3, 8))
    assert many - few == 5


@given(threshold=THRESHOLDS, horizon=HORIZONS, rate=st.floats(1, 500),
       latency_ns=st.integers(1, 2 * 10**9))
@example(threshold=0.5, horizon=10, rate=10.0, latency_ns=500_000_000)
@example(threshold=0.5, horizon=10, rate=10.0, latency_ns=500_000_001)
def test_in_real_time_a_latency_counts_as_the_control_steps_that_it_touches(
        threshold, horizon, rate, latency_ns):
    step_ns = round(1e9 / rate)
    delay = -(-latency_ns // step_ns)
    assume(delay < 200)
    assert (starved_in_real_time(threshold, horizon, step_ns, latency_ns) > 0) == (
        delay > tolerated_delay(threshold, horizon))


def starved_in_real_time(threshold, horizon, step_ns, latency_ns):
    """The control loop without lockstep: ticks by the clock, chunks whenever they come."""
    driver = RecordingDriver(Zeros(), 1e9 / step_ns)
    buffer = ChunkBuffer(('a',), driver.spec.lower, driver.spec.upper, AGGREGATES['latest_only'])
    stream = ChunkStream(buffer, threshold=threshold, deadline_ns=NEVER_NS, backoff_ns=0,
                         step_ns=step_ns, units=driver.spec.action_units)
    shaper = MotionShaper(driver.spec, ShapingParams(), step_ns, step_ns)
    loop = ControlLoop(driver, stream, shaper, None)
    loop.start('s', 0, '')
    steps = 4 * (-(-latency_ns // step_ns) + horizon)
    starved, waiting = [], None
    for now in range(0, steps * step_ns, step_ns):
        if waiting and waiting[0] <= now:
            loop.on_chunk(waiting[1], waiting[0])
            waiting = None
        before = stream.counters.starved_ticks
        tick = loop.tick(now, now, True)
        if tick.request:
            waiting = now + latency_ns, Chunk(
                session_id='s', request_id=tick.request.request_id, stamp_ns=now,
                first_timestep=tick.request.timestep, step_ns=step_ns, names=('a',),
                units=('rad',), actions=np.zeros((horizon, 1)))
        starved.append(stream.counters.starved_ticks > before)
    return sum(itertools.dropwhile(lambda s: s, starved))


@given(HORIZONS, THRESHOLDS, THRESHOLDS)
def test_higher_threshold_asks_earlier_and_tolerates_no_less(horizon, a, b):
    low, high = sorted((a, b))
    assert request_level(low, horizon) <= request_level(high, horizon)
    assert tolerated_delay(low, horizon) <= tolerated_delay(high, horizon)


@given(THRESHOLDS, HORIZONS)
def test_request_level_is_the_largest_that_the_buffer_would_ask_at(threshold, horizon):
    asks = [q for q in range(horizon + 1) if q / horizon <= threshold]
    assert request_level(threshold, horizon) == max(asks)


@given(HORIZONS, DELAYS)
def test_least_threshold_tolerates_the_delay_and_none_means_that_none_does(horizon, delay):
    least = least_threshold(horizon, delay)
    if least is None:
        assert tolerated_delay(1.0, horizon) < delay
    else:
        assert tolerated_delay(least, horizon) >= delay
        assert delay == 0 or tolerated_delay(np.nextafter(least, 0), horizon) < delay


@given(st.floats(0.01, 1), st.integers(1, 70))
def test_least_horizon_is_the_first_that_tolerates_the_delay(threshold, delay):
    least = least_horizon(threshold, delay)
    assert tolerated_delay(threshold, least) >= delay
    assert all(tolerated_delay(threshold, h) < delay for h in range(1, least))


def test_table_in_the_docs_is_what_the_rule_says():
    lines = (Path(__file__).parents[1] / 'docs/tuning.md').read_text().splitlines()
    head = lines.index('| H | T = 0.3 | T = 0.5 | T = 0.7 |')
    for horizon, line in zip((20, 30, 50, 100), lines[head + 2:], strict=False):
        delays = [tolerated_delay(threshold, horizon) for threshold in (0.3, 0.5, 0.7)]
        cells = [f'{d} steps, {1000 * d / 30:.0f} ms' for d in delays]
        assert line == f'| {horizon} | {" | ".join(cells)} |'


def test_any_horizon_tolerates_no_delay_and_none_does_when_asked_only_when_empty():
    assert least_horizon(0.0, 0) == 1
    assert least_horizon(0.0, 1) is None
