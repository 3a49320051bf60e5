"""Servos on one wire, what can go wrong there, and the limits that no command may break. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from robot_bridge.drivers.so101 import registers as r
from robot_bridge.emulators.so101.protocol import BROADCAST, Instruction, Packet, Parser, reply
from robot_bridge.emulators.so101.servo import Servo

BAUD_OF_CODE = {code: baud for baud, code in r.BAUD_CODES.items()}
NEEDS: dict[int, int] = dict.fromkeys((Instruction.READ, Instruction.WRITE, Instruction.REG_WRITE,
                       Instruction.SYNC_READ, Instruction.SYNC_WRITE), 2)
"""Parameters that an instruction has at least."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong on the wire, and the limit that is watched.

    Attributes:
        loss: Share of packets that are lost, either way.
        corruption: Share of replies with a wrong bit.
        dead: Ids of servos that do not answer or move.
        powered: Whether the servos have power.
        goal_step_limit: Largest change of a goal that may be commanded [steps]; 0 for any.
    """

    loss: float = 0.0
    corruption: float = 0.0
    dead: frozenset[int] = frozenset()
    powered: bool = True
    goal_step_limit: int = 0


@dataclass(slots=True)
class Record:
    """What has happened on the bus.

    Attributes:
        instructions: Packets received.
        goals: Goals commanded.
        replies: Replies sent.
        lost: Packets lost on purpose.
        corrupted: Replies garbled on purpose.
        violations: Kind of limit -> how often a command broke it.
        last_violation: The newest one, for people.
    """

    instructions: int = 0
    goals: int = 0
    replies: int = 0
    lost: int = 0
    corrupted: int = 0
    violations: dict[str, int] = field(default_factory=dict)
    last_violation: str = ''

    def violate(self, kind: str, text: str) -> None:
        """A command broke a limit."""
        self.violations[kind] = self.violations.get(kind, 0) + 1
        self.last_violation = text


@dataclass(frozen=True, slots=True)
class Answer:
    """What the servos send back to one instruction.

    Attributes:
        data: Bytes; empty for silence.
        wire_time: How long instruction and replies are on the wire [s].
    """

    data: bytes
    wire_time: float


class Bus:
    """Servos that share a wire.

    Args:
        servos: Id -> servo.
        random: Source of losses.
    """

    def __init__(self, servos: Mapping[int, Servo], random: Random) -> None:
        self.servos = dict(servos)
        self.record = Record()
        self._trouble = Trouble()
        self._random = random
        self._parser = Parser()
        self._registered: dict[int, tuple[int, bytes]] = {}
        self._goals: dict[int, int] = {}    # as commanded, also if the command was lost

    @property
    def trouble(self) -> Trouble:
        """What goes wrong now."""
        return self._trouble

    @trouble.setter
    def trouble(self, trouble: Trouble) -> None:
        if trouble.powered and not self._trouble.powered:
            self._goals.clear()
            for servo in self.servos.values():
                servo.power_on()
        self._trouble = trouble

    def feed(self, data: bytes, now: float, baud: int = r.BAUD) -> list[Answer]:
        """Bytes arrive.

        Args:
            data: What the port received.
            now: Time [s].
            baud: Speed of the port [bit/s].

        Returns:
            One answer for each complete instruction.
        """
        return [self._answer(packet, now, baud) for packet in self._parser.feed(data)
                if len(packet.params) >= NEEDS.get(packet.instruction, 0)]

    def _answer(self, packet: Packet, now: float, baud: int) -> Answer:
        self.record.instructions += 1
        self._watch(packet, now)
        byte_time = 10 / baud
        if not self._trouble.powered or self._random.random() < self._trouble.loss:
            self.record.lost += self._trouble.powered
            return Answer(b'', packet.size * byte_time)
        alive = {i: s for i, s in self.servos.items() if i not in self._trouble.dead
                 and BAUD_OF_CODE.get(s[r.BAUD_RATE]) == baud}
        sent, time = b'', packet.size * byte_time
        for servo_id, answer in self._execute(packet, alive, now):
            time += alive[servo_id][r.RETURN_DELAY] * 2e-6 + len(answer) * byte_time
            sent += self._transmit(answer)
        return Answer(sent, time)

    def _execute(self, packet: Packet, alive: Mapping[int, Servo], now: float
                 ) -> list[tuple[int, bytes]]:
        """Do what an instruction says; return id and reply of each servo that answers."""
        params, kind = packet.params, packet.instruction
        if kind == Instruction.SYNC_WRITE:
            for servo_id, address, data in _sync_writes(params):
                if servo_id in alive:
                    self._write(alive[servo_id], address, data, now)
            return []
        if kind == Instruction.SYNC_READ:
            return [self._reply(i, alive[i], alive[i].read(params[0], params[1], now))
                    for i in params[2:] if i in alive]
        named = alive if packet.servo == BROADCAST else {packet.servo: alive[packet.servo]} if (
            packet.servo in alive) else {}
        answers = []
        for servo_id, servo in list(named.items()):
            data = b''
            if kind == Instruction.READ:
                data = servo.read(params[0], params[1], now)
            elif kind == Instruction.WRITE:
                self._write(servo, params[0], params[1:], now)
            elif kind == Instruction.REG_WRITE:
                self._registered[servo_id] = params[0], params[1:]
            elif kind == Instruction.ACTION and servo_id in self._registered:
                self._write(servo, *self._registered.pop(servo_id), now)
            if packet.servo != BROADCAST or kind == Instruction.PING:
                answers.append(self._reply(servo_id, servo, data))
        return answers

    def _reply(self, servo_id: int, servo: Servo, data: bytes) -> tuple[int, bytes]:
        return servo_id, reply(servo_id, servo.alarms, data)

    def _write(self, servo: Servo, address: int, data: bytes, now: float) -> None:
        before = servo[r.ID]
        servo.write(address, data, now)
        if servo[r.ID] != before:
            self.servos[servo[r.ID]] = self.servos.pop(before)

    def _transmit(self, answer: bytes) -> bytes:
        """What is left of a reply at the other end of the wire."""
        if self._random.random() < self._trouble.loss:
            self.record.lost += 1
            return b''
        self.record.replies += 1
        if self._random.random() < self._trouble.corruption:
            self.record.corrupted += 1
            garbled = bytearray(answer)
            garbled[self._random.randrange(2, len(garbled))] ^= 1 << self._random.randrange(8)
            return bytes(garbled)
        return answer

    # ---- limits ----
    def _watch(self, packet: Packet, now: float) -> None:
        """Count every command that breaks a limit, whether it arrives or is lost."""
        if packet.instruction == Instruction.SYNC_WRITE:
            writes = _sync_writes(packet.params)
        elif packet.instruction in (Instruction.WRITE, Instruction.REG_WRITE):
            writes = [(packet.servo, packet.params[0], packet.params[1:])]
        else:
            return
        for servo_id, address, data in writes:
            for i, servo in self.servos.items():
                if servo_id in (i, BROADCAST):
                    self._check(i, servo, address, data, now)

    def _check(self, servo_id: int, servo: Servo, address: int, data: bytes, now: float) -> None:
        def written(register: r.Register) -> int | None:
            at = register.address - address
            inside = at >= 0 and at + register.size <= len(data)
            return register.decode(data[at:at + register.size]) if inside else None

        goal, limit = written(r.GOAL_POSITION), self._trouble.goal_step_limit
        if goal is not None:
            self.record.goals += 1
            low, high = servo[r.MIN_POSITION], servo[r.MAX_POSITION]
            if not low <= goal <= high:
                self.record.violate('range', f'servo {servo_id}: goal {goal} is outside of '
                                             f'{low}..{high}')
            was = self._goals.get(servo_id, servo[r.GOAL_POSITION])
            self._goals[servo_id] = goal
            moves = servo[r.TORQUE_ENABLE] == 1 and servo_id not in self._trouble.dead
            if limit and moves and abs(goal - was) > limit:
                self.record.violate('step', f'servo {servo_id}: goal {was} -> {goal} is more than '
                                            f'{limit} steps')
        if written(r.TORQUE_ENABLE) == 1 and servo[r.TORQUE_ENABLE] != 1 and limit:
            servo.read(r.PRESENT_POSITION.address, r.PRESENT_POSITION.size, now)
            off = abs(self._goals.get(servo_id, servo[r.GOAL_POSITION])
                      - servo[r.PRESENT_POSITION])
            if off > limit:
                self.record.violate('jump', f'servo {servo_id}: torque on {off} steps off its goal')
        if r.is_permanent(address) and servo[r.LOCK]:
            self.record.violate('locked', f'servo {servo_id}: locked address {address} was written')


def _sync_writes(params: bytes) -> list[tuple[int, int, bytes]]:
    """Id, address and data of each servo that a sync write is for."""
    address, size = params[0], params[1]
    return [(params[k], address, params[k + 1:k + 1 + size])
            for k in range(2, len(params) - size, size + 1)]
