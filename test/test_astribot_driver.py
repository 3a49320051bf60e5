"""The S1: every column reaches its slot, the rest is held, whatever fails is a DriverError."""

from functools import partial

import numpy as np
import pytest
from astribot_robot import (
    C16,
    C22,
    C25,
    SDK,
    answer,
    bridge,
    by_joint,
    joints,
    make_driver,
    plug_in,
)

from robot_bridge.driver import DriverError
from robot_bridge.drivers.astribot import AstribotDriver, Params
from robot_bridge.emulators.astribot import sdk
from robot_bridge.states import Event, State
from segue_core.parameters import ParameterError

STEP = 1 / 30
MODES = ('positions', 'waypoints')


@pytest.fixture
def world(monkeypatch):
    return plug_in(monkeypatch)


@pytest.fixture
def robot(world):
    return world[1]


@pytest.fixture
def make(world):
    return partial(make_driver, world[0])


def home(robot, names):
    return np.array([by_joint(robot.desired())[name] for name in names])


# ---- columns by name ----
@pytest.mark.parametrize('seed', range(3))
@pytest.mark.parametrize('mode', MODES)
@pytest.mark.parametrize('names', [C16, C22, C25], ids=len)
def test_each_column_reaches_its_slot_whatever_the_order(world, make, robot, names, mode, seed):
    names = np.random.default_rng(seed).permutation(names).tolist()
    before = by_joint(robot.desired())
    wanted = {name: before[name] + 0.01 * np.sqrt(k + 2) for k, name in enumerate(names)}
    assert len(set(wanted.values())) == len(names)
    loop = bridge(make(rate=30.0, waypoints_per_call=1, mode=mode), names)
    loop.on_chunk(answer(loop.tick(0, 0, True).request, names, [[wanted[n] for n in names]] * 3), 0)
    world[0].advance(STEP)
    loop.tick(0, 0, True)
    command = robot.record.commands[-1]
    held = {} if 'astribot_chassis_x' in names else {n: before[n] for n in joints('torso', 'head')}
    assert by_joint(command.values) == pytest.approx({**held, **wanted})
    assert command.names == tuple(sdk.ALL.names[0 if len(names) == 25 else 1:])
    assert (robot.record.appended_torso, robot.record.refused) == (0, {})


def test_the_width_is_that_of_the_contract(make):
    for names in (C16, C22, C25, joints('arm_left')):
        driver = make(names)
        assert set(driver.spec.action_names) == set(names)
        assert len(driver.spec.lower) == len(driver.spec.action_units) == len(names)


@pytest.mark.parametrize(('names', 'complaint'), [
    (C16[:-1] + ('astribot_gripper',), "has \\['astribot_gripper'\\]"),
    (C16[1:], "15 columns and lacks \\['astribot_arm_left_joint_1'\\]"),
    (C22 + C22[:1], 'unique'),
    ((), 'empty')])
def test_wrong_names_and_widths_are_refused_before_the_robot_is_opened(robot, make, names,
                                                                       complaint):
    with pytest.raises(ParameterError, match=complaint):
        bridge(make(), names)
    assert robot.owner is None


def test_an_action_that_is_not_as_wide_or_no_number_never_reaches_the_robot(make, robot):
    driver = make(C16)
    driver.connect()
    for action in (np.zeros(22), np.full(16, np.nan)):
        with pytest.raises(DriverError, match='must be 16 numbers'):
            driver.write(action)
    assert robot.record.accepted == 0


def test_units_are_those_of_the_robot(make):
    spec = make(C25).spec
    units = dict(zip(spec.action_names, spec.action_units, strict=True))
    assert {units[n] for n in joints('arm_left', 'torso', 'head')} == {'rad'}
    assert [units[n] for n in joints('gripper_left', 'chassis')] == ['percent', 'm', 'm', 'rad']


def test_all_joints_of_all_parts_are_read(make, robot, world):
    driver = make(C16)
    driver.connect()
    driver.write(home(robot, driver.spec.action_names) + 0.004)
    world[0].advance(0.008)
    reading = driver.read(cameras=False)
    assert dict(zip(reading.joint_names, reading.positions, strict=True)) == by_joint(
        robot.position())
    assert reading.velocities.tolist() == robot.velocity().tolist()
    assert np.abs(reading.velocities).max() > 0


# ---- what the policy does not command ----
def test_nothing_is_commanded_before_the_first_action(make, robot):
    driver = make()
    driver.connect()
    driver.hold()
    assert robot.record.accepted == 0


@pytest.mark.parametrize('mode', MODES)
def test_what_is_not_commanded_is_held_at_its_desired_position_not_where_it_sags_to(
        make, robot, mode, monkeypatch):
    monkeypatch.setattr(robot, 'position', lambda: robot.desired() - 0.02)
    driver = make(C16, mode=mode, waypoints_per_call=1)
    driver.connect()
    driver.write(home(robot, driver.spec.action_names))
    told = by_joint(robot.record.commands[-1].values)
    assert {told[n] - by_joint(robot.desired())[n] for n in joints('head', 'torso')} == {0.0}
    assert not set(joints('chassis')) & set(told)


def test_held_joints_go_to_their_values_smoothly_and_stay(make, robot, world):
    driver = make(C16, held_joints=joints('head'), held_values=(0.1, 0.5), held_time=0.4)
    driver.connect()
    action, ticks = home(robot, driver.spec.action_names), []
    for _ in range(150):
        driver.write(action)
        ticks.append([by_joint(robot.record.commands[-1].values)[n] for n in joints('head')])
        world[0].advance(0.004)
    assert ticks[99:] == [pytest.approx([0.1, 0.5])] * 51
    steps = np.diff([[0.0, 0.0], *ticks], axis=0)
    assert (steps >= 0).all()
    assert np.abs(np.diff(steps, axis=0)).max() < 4e-4     # a straight line would jump by 5e-3


def test_hold_repeats_the_last_command(make, robot, world):
    driver = make(held_joints=joints('head'), held_values=(0.1, 0.5))   # on their way there
    driver.connect()
    driver.write(home(robot, driver.spec.action_names))
    world[0].advance(0.004)
    driver.hold()
    first, second = robot.record.commands
    assert by_joint(second.values) == by_joint(first.values)
    assert second.told_ns > first.told_ns


@pytest.mark.parametrize(('params', 'complaint'), [
    ({'held_joints': ('astribot_arm_left_joint_1',), 'held_values': (0.0,)}, 'not usable'),
    ({'held_joints': joints('head'), 'held_values': (0.0,)}, 'one value for each'),
    ({'held_joints': joints('head'), 'held_values': (0.0, 9.0)}, 'head_joint_2 must be within'),
    ({'range_joints': ('elbow',), 'range_lower': (0.0,), 'range_upper': (1.0,)}, 'elbow')])
def test_parameters_that_do_not_fit_are_refused(make, params, complaint):
    with pytest.raises(ParameterError, match=complaint):
        make(C16, **params)


@pytest.mark.parametrize('control_way', ['filter', 'direct'])
@pytest.mark.parametrize('use_wbc', [False, True])
def test_control_way_and_whole_body_control_are_passed_on(make, robot, control_way, use_wbc):
    driver = make(control_way=control_way, use_wbc=use_wbc)
    driver.connect()
    driver.write(home(robot, driver.spec.action_names))
    command = robot.record.commands[-1]
    assert (command.control_way, command.use_wbc) == (control_way, use_wbc)


# ---- stop ----
@pytest.mark.parametrize('mode', MODES)
def test_a_stopped_robot_accepts_commands_again_with_the_next_write(make, robot, world, mode):
    driver = make(mode=mode, waypoints_per_call=1)
    driver.connect()
    driver.write(home(robot, driver.spec.action_names))
    driver.stop()
    assert robot.stopped
    driver.hold()
    assert robot.stopped
    world[0].advance(0.1)
    driver.write(home(robot, driver.spec.action_names))
    assert (robot.stopped, robot.record.accepted, robot.record.ignored) == (False, 2, 0)


# ---- whatever fails is a DriverError with a remedy ----
def test_an_sdk_that_is_not_installed_is_named_with_the_remedy():
    driver = AstribotDriver(Params())
    with pytest.raises(DriverError, match='astribot_sdk.*environment.*astribot.sdk'):
        driver.connect()


def test_a_robot_that_is_off_cannot_be_opened(make, robot):
    robot.plugged = False
    with pytest.raises(DriverError, match='to connect failed.*is on'):
        make().connect()


def test_control_is_not_taken_from_another_program_unless_asked_for(make, robot, capsys):
    other = sdk.Astribot()
    with pytest.raises(DriverError, match='another program.*high_control_rights'):
        make().connect()
    assert other.get_control_rights_status()
    make(high_control_rights=True).connect()
    assert not other.get_control_rights_status()


def test_losing_control_is_noticed_at_the_next_tick(make, robot):
    driver = make()
    driver.connect()
    sdk.Astribot(high_control_rights=True)
    with pytest.raises(DriverError, match='another program'):
        driver.read(cameras=False)


def test_silent_drivers_are_noticed_at_the_next_tick(make, robot, monkeypatch):
    clients = []
    monkeypatch.setattr(sdk, 'Astribot', type('Kept', (sdk.Astribot,), {
        '__init__': lambda self, **kwargs: (super(type(self), self).__init__(**kwargs),
                                            clients.append(self))[0]}))
    driver = make()
    driver.connect()
    driver.read(cameras=False)
    clients[0].astribot_interface.flag_robot_driver_alive = False
    with pytest.raises(DriverError, match='the robot is gone'):
        driver.read(cameras=False)


def test_a_robot_with_narrower_ranges_is_refused_and_the_remedy_works(make, robot):
    robot.upper[list(sdk.ALL.joints).index('astribot_torso_joint_1')] = 1.0
    with pytest.raises(DriverError, match=r'range_joints: \[astribot_torso_joint_1\], range_lower: '
                       r'\[-0.04\], range_upper: \[1.0\]'):
        make(C22).connect()
    driver = make(C22, range_joints=('astribot_torso_joint_1',), range_lower=(-0.04,),
                  range_upper=(1.0,))
    driver.connect()
    assert driver.spec.upper[list(driver.spec.action_names).index('astribot_torso_joint_1')] == 1.0


@pytest.mark.parametrize('mode', MODES)
def test_what_the_sdk_refuses_is_told_as_it_says_it(make, robot, mode):
    driver = make(mode=mode, waypoints_per_call=1)
    driver.connect()
    action = home(robot, driver.spec.action_names)
    action[0] += 1.0
    with pytest.raises(DriverError, match='ValueError: astribot_arm_left_joint_1 would move'):
        driver.write(action)
        driver.write(action)    # a call of waypoints fails on another thread


@pytest.mark.parametrize('broken', [[[0.0]], None, [[float('nan')] * 3] * 7])
def test_readings_that_cannot_be_true_are_errors(make, monkeypatch, broken):
    driver = make()
    driver.connect()
    monkeypatch.setattr(sdk.Astribot, 'get_current_joints_position', lambda *_: broken)
    with pytest.raises(DriverError, match='read the joints'):
        driver.read(cameras=False)


def test_a_robot_that_goes_away_and_comes_back_is_driven_on_at_rest(make, robot, world):
    loop = bridge(make(rate=30.0), C16)
    rows = [home(robot, C16)] * 3
    loop.on_chunk(answer(loop.tick(0, 0, True).request, C16, rows), 0)
    loop.tick(0, 0, True)
    robot.plugged = False
    with pytest.raises(DriverError, match='gone'):
        loop.tick(0, 0, True)
    loop.stop(Event.FAIL, 'gone')
    with pytest.raises(DriverError):
        loop.reconnect()
    robot.plugged = True
    loop.reconnect()
    loop.start('t', 0, '')
    assert loop.state is State.READY
    accepted = robot.record.accepted
    loop.on_chunk(answer(loop.tick(0, 0, True).request, C16, rows), 0)
    world[0].advance(STEP)
    loop.tick(0, 0, True)
    assert robot.record.accepted == accepted + 1
    assert by_joint(robot.record.commands[-1].values) == pytest.approx(
        {n: v for n, v in by_joint(robot.desired()).items() if n not in joints('chassis')})


def test_the_sdk_of_the_tests_is_no_default():
    assert Params().sdk != SDK
