"""The SO101 driver with the vendor's SDK against emulated servos in another process."""

from dataclasses import replace

import numpy as np
import pytest
from graph import wait_for
from so101_arm import CALIBRATION, LOW, REPLY_TIMEOUT, EmulatedArm

from robot_bridge.driver import Driver, DriverError, Level, Monitored
from robot_bridge.drivers.so101.bus import NoReplyError, ServoBus
from robot_bridge.drivers.so101.calibration import load, save
from robot_bridge.drivers.so101.registers import JOINTS, MAX_TORQUE

MIDDLE = np.array([0, 0, 0, 0, 0, 50.0])


@pytest.fixture
def arm(graph):
    return EmulatedArm(graph)


@pytest.fixture
def driver(arm):
    made = arm.driver()
    made.connect()
    yield made
    made.disconnect()


def columns(driver):
    """Measured pose in the action columns."""
    reading = driver.read(cameras=False)
    return np.array([reading.positions[reading.joint_names.index(name)]
                     for name in driver.spec.action_names])


def move_to(driver, goal, tolerance=0.2):
    driver.write(goal)
    wait_for(lambda: np.abs(columns(driver) - goal).max() < tolerance, 20, f'arm at {goal}')


def test_arm_is_read_in_radians_and_in_the_units_of_its_columns(driver):
    assert isinstance(driver, Monitored)
    reading = driver.read(cameras=False)
    assert reading.joint_names == (*JOINTS, *(f'{joint}.pos' for joint in JOINTS))
    assert reading.positions[:5] == pytest.approx(np.zeros(5), abs=2e-3)
    assert reading.positions[6:] == pytest.approx(MIDDLE, abs=0.1)


@pytest.mark.parametrize(('units', 'goal'), [
    ('percent', [30, -40, 50, -60, 70, 10.0]), ('degrees', [20, -30, 40, -50, 160, 90.0]),
    ('rad', [0.3, -0.4, 0.5, -0.6, 2.0, 1.0])])
def test_arm_goes_where_it_is_told_in_each_unit(arm, units, goal):
    driver: Driver = arm.driver(units=units)
    driver.connect()
    move_to(driver, np.array(goal))
    assert arm.record['violations'] == '0'
    driver.disconnect()


def test_torque_goes_on_without_a_jump_and_off_at_the_end(arm, driver):
    arm.set(goal_step_limit=3)
    driver.hold()
    before = columns(driver)
    arm.set(hand=[float(x) for x in LOW])       # a hand cannot move a joint that has torque
    for _ in range(5):
        driver.hold()
        assert columns(driver) == pytest.approx(before, abs=0.2)
    driver.disconnect()
    arm.move_by_hand(LOW)
    driver.connect()
    driver.hold()
    assert np.abs(columns(driver) - before).min() > 20
    assert arm.record['violations'] == '0'


@pytest.mark.parametrize('on_stop', ['hold', 'torque_off'])
def test_stop_holds_the_measured_pose_or_lets_the_arm_sink(arm, on_stop):
    driver = arm.driver(on_stop=on_stop)
    driver.connect()
    arm.set(jammed_servos=[1])
    driver.write(np.array([90, 0, 0, 0, 0, 50.0]))
    driver.stop()
    arm.set(jammed_servos=[])
    assert columns(driver) == pytest.approx(MIDDLE, abs=0.2)    # the goal of 90 is forgotten
    arm.set(hand=[float(x) for x in LOW])
    if on_stop == 'torque_off':
        arm.move_by_hand(LOW)
        driver.hold()
        arm.set(hand=[x + 500.0 for x in LOW])
    pose = columns(driver)
    assert (pose[1] < -40) == (on_stop == 'torque_off')
    for _ in range(5):
        assert columns(driver) == pytest.approx(pose, abs=2.0)
    driver.disconnect()


def test_arm_far_outside_of_its_range_gets_no_torque_until_it_is_moved_back(arm, driver):
    arm.move_by_hand([*LOW[:5], LOW[5] - 300])
    with pytest.raises(DriverError, match='gripper is 100 steps outside of its calibrated range'):
        driver.hold()
    arm.move_by_hand([*LOW[:5], LOW[5] - 250])
    driver.hold()
    assert arm.record['goals'] == '6'


def test_goals_outside_the_range_never_reach_the_bus(arm, driver):
    for goal in ([200] * 6, [-200] * 6, [1e9] * 6):
        driver.write(np.array(goal, dtype=float))
    with pytest.raises(DriverError, match='numbers'):
        driver.write(np.full(6, np.nan))
    record = arm.record
    assert (record['violations'], record['goals']) == ('0', '24')      # torque on, three writes


def test_lost_and_garbled_replies_are_survived_and_counted(arm, driver):
    driver.hold()
    arm.set(packet_loss=0.05, corruption=0.05)
    goal = MIDDLE + 5
    for _ in range(60):
        driver.write(goal)
        driver.read(cameras=False)
    assert columns(driver) == pytest.approx(goal, abs=0.2)
    bus = driver.health()[0]
    assert bus.name == 'bus' and int(bus.values['lost_replies']) > 0
    arm.set(packet_loss=0.0, corruption=0.0)


def test_reply_that_is_late_is_never_taken_for_another(arm):
    bus = ServoBus(arm.port, REPLY_TIMEOUT)
    bus.open()
    blocks = [(0, 86), (56, 2), (3, 3), (60, 11)]      # address and size, as the driver reads them
    truth = {block: bus.read_block(5, *block) for block in blocks}
    arm.set(usb_latency=1.5 * REPLY_TIMEOUT)
    answered = 0
    for block in blocks * 3:
        try:
            assert bus.read_block(5, *block) == truth[block]
            answered += 1
        except NoReplyError:
            pass
    assert answered and bus.counters.lost
    bus.close()


def test_dead_servo_is_named_after_some_ticks_and_the_arm_can_be_used_again(arm):
    driver = arm.driver(max_lost_reads=3)
    driver.connect()
    driver.hold()
    arm.set(dead_servos=[3])
    for _ in range(3):
        driver.read(cameras=False)
    with pytest.raises(DriverError, match=r'servo 3 \(elbow_flex\) does not answer any more'):
        driver.read(cameras=False)
    driver.stop()
    with pytest.raises(DriverError, match=r'servo 3 \(elbow_flex\).*ids that do: \[1, 2, 4, 5, 6'):
        driver.reconnect()
    arm.set(dead_servos=[])
    driver.reconnect()
    move_to(driver, MIDDLE + 10)
    driver.disconnect()


def test_arm_without_power_is_told_from_a_dead_servo(arm, driver):
    driver.hold()
    arm.set(powered=False)
    with pytest.raises(DriverError, match='power supply'):
        for _ in range(12):
            driver.read(cameras=False)
    arm.set(powered=True)
    driver.reconnect()
    move_to(driver, MIDDLE + 10)


def test_cut_cable_is_an_error_and_the_port_is_opened_again(arm, driver):
    driver.hold()
    arm.set(plugged=False)
    with pytest.raises(DriverError, match='USB cable'):
        driver.read(cameras=False)
    driver.stop()
    with pytest.raises(DriverError, match='cannot be opened'):
        driver.reconnect()
    arm.set(plugged=True)
    driver.reconnect()
    move_to(driver, MIDDLE + 10)


def test_port_in_use_is_said_to_be_so(arm):
    driver = arm.driver()
    with arm.other_program(), pytest.raises(DriverError, match='used by another program'):
        driver.connect()
    driver.connect()
    driver.disconnect()


def test_wrong_id_says_which_ids_there_are(graph):
    arm = EmulatedArm(graph, ids='[1, 2, 3, 4, 5, 7]')
    with pytest.raises(DriverError, match=r'6 \(gripper\).*\[1, 2, 3, 4, 5, 7\].*so101_setup ids'):
        arm.driver().connect()


def test_calibration_for_another_arm_is_refused_unless_it_shall_be_written(arm, tmp_path):
    ours = load(CALIBRATION)
    save(tmp_path / 'other.json',
         {**ours, 'elbow_flex': replace(ours['elbow_flex'], homing_offset=12)})
    there = {'id': 'other', 'calibration_dir': str(tmp_path)}
    with pytest.raises(DriverError, match='elbow_flex homing_offset -840 instead of 12.*another'):
        arm.driver(**there).connect()
    driver = arm.driver(**there, write_calibration=True)
    driver.connect()
    driver.disconnect()
    arm.set(powered=False)
    arm.set(powered=True)
    again = arm.driver(**there)
    again.connect()     # it outlasted the power supply
    again.disconnect()
    assert arm.record['violations'] == '0'


def test_servos_are_set_up_as_lerobot_does_for_good(arm, driver):
    driver.disconnect()
    arm.set(powered=False)      # what is not in the EEPROM is forgotten
    arm.set(powered=True)
    bus = ServoBus(arm.port, REPLY_TIMEOUT)
    bus.open()
    table = bus.read_block(JOINTS['gripper'], 0, 86)
    assert [table[i] for i in (7, 21, 22, 23, 33, 36, 85)] == [0, 16, 32, 0, 0, 25, 254]
    assert (table[16] | table[17] << 8, table[28] | table[29] << 8) == (500, 250)
    assert MAX_TORQUE.of(bus.read_block(JOINTS['wrist_roll'], 0, 86)) == 1000
    bus.close()


@pytest.mark.parametrize('leave', [True, False])
def test_arm_that_shall_be_held_does_not_sink_while_it_is_opened_anew(arm, leave):
    driver = arm.driver(disable_torque_on_disconnect=not leave)
    driver.connect()
    driver.hold()
    arm.set(hand=[float(x) for x in LOW])
    if leave:
        driver.disconnect()
        driver.connect()
    else:
        driver.reconnect()
    for _ in range(5):
        assert columns(driver) == pytest.approx(MIDDLE, abs=0.2)
    driver.disconnect()


def test_jammed_joint_and_hot_servo_are_in_the_health(arm):
    driver = arm.driver(health_period=0.1)
    driver.connect()
    arm.set(jammed_servos=[2], hot_servos=[5])
    driver.write(MIDDLE + 30)

    def health():
        driver.read(cameras=False)
        return {part.name: part for part in driver.health()}
    wait_for(lambda: 'overload' in health()['shoulder_lift'].message, 30, 'overload')
    parts = health()
    assert parts['shoulder_lift'].level is Level.ERROR
    assert 'overheated' in parts['wrist_roll'].message
    assert parts['wrist_roll'].values['temperature'] == '75 C'
    assert (parts['gripper'].level, parts['gripper'].values['voltage']) == (Level.OK, '7.4 V')
    driver.disconnect()
