"""One STS3215 servo: its control table, its motor and what wears it out. Pure: time is passed in.

Simplified: the motor follows a trapezoidal profile whose speed and acceleration fall with the
torque that is available; no gravity; an overload ends when the joint is free again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

from robot_bridge.drivers.so101 import registers as r

TABLE_SIZE = 96
SUBSTEP = 0.002
"""Longest step of the simulation [s]."""
MAX_SPEED = 3000.0
"""No-load speed at 7.4 V [steps/s]."""
MAX_ACCELERATION = 50_000.0
"""Of a joint of the arm at full torque [steps/s^2]."""
HAND_SPEED = 3000.0
"""How fast a hand moves a joint whose torque is off [steps/s]."""
STALL_ERROR = 100.0
"""A blocked motor pushes with full torque from this error on [steps]."""
AMBIENT, HEATING, HEAT_TIME = 30.0, 50.0, 120.0
"""Temperature at rest [degrees C], rise at full effort [K], time constant [s]."""
HOT = 75.0
FACTORY = ((r.MODEL_NUMBER, r.MODEL), (r.RETURN_DELAY, 250), (r.MAX_POSITION, r.RESOLUTION - 1),
           (r.MAX_TEMPERATURE, 70), (r.MIN_VOLTAGE, 40), (r.MAX_TORQUE, 1000), (r.P_GAIN, 32),
           (r.D_GAIN, 32), (r.PROTECTION_CURRENT, 500), (r.PROTECTIVE_TORQUE, 20),
           (r.PROTECTION_TIME, 200), (r.OVERLOAD_TORQUE, 80))
FIRMWARE = (3, 10)
RESPONSE_LEVEL = 8
MEASURED = range(r.PRESENT_POSITION.address, 71)
"""Addresses that only the servo itself writes."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What happens to a servo from outside.

    Attributes:
        voltage: Of the supply [V].
        jammed: The joint is blocked.
        hot: The case is heated beyond what the servo may have.
        hand: Where a hand moves the joint while its torque is off [steps]; None for nowhere.
        noise: Standard deviation of what the encoder reports [steps].
    """

    voltage: float = 7.4
    jammed: bool = False
    hot: bool = False
    hand: float | None = None
    noise: float = 0.0


class Servo:
    """A servo as it comes from the factory.

    Args:
        servo_id: Its id.
        position: Where the encoder is at the start [steps].
        random: Source of noise.
    """

    def __init__(self, servo_id: int, position: float, random: Random) -> None:
        self.position, self.velocity, self.effort = position, 0.0, 0.0
        self.temperature = AMBIENT
        self.surroundings = Surroundings()
        self._random = random
        self._eeprom = bytearray(TABLE_SIZE)
        self._eeprom[0], self._eeprom[1], self._eeprom[RESPONSE_LEVEL] = *FIRMWARE, 1
        self._now: float | None = None
        self._overloaded_for = 0.0
        self.table = bytearray(self._eeprom)
        for register, value in (*FACTORY, (r.ID, servo_id)):
            self._poke(register, value)
        self._eeprom[:] = self.table
        self.power_on()

    def power_on(self) -> None:
        """Start: what was not saved in the EEPROM is forgotten."""
        self.table[:] = self._eeprom
        self._poke(r.LOCK, 1)
        self._poke(r.TORQUE_LIMIT, self[r.MAX_TORQUE])
        self.velocity = self._overloaded_for = 0.0
        self._show()
        self._poke(r.GOAL_POSITION, self[r.PRESENT_POSITION])

    def __getitem__(self, register: r.Register) -> int:
        """Value of a register."""
        return register.of(self.table)

    def save(self, register: r.Register, value: int) -> None:
        """Set a register as if it had been written before the power was switched on."""
        self._poke(register, value)
        self._eeprom[:] = self.table

    @property
    def alarms(self) -> int:
        """The error byte of its replies."""
        s = self.surroundings
        return (1 * (s.voltage * 10 < self[r.MIN_VOLTAGE])
                | 4 * (self.temperature > self[r.MAX_TEMPERATURE]) | 32 * self._overloaded)

    def read(self, address: int, size: int, now: float) -> bytes:
        """Bytes of the table [now in s]."""
        self.advance(now)
        self._show()
        return bytes(self.table[address:address + size]).ljust(size, b'\0')

    def write(self, address: int, data: bytes, now: float) -> None:
        """Write bytes to the table; in the EEPROM they stay only if it is not locked."""
        self.advance(now)
        locked = bool(self[r.LOCK])
        for k, byte in enumerate(data, start=address):
            if k < r.ID.address or k in MEASURED or k >= TABLE_SIZE:
                continue
            self.table[k] = byte
            if r.is_permanent(k) and not locked:
                self._eeprom[k] = byte

    def position_at(self, now: float) -> float:
        """Where the encoder is at a time from the last one on [steps]."""
        self.advance(now)
        return self.position

    def advance(self, now: float) -> None:
        """Let time pass until ``now`` [s]."""
        passed = now - self._now if self._now is not None else 0.0
        self._now = now
        steps = math.ceil(passed / SUBSTEP)
        for _ in range(steps):
            self._step(passed / steps)

    def _step(self, dt: float) -> None:
        s = self.surroundings
        before = self.position
        hot = self.temperature > self[r.MAX_TEMPERATURE]
        if self[r.TORQUE_ENABLE] == 1 and self[r.OPERATING_MODE] == 0 and not hot:
            self._drive(dt)
        else:
            self.effort = self._overloaded_for = 0.0
            way = s.hand - self.position if s.hand is not None else 0.0
            self.position += max(-HAND_SPEED * dt, min(way, HAND_SPEED * dt))
        self.velocity = (self.position - before) / dt
        goal = HOT if s.hot else AMBIENT + HEATING * self.effort ** 2
        self.temperature = HOT if s.hot else (
            self.temperature + (goal - self.temperature) * dt / HEAT_TIME)

    def _drive(self, dt: float) -> None:
        """Push towards the goal."""
        low, high = self[r.MIN_POSITION], self[r.MAX_POSITION]
        goal = self[r.GOAL_POSITION]
        if high > low:
            goal = min(max(goal, low), high)
        error = goal + self[r.HOMING_OFFSET] - self.position
        torque = min(self[r.TORQUE_LIMIT] / 1000, self._torque_left)
        if self.surroundings.jammed:
            self.effort = min(torque, abs(error) / STALL_ERROR)
        else:
            self._follow(error, torque, dt)
        overload = self.effort * 100 >= self[r.OVERLOAD_TORQUE] or (
            self._overloaded and self.effort >= self._torque_left)
        self._overloaded_for = self._overloaded_for + dt if overload else 0.0

    def _follow(self, error: float, torque: float, dt: float) -> None:
        """A trapezoidal profile towards the goal."""
        limit = self[r.GOAL_VELOCITY] or MAX_SPEED
        speed = min(limit, MAX_SPEED * torque)
        acceleration = min(self[r.ACCELERATION] * 100.0 or MAX_ACCELERATION,
                           MAX_ACCELERATION * torque)
        wanted = math.copysign(min(speed, math.sqrt(2 * acceleration * abs(error)),
                                   abs(error) / dt), error)
        change = acceleration * dt
        velocity = self.velocity + max(-change, min(wanted - self.velocity, change))
        self.effort = torque * min(1.0, abs(velocity) / MAX_SPEED) * 0.5
        self.position += velocity * dt

    @property
    def _overloaded(self) -> bool:
        return self._overloaded_for * 100 > self[r.PROTECTION_TIME]

    @property
    def _torque_left(self) -> float:
        return self[r.PROTECTIVE_TORQUE] / 100 if self._overloaded else 1.0

    def _show(self) -> None:
        """What it measures, in the table."""
        seen = self.position + self._random.gauss(0.0, self.surroundings.noise)
        self._poke(r.PRESENT_POSITION, round(seen) - self[r.HOMING_OFFSET])
        self._poke(r.PRESENT_VELOCITY, round(self.velocity))
        self._poke(r.PRESENT_LOAD, round(self.effort * 1000))
        self._poke(r.PRESENT_VOLTAGE, round(self.surroundings.voltage * 10))
        self._poke(r.PRESENT_TEMPERATURE, round(self.temperature))
        self._poke(r.PRESENT_CURRENT, round(self.effort * 400))
        self._poke(r.STATUS, self.alarms)
        self._poke(r.MOVING, abs(self.velocity) > 1)

    def _poke(self, register: r.Register, value: int) -> None:
        at = register.address
        self.table[at:at + register.size] = bytes(register.encode(value))
