"""From 30 Hz rows to 250 Hz commands in simulated time: no gap, no jerk beyond the limit."""

import heapq

import numpy as np
import pytest
from astribot_robot import (
    C16,
    C22,
    C25,
    SECOND,
    answer,
    bridge,
    joints,
    make_driver,
    plug_in,
)
from shaping_helpers import differences, rounding

from robot_bridge.emulators.astribot.robot import ALL
from robot_bridge.shaping.parameters import ShapingParams
from robot_bridge.states import State

PERIOD_NS = 4_000_000
STEP_NS = round(SECOND / 30)
JERK = 300.0
GRIPPERS = joints('gripper_left', 'gripper_right')


def shaping(names):
    limited = tuple(n for n in names if n not in GRIPPERS)
    return ShapingParams(
        interpolation='cubic', gripper_columns=GRIPPERS, limited_columns=limited,
        velocity_limits=(1.0,), acceleration_limits=(10.0,), jerk_limits=(JERK,),
        binarize_gripper=True, gripper_open_threshold=40.0, gripper_close_threshold=60.0,
        gripper_open_value=0.0, gripper_closed_value=100.0)


class SlowPolicy:
    """Smooth motion of every column with noise at the seams; answers 50 to 100 ms later."""

    def __init__(self, names, home, seed):
        self.names, self.home, self.rng = names, np.array(home), np.random.default_rng(seed)
        self.pending = []

    def asked(self, request, now_ns):
        steps = request.timestep + np.arange(20)
        swing = np.sin(steps[:, np.newaxis] / 15 + np.arange(len(self.names)))
        rows = self.home + 0.05 * swing + self.rng.normal(0, 0.003, len(self.names))
        for k, name in enumerate(self.names):
            if name in GRIPPERS:
                rows[:, k] = 50 + 50 * np.sign(swing[:, k])
        late = int(self.rng.uniform(0.05, 0.1) * SECOND)
        heapq.heappush(self.pending, (now_ns + late, request.request_id,
                                      answer(request, self.names, rows)))

    def answers(self, now_ns):
        while self.pending and self.pending[0][0] <= now_ns:
            yield heapq.heappop(self.pending)[2]


def run(monkeypatch, names, seconds, seed=0, period_ns=PERIOD_NS):
    """Drive for a while; return the robot, the states, and the commands of the moving joints."""
    clock, robot = plug_in(monkeypatch)
    robot.record.commands = type(robot.record.commands)()       # keeps all
    driver = make_driver(clock, names)
    loop = bridge(driver, names, shaping(names), chunk_size_threshold=0.7)
    order = [ALL.joints.index(n) for n in names]
    policy = SlowPolicy(names, robot.desired()[order], seed)
    states = []
    for _ in range(int(seconds * SECOND / period_ns)):
        for chunk in policy.answers(clock.now_ns):
            loop.on_chunk(chunk, clock.now_ns)
        if request := loop.tick(clock.now_ns, clock.now_ns, True).request:
            policy.asked(request, clock.now_ns)
        states.append(loop.state)
        clock.now_ns += period_ns
    return robot, states, np.array([c.values for c in robot.record.commands])


@pytest.mark.parametrize('names', [C16, C22, C25], ids=len)
def test_commands_never_pause_for_more_than_two_periods_while_the_policy_thinks(monkeypatch, names):
    robot, states, _ = run(monkeypatch, names, 6.0)
    began = states.index(State.RUNNING)
    assert set(states[began:]) == {State.RUNNING}
    assert robot.record.accepted == len(states) - began
    assert (robot.record.gaps, robot.record.refused) == (0, {})
    assert robot.record.longest_gap_ns == PERIOD_NS


def test_a_driver_that_ticks_too_slowly_is_seen_by_the_robot(monkeypatch):
    robot, _, _ = run(monkeypatch, C16, 1.0, period_ns=3 * PERIOD_NS)
    assert robot.record.gaps > 50


@pytest.mark.parametrize('seed', range(3))
def test_jerk_stays_below_the_limit_at_every_seam(monkeypatch, seed):
    _, _, commands = run(monkeypatch, C22, 6.0, seed)
    moving = commands[:, [ALL.joints.index(n) for n in C22 if n not in GRIPPERS]]
    assert np.ptp(moving, axis=0).min() > 0.05
    for order, limit in ((1, 1.0), (2, 10.0), (3, JERK)):
        assert (differences(moving, order, PERIOD_NS) <= limit * (1 + 1e-6)
                + rounding(moving, order, PERIOD_NS)).all()


def test_grippers_are_open_or_closed(monkeypatch):
    _, _, commands = run(monkeypatch, C16, 4.0)
    told = commands[:, [ALL.joints.index(n) for n in GRIPPERS]]
    assert set(told.ravel()) == {0.0, 100.0}


def test_the_robot_does_what_the_policy_wants(monkeypatch):
    robot, _, commands = run(monkeypatch, C16, 4.0)
    order = [ALL.joints.index(n) for n in C16 if n not in GRIPPERS]
    assert np.abs(robot.position() - commands[-1])[order].max() < 0.01
