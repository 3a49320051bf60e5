"""Control tick: starvation holds the robot; in lockstep a chunk is usable after exactly d steps."""

from dataclasses import replace
from itertools import repeat

import numpy as np
import pytest

from helpers import NAMES, SECOND, STEP_NS, chunk, rows, stream
from robot_bridge.control_loop import ControlLoop
from robot_bridge.driver import DriverError, DriverSpec, Reading
from robot_bridge.lockstep import Lockstep
from robot_bridge.shaping.parameters import ShapingParams
from robot_bridge.shaping.shaper import MotionShaper
from robot_bridge.states import Event, State


class RecordingDriver:
    """Notes what it is told. Its columns are increments, unless they are named like its joints."""

    joints = ('j', 'k')

    spec = DriverSpec('recording', NAMES, ('rad', 'rad'), np.full(2, -100.0), np.full(2, 100.0), 20)

    def __init__(self):
        self.told = []
        self.camera_reads = 0
        self.broken = False

    def read(self, *, cameras):
        self.camera_reads += cameras
        return Reading(self.joints, np.zeros(2))

    def write(self, action):
        if self.broken:
            raise DriverError('cable cut')
        self.told.append(float(action[0]))

    def hold(self):
        self.told.append('hold')

    def stop(self):
        if self.broken:
            raise DriverError('cable cut')
        self.told.append('stop')


def make(delay=None, watchdog_ns=0, **kwargs):
    driver = RecordingDriver()
    lockstep = None if delay is None else Lockstep(lambda seed: repeat(delay))
    shaper = MotionShaper(driver.spec, ShapingParams(), STEP_NS, STEP_NS)
    loop = ControlLoop(driver, stream(**kwargs), shaper, lockstep, watchdog_ns)
    loop.start('s', 0, '')
    return loop, driver


def answer(request, horizon=10):
    """The chunk whose row for timestep t holds t."""
    return chunk(rows(*range(request.timestep, request.timestep + horizon)),
                 first=request.timestep, request=request.request_id)


def test_robot_is_ready_and_held_until_the_first_chunk_then_runs_then_starves():
    loop, driver = make(threshold=0.0)
    request = loop.tick(0, 0, True).request
    assert loop.state is State.READY
    loop.on_chunk(answer(request, 2), 0)
    states = [(loop.tick(0, 0, False), loop.state)[1] for _ in range(3)]
    assert states == [State.RUNNING, State.RUNNING, State.STARVED]
    assert driver.told == ['hold', 0.0, 1.0, 'hold']


def test_position_robot_without_rows_is_kept_where_it_was_sent(monkeypatch):
    monkeypatch.setattr(RecordingDriver, 'joints', NAMES)
    loop, driver = make(threshold=0.0)
    loop.on_chunk(answer(loop.tick(0, 0, True).request, 2), 0)
    for _ in range(3):
        loop.tick(0, 0, False)
    assert (driver.told, loop.state) == (['hold', 0.0, 1.0, 1.0], State.STARVED)


def test_velocity_that_is_named_like_its_joint_is_never_repeated_while_starved(monkeypatch):
    monkeypatch.setattr(RecordingDriver, 'joints', NAMES)
    monkeypatch.setattr(RecordingDriver, 'spec', replace(RecordingDriver.spec,
                                                         commands_positions=False))
    loop, driver = make(threshold=0.0)
    loop.on_chunk(answer(loop.tick(0, 0, True).request, 2), 0)
    for _ in range(3):
        loop.tick(0, 0, False)
    assert driver.told == ['hold', 0.0, 1.0, 'hold']


def test_nothing_is_asked_while_nobody_listens():
    loop, _ = make()
    assert loop.tick(0, 0, False).request is None
    assert loop.stream.counters.requests == 0


@pytest.mark.parametrize('delay', [0, 1, 3, 5])
@pytest.mark.parametrize('threshold', [0.5, 1.0])
@pytest.mark.parametrize('latency_ticks', [0, 1, 40])
def test_lockstep_result_does_not_depend_on_how_long_the_policy_takes(
        delay, threshold, latency_ticks):
    """The same actions at the same steps, whether an answer takes no time or very long."""
    loop, driver = make(delay, threshold=threshold)
    waiting = None
    for now in range(2000):
        tick = loop.tick(now, 0, True)
        if tick.request:
            waiting = tick.request, now + latency_ticks
        if waiting and now >= waiting[1]:
            loop.on_chunk(answer(waiting[0]), now)
            waiting = None
        if len(driver.told) == 30:
            break
    assert driver.told == ['hold'] * delay + [float(t) for t in range(30 - delay)]
    assert loop.stream.counters.starved_ticks == delay
    assert loop.stream.counters.late_rows == pytest.approx(
        delay * (loop.stream.counters.chunks - 1))


def test_lockstep_renders_only_for_requests_and_never_while_it_waits():
    loop, driver = make(2, threshold=0.5)
    request = loop.tick(0, 0, True).request
    for now in range(1, 50):
        assert loop.tick(now, 0, True).request is None
    assert (driver.camera_reads, driver.told) == (1, ['hold', 'hold'])
    loop.on_chunk(answer(request), 50)
    assert loop.tick(51, 0, True).advanced


def test_lockstep_asks_again_at_the_same_step_after_a_lost_answer():
    loop, driver = make(0, deadline_ns=SECOND)
    first = loop.tick(0, 0, True).request
    again = loop.tick(SECOND, 0, True).request
    assert (again.timestep, again.request_id) == (first.timestep, first.request_id + 1)
    assert driver.told == []


def test_lockstep_holds_the_world_when_the_policy_is_gone_and_goes_on_when_it_is_back():
    loop, driver = make(0, threshold=1.0)
    loop.on_chunk(answer(loop.tick(0, 0, True).request), 0)
    loop.tick(0, 0, True)
    loop.tick(1, 0, True)
    loop.policy_lost()
    assert not loop.tick(2, 0, False).advanced
    assert (loop.state, loop.last_fault) == (State.HOLDING, 'policy_node is gone')
    loop.on_chunk(answer(loop.tick(3, 0, True).request), 3)
    assert loop.tick(4, 0, True).advanced
    assert (driver.told, loop.state) == ([0.0, 1.0], State.RUNNING)


def test_lockstep_says_that_it_holds_when_the_answer_takes_long():
    loop, _ = make(0, threshold=1.0, deadline_ns=100 * SECOND)
    loop.on_chunk(answer(loop.tick(0, 0, True).request), 0)
    loop.tick(0, 0, True)
    loop.tick(0, 0, True)
    loop.tick(SECOND, 0, True)
    assert loop.state is State.RUNNING
    loop.tick(SECOND + 1, 0, True)
    assert loop.state is State.HOLDING


def test_lockstep_world_stands_still_while_told_to_hold():
    loop, driver = make(0)
    loop.on_chunk(answer(loop.tick(0, 0, True).request), 0)
    loop.tick(0, 0, True)
    loop.hold(True)
    assert not loop.tick(0, 0, True).advanced
    assert driver.told == [0.0]


def test_policy_that_joins_is_asked_at_once_what_a_dead_one_was_asked():
    loop, _ = make(0, deadline_ns=100 * SECOND)
    first = loop.tick(0, 0, True).request
    assert loop.tick(1, 0, True).request is None
    loop.policy_joined()
    again = loop.tick(2, 0, True).request
    assert (again.timestep, again.request_id) == (first.timestep, first.request_id + 1)


def test_stale_answer_never_takes_the_place_of_the_awaited_one():
    loop, _ = make(0)
    request = loop.tick(0, 0, True).request
    loop.on_chunk(answer(request), 0)
    loop.on_chunk(chunk(rows(5), session='old'), 0)
    assert loop.tick(1, 0, True).action.tolist() == [0.0, 0.0]
    assert loop.stream.counters.refused_chunks == 1


def test_stop_empties_the_queue_and_tells_the_robot():
    loop, driver = make()
    loop.on_chunk(answer(loop.tick(0, 0, True).request), 0)
    loop.stop(Event.E_STOP, 'emergency stop')
    assert (driver.told[-1], len(loop.stream.buffer), loop.active) == ('stop', 0, False)


def test_robot_that_cannot_even_stop_is_a_fault():
    loop, driver = make()
    driver.broken = True
    loop.stop(Event.STOP)
    assert (loop.state, loop.last_fault) == (State.FAULT, 'cannot be stopped: cable cut')


def test_watchdog_stops_executing_rows_that_no_fresh_chunk_confirmed():
    loop, driver = make(threshold=0.0, watchdog_ns=100)
    loop.on_chunk(answer(loop.tick(0, 0, True).request), 50)
    loop.tick(150, 0, False)
    loop.tick(151, 0, False)
    assert (driver.told, loop.state) == (['hold', 0.0, 'hold'], State.STARVED)
    assert loop.stream.counters.expired_rows == 9


def test_held_robot_executes_nothing_and_goes_on_with_fresh_rows_only():
    loop, driver = make(threshold=0.0)
    loop.on_chunk(answer(loop.tick(0, 0, True).request), 0)
    loop.tick(0, 0, True)
    loop.hold(True)
    assert (loop.state, driver.told) == (State.HOLDING, ['hold', 0.0, 'hold'])     # at once
    loop.tick(0, 0, True)
    assert driver.told[2:] == ['hold', 'hold']
    loop.hold(False)
    request = loop.tick(0, 0, True).request
    assert (request.must_go, request.timestep) == (True, 1)
    loop.on_chunk(answer(request), 0)
    loop.tick(0, 0, True)
    assert (loop.state, driver.told[-1]) == (State.RUNNING, 1.0)


def test_answer_to_what_was_asked_before_a_hold_is_not_executed_after_it():
    loop, driver = make(threshold=0.0)
    request = loop.tick(0, 0, True).request
    loop.hold(True)
    loop.hold(False)
    loop.on_chunk(answer(request), 0)
    assert (len(loop.stream.buffer), loop.stream.counters.refused_chunks) == (0, 1)
    assert loop.tick(0, 0, True).request.must_go


def test_release_without_a_hold_changes_nothing():
    loop, _ = make(threshold=0.0)
    loop.on_chunk(answer(loop.tick(0, 0, True).request), 0)
    loop.tick(0, 0, True)
    queued = len(loop.stream.buffer)
    loop.hold(False)
    assert (loop.state, len(loop.stream.buffer)) == (State.RUNNING, queued)


def test_hold_outlasts_a_fault_and_can_be_told_during_one():
    loop, driver = make(threshold=0.0)
    loop.stop(Event.FAIL, 'cable cut')
    loop.hold(True)
    loop.start('again', 0, '')
    loop.tick(0, 0, True)
    assert (loop.state, driver.told[-1]) == (State.HOLDING, 'hold')
    loop.hold(False)
    assert loop.state is State.READY


def test_joints_are_looked_up_anew_in_each_session(monkeypatch):
    pose = {'a': 1.0, 'b': -1.0}
    monkeypatch.setattr(RecordingDriver, 'spec', replace(RecordingDriver.spec,
                                                         commands_positions=True))
    monkeypatch.setattr(RecordingDriver, 'joints', NAMES)
    loop, driver = make()
    for joints in (NAMES, ('wheel', *NAMES)):
        monkeypatch.setattr(driver, 'read', lambda *, cameras, joints=joints: Reading(
            joints, np.array([pose.get(name, 9.0) for name in joints])))
        loop.start(f'with {len(joints)}', 0, '')
        request = loop.tick(0, 0, True).request
        loop.on_chunk(answer(request), 0)
        assert loop.shaper._measured.tolist() == [pose[name] for name in NAMES]


def test_emergency_stop_cannot_be_started_before_its_reset():
    loop, _ = make()
    loop.stop(Event.E_STOP, 'emergency stop')
    with pytest.raises(DriverError, match='reset it first'):
        loop.start('next', 0, '')
    assert loop.state is State.E_STOPPED
    loop.reset_e_stop()
    loop.start('next', 0, '')
    assert loop.state is State.READY
