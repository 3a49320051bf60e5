"""A simulator on the wall clock: it steps by itself, callers never wait, failures come out."""

import threading
import time

import numpy as np
import pytest

from robot_bridge.driver import DriverError, DriverSpec, EpisodeStart, Reading, Simulator
from robot_bridge.drivers.realtime import MAX_APPLICATIONS, RealTimeSimulator

DEADLINE = 20.0
HELD = None


def eventually(condition):
    """Wait until a condition holds."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, 'it did not come true in time'
        time.sleep(0.001)


class FakeSimulator:
    """Notes what it is told, on which thread; can be made to wait or to fail."""

    def __init__(self, rate=1000.0):
        self.spec = DriverSpec('fake', ('a',), ('rad',), -np.ones(1), np.ones(1), rate)
        self.applied, self.threads, self.renderings, self.resets = [], set(), 0, []
        self.connected = self.goal_reached = False
        self.failure: Exception | None = None
        self.may_step = threading.Event()
        self.may_step.set()

    def connect(self):
        self._enter()
        self.connected = True

    def reset(self, init_state, seed):
        self._enter()
        self.resets.append((init_state, seed))
        self.applied.clear()
        return EpisodeStart('suite', 0, 'task', '', init_state, {})

    def read(self, *, cameras):
        self._enter()
        self.renderings += cameras
        images = {'top': np.full((1, 1, 3), self.renderings, np.uint8)} if cameras else {}
        return Reading(('a',), np.array([float(len(self.applied))]), images=images)

    def write(self, action):
        self._step(float(action[0]))

    def hold(self):
        self._step(HELD)

    def stop(self):
        raise AssertionError('the thread that steps holds instead')

    def success(self):
        self._enter()
        return self.goal_reached

    def disconnect(self):
        self._enter()
        self.connected = False

    def _step(self, action):
        self._enter()
        assert self.may_step.wait(DEADLINE)
        if self.failure:
            raise self.failure
        self.applied.append(action)

    def _enter(self):
        self.threads.add(threading.get_ident())


@pytest.fixture
def fake():
    return FakeSimulator()


@pytest.fixture
def running(fake):
    simulator = RealTimeSimulator(fake, camera_rate=1e6)
    simulator.connect()
    simulator.reset(0, 0)
    yield simulator
    fake.may_step.set()
    simulator.disconnect()


def test_it_is_a_simulator_itself(running: Simulator):
    assert isinstance(running, Simulator)
    assert running.spec.name == 'fake'


def test_world_goes_on_without_being_asked(running, fake):
    eventually(lambda: len(fake.applied) > 5)
    assert set(fake.applied) == {HELD}


def test_world_stands_still_before_the_first_episode(fake):
    simulator = RealTimeSimulator(fake)
    simulator.connect()
    with pytest.raises(DriverError, match='not connected'):
        RealTimeSimulator(fake).read(cameras=False)
    assert simulator.read(cameras=True).images
    assert not simulator.success()
    simulator.disconnect()
    assert fake.applied == []


def test_newest_action_is_applied_some_steps_and_then_held(running, fake):
    running.write(np.array([0.5]))
    eventually(lambda: 0.5 in fake.applied and fake.applied[-1] is HELD)
    running.read(cameras=False)
    assert fake.applied.count(0.5) == MAX_APPLICATIONS


@pytest.mark.parametrize('end', ['hold', 'stop'])
def test_hold_and_stop_end_an_action(running, fake, end):
    fake.may_step.clear()
    running.write(np.array([0.5]))
    getattr(running, end)()
    before = len(fake.applied)
    fake.may_step.set()
    eventually(lambda: len(fake.applied) > before + 2)
    assert 0.5 not in fake.applied[before + 1:]


def test_callers_do_not_wait_while_a_step_takes_long(running, fake):
    fake.may_step.clear()
    for _ in range(100):     # each would wait for the deadline if it waited at all
        running.write(np.array([0.1]))
        running.read(cameras=True)
        running.success()
    assert not fake.may_step.is_set()


def test_reading_follows_the_world(running):
    first = running.read(cameras=False).positions[0]
    eventually(lambda: running.read(cameras=False).positions[0] > first)


def test_images_come_only_when_asked_for_and_become_newer(running):
    assert running.read(cameras=False).images == {}
    first = running.read(cameras=True).images['top'][0, 0, 0]
    eventually(lambda: running.read(cameras=True).images['top'][0, 0, 0] != first)


def test_cameras_are_rendered_at_their_rate_at_most():
    fake = FakeSimulator()
    simulator = RealTimeSimulator(fake, camera_rate=0.001)
    simulator.connect()
    assert fake.renderings == 1
    simulator.reset(0, 0)
    eventually(lambda: len(fake.applied) > 20)
    simulator.disconnect()
    assert fake.renderings == 2


def test_success_is_that_of_the_newest_step(running, fake):
    assert not running.success()
    fake.goal_reached = True
    eventually(running.success)


def test_everything_happens_on_one_thread_that_ends(fake):
    before = threading.active_count()
    simulator = RealTimeSimulator(fake)
    simulator.connect()
    simulator.reset(3, 4)
    eventually(lambda: fake.applied)
    simulator.disconnect()
    assert fake.resets == [(3, 4)]
    assert len(fake.threads) == 1
    assert threading.get_ident() not in fake.threads
    assert threading.active_count() == before
    assert not fake.connected


@pytest.mark.parametrize('failure', [DriverError('it broke'), ValueError('it broke')])
def test_failure_of_a_step_comes_out_of_the_next_call_until_a_reset(running, fake, failure):
    fake.failure = failure
    eventually(lambda: _error(running) is not None)
    for call in (running.hold, running.success, lambda: running.write(np.zeros(1))):
        with pytest.raises(DriverError, match='it broke'):
            call()
    running.stop()
    fake.failure = None
    running.reset(1, 1)
    eventually(lambda: fake.applied)


def test_failure_to_connect_ends_the_thread(fake):
    def fail():
        raise DriverError('no such world')
    before = threading.active_count()
    fake.connect = fail
    simulator = RealTimeSimulator(fake)
    with pytest.raises(DriverError, match='no such world'):
        simulator.connect()
    assert threading.active_count() == before
    with pytest.raises(DriverError, match='not connected'):
        simulator.reset(0, 0)


def test_real_time_factor_is_simulated_over_wall_time():
    fake, now = FakeSimulator(rate=10.0), [0.0]
    step = fake._step

    def slow_step(action):
        now[0] += 0.2     # twice the period
        step(action)
    fake._step = slow_step
    simulator = RealTimeSimulator(fake, clock=lambda: now[0])
    simulator.connect()
    assert simulator.real_time_factor == 0.0
    simulator.reset(0, 0)
    eventually(lambda: len(fake.applied) > 5)
    simulator.stop()
    assert simulator.real_time_factor == pytest.approx(0.5)
    simulator.disconnect()


def _error(simulator):
    try:
        simulator.read(cameras=False)
    except DriverError as error:
        return error
    return None
