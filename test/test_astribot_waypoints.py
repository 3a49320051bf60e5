"""Rows become waypoints: arrivals on the policy's grid, one call after the other, nobody waits."""

import threading
from concurrent.futures import Executor, ThreadPoolExecutor

import numpy as np
import pytest
from astribot_robot import C16, SECOND, Clock, by_joint, joints, make_driver, plug_in, sender

from robot_bridge.driver import DriverError
from robot_bridge.drivers.astribot.waypoints import WaypointSender

STEP_NS = 40_000_000


class Calls:
    """Notes what the SDK is told: arrivals on the clock [ns], and rows."""

    def __init__(self, rows_per_call=3):
        self.clock, self.lengths, self.rows, self.arrivals = Clock(), [], [], []
        self.sender = sender(self.clock)(self.call, STEP_NS, rows_per_call)

    def call(self, rows, times):
        assert times[0] > 0
        self.lengths.append(len(rows))
        self.rows += [float(row[0]) for row in rows]
        self.arrivals += [self.clock.now_ns + round(t * SECOND) for t in times]

    def add(self, row, late_ns=0):
        self.clock.now_ns += late_ns
        self.sender.add(np.array([row]))
        self.clock.now_ns += STEP_NS - late_ns


def test_rows_arrive_one_step_apart_and_one_call_and_a_step_later():
    calls = Calls(rows_per_call=3)
    began = calls.clock.now_ns
    for k in range(12):
        calls.add(k)
    assert calls.lengths == [3] * 4
    assert calls.rows == list(range(12))
    assert calls.arrivals == [began + (k + 4) * STEP_NS for k in range(12)]


@pytest.mark.parametrize('seed', range(5))
def test_jitter_of_the_ticks_does_not_reach_the_arrivals(seed):
    calls, rng = Calls(), np.random.default_rng(seed)
    for k in range(30):
        calls.add(k, late_ns=int(rng.integers(0, STEP_NS)))
    assert set(np.diff(calls.arrivals)) == {STEP_NS}


def test_a_pause_leaves_points_of_the_grid_out_and_adds_no_delay():
    calls = Calls()
    for k in range(6):
        calls.add(k)
    calls.clock.now_ns += 10 * STEP_NS + STEP_NS // 3
    for k in range(6):
        calls.add(k)
    assert np.diff(calls.arrivals).tolist() == [STEP_NS] * 5 + [11 * STEP_NS] + [STEP_NS] * 5


def test_a_hold_sends_what_waits():
    calls = Calls()
    calls.add(0)
    calls.sender.flush()
    calls.sender.flush()
    assert calls.rows == [0.0]


def test_what_waits_when_it_is_stopped_is_never_sent():
    calls = Calls()
    calls.add(0)
    calls.sender.stop()
    for k in range(1, 4):
        calls.add(k)
    assert calls.rows == [1.0, 2.0, 3.0]


class Later(Executor):
    """Runs what was submitted when it is told to, as a thread that is busy with an earlier call."""

    def __init__(self):
        self.work = []

    def submit(self, fn, /, *args, **kwargs):
        self.work.append((fn, args))

    def run(self):
        for fn, args in self.work:
            fn(*args)


def test_a_robot_that_cannot_follow_is_an_error():
    clock, busy = Clock(), Later()

    def call(rows, times):
        clock.advance(2.0)      # for a motion of 80 ms

    made = WaypointSender(call, STEP_NS, 2, clock, busy, lambda stopped, seconds: None)
    for k in range(6):
        made.add(np.array([k]))
        clock.now_ns += STEP_NS
    busy.run()
    with pytest.raises(DriverError, match='s late: the robot cannot follow'):
        made.add(np.array([6]))


def test_a_call_that_lasts_blocks_nobody_and_the_next_one_waits_for_it():
    began, may_end, told = threading.Event(), threading.Event(), []

    def call(rows, times):
        told.append([float(row[0]) for row in rows])
        began.set()
        assert may_end.wait(20)

    with ThreadPoolExecutor(1) as executor:
        made = WaypointSender(call, STEP_NS, 2, executor=executor)
        for k in range(4):
            made.add(np.array([k]))
        assert began.wait(20)
        assert told == [[0.0, 1.0]]
        may_end.set()
    assert told == [[0.0, 1.0], [2.0, 3.0]]


def test_a_stopped_motion_ends_its_wait():
    done = threading.Event()
    with ThreadPoolExecutor(1) as executor:
        made = WaypointSender(lambda rows, times: done.set(), 3600 * SECOND, 1, executor=executor)
        made.add(np.zeros(1))
        assert done.wait(20)
        made.stop()


def test_the_robot_is_at_each_row_when_the_grid_says_so(monkeypatch):
    clock, robot = plug_in(monkeypatch)
    driver = make_driver(clock, C16, mode='waypoints', waypoint_rate=25.0, waypoints_per_call=3)
    driver.connect()
    at = np.array([by_joint(robot.desired())[n] for n in driver.spec.action_names])
    began, seen = clock.now_ns, []
    for k in range(30):
        driver.write(at + 0.01 * k)
        seen.append(by_joint(robot.desired())[joints('arm_left')[0]])
        clock.advance(0.04)
    first = at[list(driver.spec.action_names).index(joints('arm_left')[0])]
    assert [c.due_ns for c in robot.record.commands] == [
        began + (k + 4) * STEP_NS for k in range(30)]
    assert seen[8:28] == pytest.approx([first + 0.01 * (k - 4) for k in range(8, 28)], abs=1e-6)
