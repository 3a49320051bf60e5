"""Ready pose: the robot goes there first, shaped, and only then asks for chunks."""

import numpy as np
import pytest

from helpers import STEP_NS, chunk, rows, stream
from robot_bridge.approach import AT_REST, NEAR, Approach
from robot_bridge.assembly import assemble
from robot_bridge.control_loop import ControlLoop
from robot_bridge.driver import DriverError, DriverSpec, Reading
from robot_bridge.drivers.mock import Mock, Params
from robot_bridge.episodes import EpisodeParams
from robot_bridge.parameters import BridgeParams
from robot_bridge.shaping.parameters import ShapingParams
from robot_bridge.shaping.shaper import MotionShaper
from robot_bridge.states import Event, State
from segue_core.contract import Contract
from segue_core.parameters import ParameterError

NAMES = ('a', 'b')
STEP = STEP_NS * 1e-9
READY = np.array([1.0, np.nan])


class Arm:
    """Goes at once where it is told."""

    spec = DriverSpec('arm', NAMES, ('rad', 'rad'), np.full(2, -9.0), np.full(2, 9.0), 20.0)

    def __init__(self, pose=(0.0, 0.5)):
        self.pose, self.told = np.array(pose), []

    def read(self, *, cameras):
        return Reading(NAMES, self.pose.copy())

    def write(self, action):
        self.pose = action.copy()
        self.told.append(action)

    def hold(self):
        self.told.append('hold')

    def stop(self):
        self.told.append('stop')


class Blocked(Arm):
    """Does not get any further than 0.2."""

    def write(self, action):
        super().write(action)
        self.pose[0] = min(self.pose[0], 0.2)


def make(time=0.5, pose=READY, tick_ns=STEP_NS, **shaping):
    arm = Arm()
    shaper = MotionShaper(arm.spec, ShapingParams(**shaping), STEP_NS, tick_ns)
    loop = ControlLoop(arm, stream(), shaper, None, approach=Approach(NAMES, pose, time, STEP_NS))
    loop.start('s', 0, '')
    return loop, arm


def approach(loop, limit=1000):
    """Tick until the robot is ready; the ticks."""
    ticks = []
    while loop.state is State.APPROACHING:
        ticks.append(loop.tick(0, 0, True))
        assert len(ticks) < limit
    return ticks


def test_robot_goes_to_the_ready_pose_before_anything_is_asked():
    loop, arm = make()
    ticks = approach(loop)
    assert loop.state is State.READY
    assert [t.request for t in ticks] == [None] * len(ticks)
    assert arm.pose.tolist() == [1.0, 0.5]
    assert loop.tick(0, 0, True).request.must_go
    assert arm.told[-1] == 'hold'


def test_way_is_smooth_and_takes_the_time_given():
    loop, arm = make(time=0.5)
    approach(loop)
    speed = np.diff([0.0, *(told[0] for told in arm.told)]) / STEP
    assert (speed >= 0).all() and speed.max() == pytest.approx(1.875 / 0.5, rel=0.05)
    assert np.flatnonzero(speed > 1e-6)[-1] + 1 == round(0.5 / STEP)


def test_limits_hold_on_the_way_and_the_robot_arrives_later():
    loop, arm = make(time=0.1, velocity_limits=(0.5,), acceleration_limits=(2.0,),
                     jerk_limits=(50.0,))
    approach(loop)
    positions = np.array([told[0] for told in arm.told])
    assert np.diff(positions).max() <= 0.5 * STEP * (1 + 1e-6)
    assert positions[-1] == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize('shaping', [
    {'starvation_behavior': 'safe_pose', 'safe_pose': (-1.0,), 'safe_pose_delay': 0.0},
    {'starvation_behavior': 'decay'}])
def test_robot_waits_at_the_ready_pose_whatever_it_does_when_starved(shaping):
    loop, arm = make(**shaping)
    approach(loop)
    for _ in range(50):
        loop.tick(0, 0, False)
    assert arm.pose.tolist() == [1.0, 0.5]
    assert arm.told[-50:] == ['hold'] * 50


def test_first_chunk_begins_at_the_ready_pose_without_a_jump():
    loop, arm = make(time=0.2, velocity_limits=(0.5,))
    approach(loop)
    request = loop.tick(0, 0, True).request
    loop.on_chunk(chunk(rows(*[5.0] * 10), request=request.request_id), 0)
    loop.tick(0, 0, True)
    assert loop.state is State.RUNNING
    assert arm.pose[0] - 1.0 == pytest.approx(0.5 * STEP)


@pytest.mark.parametrize(('event', 'state'), [
    (Event.E_STOP, State.E_STOPPED), (Event.STOP, State.IDLE), (Event.FAIL, State.FAULT)])
def test_robot_is_stopped_at_once_on_its_way_and_begins_anew_from_where_it_is(event, state):
    loop, arm = make()
    for _ in range(5):
        loop.tick(0, 0, True)
    where = arm.pose.copy()
    loop.stop(event, 'told to')
    assert (arm.told[-1], loop.state, loop.active) == ('stop', state, False)
    loop.reset_e_stop()
    loop.start('t', 0, '')
    assert loop.state is State.APPROACHING
    loop.tick(0, 0, True)
    assert 0 <= arm.pose[0] - where[0] < 0.01
    approach(loop)
    assert arm.pose.tolist() == [1.0, 0.5]


def test_hold_interrupts_the_way_and_its_release_goes_on_with_it():
    loop, arm = make()
    for _ in range(5):
        loop.tick(0, 0, True)
    loop.hold(True)
    where = arm.pose.copy()
    loop.tick(0, 0, True)
    assert (loop.state, arm.told[-1], arm.pose.tolist()) == (
        State.HOLDING, 'hold', where.tolist())
    loop.hold(False)
    assert loop.state is State.APPROACHING
    approach(loop)
    assert arm.pose.tolist() == [1.0, 0.5]


def test_hold_after_the_arrival_does_not_send_the_robot_back():
    loop, _ = make()
    approach(loop)
    loop.hold(True)
    loop.hold(False)
    assert loop.state is State.READY


def test_robot_at_the_ready_pose_is_ready_at_once():
    loop, arm = make(pose=np.array([0.0, 0.5]), time=STEP)
    assert len(approach(loop)) == 2


# ---- arrived, or not ----
FAST_NS = 1_000_000


def test_low_pass_that_overshoots_is_waited_for():
    loop, arm = make(tick_ns=FAST_NS, low_pass_cutoff=0.3, low_pass_order=4)
    approach(loop, limit=30_000)
    assert max(told[0] for told in arm.told) > 1.05
    assert arm.pose[0] == pytest.approx(1.0, abs=NEAR)
    assert abs(arm.told[-1][0] - arm.told[-2][0]) <= 2 * AT_REST * FAST_NS * 1e-9


@pytest.mark.parametrize('tick_ns', [STEP_NS, FAST_NS])
@pytest.mark.parametrize('shaping', [
    {'velocity_limits': (0.5 * AT_REST,)}, {'acceleration_limits': (1e-5,)}])
def test_slow_motion_is_not_taken_for_rest(tick_ns, shaping):
    loop, arm = make(time=STEP, tick_ns=tick_ns, **shaping)
    for _ in range(300):
        loop.tick(0, 0, True)
    assert loop.state is State.APPROACHING and arm.pose[0] < 0.1


def test_command_near_the_pose_that_still_moves_has_not_arrived():
    way = Approach(NAMES, READY, STEP, STEP_NS)
    way.start(np.zeros(2))
    for where, pending in ((1.0 - 0.9 * NEAR, True), (1.0 - 0.8 * NEAR, True), (1.0, True),
                           (1.0, False)):
        way.pop()
        way.commanded(np.array([where, 0.0]))
        assert (way.pending, way.stuck) == (pending, '')


def test_robot_that_is_blocked_has_not_arrived_and_this_is_said():
    arm, way = Blocked(), Approach(NAMES, READY, 0.5, STEP_NS)
    shaper = MotionShaper(arm.spec, ShapingParams(max_relative_target=(0.05,)), STEP_NS, STEP_NS)
    loop = ControlLoop(arm, stream(), shaper, None, approach=way)
    loop.start('s', 0, '')
    assert way.stuck == ''
    for _ in range(300):
        loop.tick(0, 0, True)
    assert loop.state is State.APPROACHING and arm.pose[0] == 0.2
    assert way.stuck == 'a stays at 0.25 on its way to 1'
    loop.start('again', 0, '')
    assert way.stuck == ''


def test_column_without_a_ready_pose_may_come_to_rest_elsewhere():
    loop, arm = make(upper_limits=(9.0, 0.4), limited_columns=NAMES)
    approach(loop)
    assert arm.pose.tolist() == [1.0, 0.4]


@pytest.mark.parametrize('measured', [None, np.array([0.0, np.nan]), np.array([0.0, np.inf])])
def test_robot_whose_pose_is_not_known_is_refused(measured):
    with pytest.raises(DriverError, match=r"reports none of .*'b'\]: set move_to_ready to false"):
        Approach(NAMES, READY, 1.0, STEP_NS).start(measured)


# ---- parameters ----
def assembled(driver=None, shaping=None, **params):
    driver = driver or Mock(Params(joints=NAMES, rate=20.0))
    contract = Contract(STEP_NS, (), NAMES, ('rad', 'rad'))
    loop, _ = assemble(driver, BridgeParams(move_to_ready=True, **params), contract,
                       shaping or ShapingParams(), EpisodeParams())
    driver.connect()
    return loop, driver


def test_parameters_name_the_columns_that_go_and_where():
    loop, driver = assembled(ready_pose_columns=('b',), ready_pose=(0.3,), ready_time=0.5)
    loop.start('s', 0, '')
    approach(loop)
    assert driver.read(cameras=False).positions == pytest.approx([0.0, 0.3])


@pytest.mark.parametrize(('params', 'message'), [
    ({}, 'move_to_ready needs the parameter ready_pose'),
    ({'ready_pose': (9.0,)}, r'ready_pose of a must be within -3.14..3.14, got 9'),
    ({'ready_pose': (0.0,) * 3}, 'ready_pose must have one value or one for each of 2 columns'),
    ({'ready_pose': (0.0,), 'ready_pose_columns': ('c',)}, r"ready_pose_columns has \['c'\]")])
def test_parameters_that_do_not_fit_are_refused(params, message):
    with pytest.raises(ParameterError, match=message):
        assembled(**params)


def test_ready_pose_outside_of_the_limits_is_refused():
    with pytest.raises(ParameterError, match='ready_pose of a must be within -3.14.*0.5, got 1'):
        assembled(shaping=ShapingParams(upper_limits=(0.5,)), ready_pose=(1.0,))


def test_gripper_that_is_made_open_or_closed_arrives():
    loop, driver = assembled(shaping=ShapingParams(gripper_columns=('b',), binarize_gripper=True),
                             ready_pose=(0.7,))
    loop.start('s', 0, '')
    approach(loop)
    assert driver.read(cameras=False).positions == pytest.approx([0.7, 1.0])


def test_robot_whose_columns_are_no_joint_positions_is_refused():
    class Increments(Arm):
        spec = DriverSpec('increments', NAMES, ('rad', 'rad'), -np.ones(2), np.ones(2), 20.0,
                          commands_positions=False)

    with pytest.raises(ParameterError, match='those of driver increments are not'):
        assembled(Increments(), ready_pose=(0.0,))
