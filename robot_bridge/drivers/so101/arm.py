"""The six servos as one arm: are they the right ones, set up as LeRobot does, torque on and off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from robot_bridge.driver import DriverError
from robot_bridge.drivers.so101 import registers as r
from robot_bridge.drivers.so101.bus import ATTEMPTS, NoReplyError, ServoBus
from robot_bridge.drivers.so101.calibration import Calibration, JointCalibration, differences

IDS = tuple(r.JOINTS.values())
SCANNED = range(1, 13)
"""Ids that are looked for when one is missing."""
REPEATS = 3
"""How often is sent what nobody confirms and must arrive."""
Values = tuple[tuple[r.Register, int], ...]
CONFIGURATION: Values = ((r.RETURN_DELAY, 0), (r.OPERATING_MODE, 0), (r.P_GAIN, 16), (r.I_GAIN, 0),
                 (r.D_GAIN, 32), (r.MAX_ACCELERATION, 254), (r.ACCELERATION, 254))
"""What LeRobot's configure() writes to every servo; the factory's P of 32 makes the arm shake."""
GRIPPER_CONFIGURATION: Values = ((r.MAX_TORQUE, 500), (r.PROTECTION_CURRENT, 250),
                         (r.OVERLOAD_TORQUE, 25))
"""What it also writes to the gripper, which would else burn while it holds something."""
TABLE_SIZE = r.MAX_ACCELERATION.address + 1


class Arm:
    """The servos of an SO101.

    Args:
        bus: Not open yet.
    """

    def __init__(self, bus: ServoBus) -> None:
        self.bus = bus

    def check_servos(self) -> None:
        """Make sure that the six servos are there.

        Raises:
            DriverError: One is missing or of another model; says which are there.
        """
        models = {joint: self.bus.ping(servo) for joint, servo in r.JOINTS.items()}
        silent = [joint for joint, model in models.items() if model is None]
        if len(silent) == len(models) and not self._scan():
            raise DriverError(f'no servo on {self.bus.port} answers: is the power supply of the '
                              'arm on, and is it this port? `ros2 run segue so101_setup ports`')
        if silent:
            raise DriverError(f'{_named(silent)} on {self.bus.port} does not answer; ids that do: '
                              f'{self._scan()}. Check the cable before it, or give the servo its '
                              'id with `ros2 run segue so101_setup ids`')
        for joint, model in models.items():
            if model != r.MODEL:
                raise DriverError(f'{_named([joint])} is of model {model}, an SO101 has STS3215 '
                                  f'({r.MODEL}): is another arm on {self.bus.port}?')

    def read_calibration(self, wanted: Calibration | None = None) -> dict[str, JointCalibration]:
        """What the servos hold; they know nothing of drive modes, those are of ``wanted``."""
        found = {}
        for joint, servo in r.JOINTS.items():
            table = self._table(servo)
            found[joint] = JointCalibration(
                id=servo, drive_mode=wanted[joint].drive_mode if wanted else 0,
                homing_offset=r.HOMING_OFFSET.of(table), range_min=r.MIN_POSITION.of(table),
                range_max=r.MAX_POSITION.of(table))
        return found

    def write_calibration(self, calibration: Calibration) -> None:
        """Store a calibration in the servos; torque must be off."""
        for joint, c in calibration.items():
            self.write_unlocked(r.JOINTS[joint], ((r.HOMING_OFFSET, c.homing_offset),
                                                  (r.MIN_POSITION, c.range_min),
                                                  (r.MAX_POSITION, c.range_max)))

    def check_calibration(self, wanted: Calibration, source: object, *, write: bool) -> None:
        """Make sure that the servos hold a calibration.

        Args:
            wanted: What they should hold.
            source: Where it comes from, for the message.
            write: Store it in them if they do not.

        Raises:
            DriverError: They hold another one.
        """
        found = differences(wanted, self.read_calibration(wanted))
        if found and write:
            self.release()
            self.write_calibration(wanted)
            found = differences(wanted, self.read_calibration(wanted))
        if found:
            raise DriverError(
                f'the servos are not those of {source}: {", ".join(found[:3])}'
                f'{" and more" if len(found) > 3 else ""}. It is the calibration for another arm, '
                'or an old one: set so101.id to that of this arm, calibrate it with `ros2 run '
                'segue so101_calibrate`, or set so101.write_calibration if the file is right')

    def configure(self) -> None:
        """Set the servos up; what they hold already is left alone, and the torque with it.

        Raises:
            DriverError: A servo did not take a value.
        """
        for joint, servo in r.JOINTS.items():
            wanted = CONFIGURATION + (GRIPPER_CONFIGURATION if joint == r.GRIPPER else ())
            self.write_unlocked(servo, self._missing(servo, wanted))
            if refused := self._missing(servo, wanted):
                raise DriverError(f'{_named([joint])} does not keep {refused[0][0].name} '
                                  f'{refused[0][1]}: switch the power supply off and on')

    def _missing(self, servo: int, wanted: Values) -> Values:
        """Which of these values a servo does not hold."""
        table = self._table(servo)
        return tuple((register, value) for register, value in wanted
                     if register.of(table) != value)

    def _table(self, servo: int) -> list[int]:
        return self.bus.read_block(servo, 0, TABLE_SIZE)

    def write_unlocked(self, servo: int, values: Values) -> None:
        """Write registers so that they outlast the power supply."""
        permanent = any(r.is_permanent(register.address) for register, _ in values)
        if permanent:
            self.bus.write(servo, r.TORQUE_ENABLE, 0)
            self.bus.write(servo, r.LOCK, 0)
        for register, value in values:
            self.bus.write(servo, register, value)
        if permanent:
            self.bus.write(servo, r.LOCK, 1)

    def command(self, steps: NDArray[np.int64]) -> None:
        """Send goals, shape (6,) [steps]; nobody confirms them."""
        self.bus.sync_write(r.GOAL_POSITION, dict(zip(IDS, steps.tolist(), strict=True)))

    def engage(self, steps: NDArray[np.int64]) -> None:
        """Switch the torque on, with these goals, shape (6,) [steps].

        Raises:
            DriverError: A servo has no torque.
        """
        for servo, goal in zip(IDS, steps.tolist(), strict=True):
            self.bus.write(servo, r.GOAL_POSITION, goal)
            self.bus.write(servo, r.TORQUE_ENABLE, 1)
            self.bus.write(servo, r.LOCK, 1)
        found = self.bus.sync_read(r.TORQUE_ENABLE, IDS, ATTEMPTS)
        limp = [joint for joint, servo in r.JOINTS.items() if found.get(servo, (0, 0))[0] != 1]
        if limp:
            raise DriverError(f'{_named(limp)} has no torque: is it too hot, or overloaded? Switch '
                              'the power supply of the arm off and on')

    def hold_at(self, steps: NDArray[np.int64]) -> None:
        """Send goals, shape (6,) [steps], so often that they arrive on a bad bus as well."""
        for _ in range(REPEATS):
            self.command(steps)

    def release(self) -> None:
        """Switch the torque of every servo off.

        Raises:
            DriverError: A servo did not confirm it; the others are off.
        """
        silent = []
        for joint, servo in r.JOINTS.items():
            try:
                self.bus.write(servo, r.TORQUE_ENABLE, 0)
            except NoReplyError:
                silent.append(joint)
        if silent:
            raise DriverError(f'{_named(silent)} does not answer: the torque may be on')

    def _scan(self) -> list[int]:
        return [servo for servo in SCANNED if self.bus.ping(servo, attempts=1) is not None]


def _named(joints: list[str]) -> str:
    servos = ', '.join(f'{r.JOINTS[joint]} ({joint})' for joint in joints)
    return f'servo{"s" if len(joints) > 1 else ""} {servos}'
