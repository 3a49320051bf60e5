"""Emulated servos: the protocol, the motor, the EEPROM, and limits that are watched. No port."""

from random import Random

import pytest

from robot_bridge.drivers.so101 import registers as r
from robot_bridge.emulators.so101.bus import Bus, Trouble
from robot_bridge.emulators.so101.protocol import (
    BROADCAST,
    HEADER,
    Instruction,
    Parser,
    checksum,
)
from robot_bridge.emulators.so101.servo import Servo, Surroundings


class World:
    """A bus with a clock."""

    def __init__(self, ids=(1, 2)):
        random = Random(0)
        self.bus = Bus({i: Servo(i, 2048, random) for i in ids}, random)
        self.now = 0.0

    def ask(self, servo, instruction, *params, baud=r.BAUD):
        (answer,) = self.bus.feed(packet(servo, instruction, params), self.now, baud)
        self.answer = answer
        return answer.data

    def write(self, servo, register, value):
        return self.ask(servo, Instruction.WRITE, register.address, *register.encode(value))

    def read(self, servo, register):
        data = self.ask(servo, Instruction.READ, register.address, register.size)
        return register.decode(data[5:-1])

    def move(self, servo, goal, seconds):
        self.write(servo, r.TORQUE_ENABLE, 1)
        self.write(servo, r.GOAL_POSITION, goal)
        self.now += seconds
        return self.read(servo, r.PRESENT_POSITION)


def packet(servo, instruction, params=()):
    body = bytes([servo, len(params) + 2, instruction, *params])
    return HEADER + body + bytes([checksum(body)])


@pytest.fixture
def world():
    return World()


def test_packets_are_found_in_pieces_and_behind_rubbish():
    parser, whole = Parser(), packet(1, Instruction.PING)
    assert parser.feed(b'\x00\xff' + whole[:3]) == []
    assert [p.servo for p in parser.feed(whole[3:] + whole)] == [1, 1]
    assert parser.feed(whole[:-1] + b'\x00') == []
    assert parser.broken == 1
    assert len(parser.feed(whole)) == 1


def test_ping_answers_and_a_missing_servo_does_not(world):
    assert world.ask(1, Instruction.PING) == packet(1, 0)
    assert world.ask(9, Instruction.PING) == b''
    assert world.ask(BROADCAST, Instruction.PING) == packet(1, 0) + packet(2, 0)


def test_sync_read_and_sync_write_reach_each_servo(world):
    at = r.GOAL_POSITION.address
    assert world.ask(BROADCAST, Instruction.SYNC_WRITE, at, 2, 1, 0x10, 0x08, 2, 0x20, 0x08) == b''
    data = world.ask(BROADCAST, Instruction.SYNC_READ, at, 2, 1, 2)
    assert data == packet(1, 0, (0x10, 0x08)) + packet(2, 0, (0x20, 0x08))


def test_registered_write_waits_for_the_action(world):
    world.ask(1, Instruction.REG_WRITE, r.ACCELERATION.address, 7)
    assert world.read(1, r.ACCELERATION) == 0
    world.ask(BROADCAST, Instruction.ACTION)
    assert world.read(1, r.ACCELERATION) == 7


def test_new_id_and_baud_rate_hold_at_once(world):
    world.write(2, r.LOCK, 0)
    world.write(2, r.ID, 6)
    assert world.read(6, r.MODEL_NUMBER) == r.MODEL
    world.write(6, r.BAUD_RATE, r.BAUD_CODES[500_000])
    assert world.ask(6, Instruction.PING) == b''
    assert world.ask(6, Instruction.PING, baud=500_000) == packet(6, 0)


def test_bytes_take_their_time_on_the_wire(world):
    world.write(1, r.RETURN_DELAY, 250)
    world.ask(1, Instruction.PING)
    assert world.answer.wire_time == pytest.approx((6 + 6) * 10e-6 + 500e-6)


def test_incomplete_instructions_are_ignored(world):
    assert world.bus.feed(packet(1, Instruction.READ), 0.0) == []


def test_eeprom_forgets_what_was_written_while_it_was_locked(world):
    world.write(1, r.P_GAIN, 16)
    assert world.read(1, r.P_GAIN) == 16
    assert world.bus.record.violations == {'locked': 1}
    world.write(2, r.LOCK, 0)
    world.write(2, r.P_GAIN, 16)
    world.bus.trouble = Trouble(powered=False)
    assert world.ask(1, Instruction.PING) == b''
    world.bus.trouble = Trouble()
    assert [world.read(i, r.P_GAIN) for i in (1, 2)] == [32, 16]
    assert world.read(2, r.LOCK) == 1


def test_present_position_is_that_of_the_encoder_minus_the_homing_offset(world):
    world.write(1, r.LOCK, 0)
    world.write(1, r.HOMING_OFFSET, -100)
    assert world.read(1, r.PRESENT_POSITION) == 2148


def test_joint_reaches_its_goal_no_faster_than_it_can(world):
    assert world.move(1, 3048, 0.1) < 2048 + 300
    assert world.read(1, r.PRESENT_VELOCITY) > 1000
    assert world.move(1, 3048, 2.0) == 3048
    assert world.read(1, r.MOVING) == 0


def test_slower_acceleration_and_speed_are_obeyed(world):
    world.write(1, r.GOAL_VELOCITY, 100)
    assert world.move(1, 3048, 1.0) == pytest.approx(2148, abs=2)
    world.write(2, r.ACCELERATION, 1)
    assert world.move(2, 3048, 1.0) == pytest.approx(2048 + 50, abs=2)


def test_joint_without_torque_follows_the_hand(world):
    world.bus.servos[1].surroundings = Surroundings(hand=1000)
    world.now = 5.0
    world.read(1, r.PRESENT_POSITION)
    world.now = 10.0
    assert world.read(1, r.PRESENT_POSITION) == 1000


def test_goals_beyond_the_range_are_not_followed(world):
    world.write(1, r.LOCK, 0)
    world.write(1, r.MAX_POSITION, 2500)
    assert world.move(1, 3000, 3.0) == 2500


def test_blocked_joint_becomes_an_overload_that_ends_with_the_cause(world):
    servo = world.bus.servos[1]
    servo.surroundings = Surroundings(jammed=True)
    assert world.move(1, 3048, 1.0) == 2048
    assert (world.read(1, r.STATUS), world.read(1, r.PRESENT_LOAD)) == (0, 1000)
    world.now += 2.0
    assert r.alarms(world.read(1, r.STATUS)) == ('overload',)
    assert world.ask(1, Instruction.PING)[4] == 32
    assert world.read(1, r.PRESENT_LOAD) == 200      # Protective_Torque
    assert world.read(1, r.PRESENT_TEMPERATURE) > 30
    servo.surroundings = Surroundings()
    world.now += 3.0
    assert world.read(1, r.STATUS) == 0


def test_hot_servo_lets_go_and_low_voltage_is_told(world):
    world.bus.servos[1].surroundings = Surroundings(hot=True)
    world.bus.servos[2].surroundings = Surroundings(voltage=3.5)
    world.move(1, 3048, 0.1)
    assert world.move(1, 3048, 1.0) < 2200
    assert r.alarms(world.read(1, r.STATUS)) == ('overheated',)
    assert r.alarms(world.read(2, r.STATUS)) == ('voltage',)


def test_packets_get_lost_and_garbled_as_often_as_asked(world):
    world.bus.trouble = Trouble(loss=0.1)
    silent = sum(world.ask(1, Instruction.PING) == b'' for _ in range(1000))
    assert 150 < silent < 230       # either way: 0.19
    world.bus.trouble = Trouble(corruption=0.5)
    wrong = sum(world.ask(1, Instruction.PING) != packet(1, 0) for _ in range(200))
    assert wrong == world.bus.record.corrupted > 50


@pytest.mark.parametrize(('goal', 'kinds'), [
    (2048 + 40, {}), (2048 + 41, {'step': 1}), (2048 - 41, {'step': 1}), (4000, {'step': 1})])
def test_goal_that_changes_too_much_is_a_violation_also_when_it_is_lost(world, goal, kinds):
    world.write(1, r.TORQUE_ENABLE, 1)
    world.bus.trouble = Trouble(goal_step_limit=40, loss=1.0)
    world.write(1, r.GOAL_POSITION, goal)
    assert world.bus.record.violations == kinds


def test_goal_outside_the_range_is_a_violation_in_each_kind_of_write(world):
    world.write(1, r.LOCK, 0)
    world.write(1, r.MAX_POSITION, 2500)
    bad = r.GOAL_POSITION.encode(2501)
    world.write(1, r.GOAL_POSITION, 2501)
    world.ask(1, Instruction.REG_WRITE, r.GOAL_POSITION.address, *bad)
    world.ask(BROADCAST, Instruction.SYNC_WRITE, r.GOAL_POSITION.address, 2, 1, *bad)
    world.ask(BROADCAST, Instruction.WRITE, r.ACCELERATION.address, 0, *bad)
    assert world.bus.record.violations == {'range': 4}


def test_torque_far_from_the_goal_is_a_violation(world):
    world.bus.trouble = Trouble(goal_step_limit=10)
    world.write(1, r.GOAL_POSITION, 3000)
    assert world.bus.record.violations == {}
    world.write(1, r.TORQUE_ENABLE, 1)
    assert world.bus.record.violations == {'jump': 1}
