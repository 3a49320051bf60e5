"""The SO101 as the bridge drives it: one read and one write of six servos each tick."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from robot_bridge.driver import DeviceHealth, DriverError, DriverSpec, Reading
from robot_bridge.drivers.so101 import registers as r
from robot_bridge.drivers.so101.arm import IDS, Arm
from robot_bridge.drivers.so101.bus import ATTEMPTS, ServoBus
from robot_bridge.drivers.so101.calibration import find, load
from robot_bridge.drivers.so101.health import HealthMonitor
from robot_bridge.drivers.so101.parameters import Params
from robot_bridge.drivers.so101.units import UnitConverter

JOINTS = tuple(r.JOINTS)
MARGIN = 60
"""How far outside of its range a joint may be when torque goes on [steps]; 5 degrees."""


class So101:
    """A robot of six STS3215 servos on one serial port.

    A reading holds each joint in radians under its own name, as the URDF has it, and, when the
    action columns have another unit, in that unit under the name of the column. Torque goes on with
    the first `hold` or `write`, at the pose where the arm is.

    Args:
        params: See `Params`.

    Raises:
        DriverError: The calibration is missing or unusable.
    """

    def __init__(self, params: Params) -> None:
        self._params = params
        self._source = find(params.id, params.calibration_dir)
        self._calibration = load(self._source)
        self._units = UnitConverter(params.units, self._calibration)
        self._radians = UnitConverter('rad', self._calibration)
        self.spec = DriverSpec(
            name='so101', action_names=self._units.names, action_units=self._units.units,
            lower=self._units.lower, upper=self._units.upper, rate=params.rate)
        self._joint_names = JOINTS if params.units == 'rad' else JOINTS + self._units.names
        self._bus = ServoBus(params.port, params.reply_timeout)
        self._arm = Arm(self._bus)
        self._health = HealthMonitor(self._bus, params.rate, params.health_period)
        self._steps = np.zeros(len(IDS))
        self._missed = np.zeros(len(IDS), dtype=np.int64)
        self._engaged = False

    def connect(self) -> None:
        """Open the port and check the servos; torque stays as it is."""
        self._engaged = False
        self._bus.open()
        try:
            with self._bus.patience():
                self._arm.check_servos()
                self._arm.check_calibration(self._calibration, self._source,
                                            write=self._params.write_calibration)
                self._arm.configure()
                self._measure_afresh()
        except DriverError:
            self._bus.close()
            raise

    def read(self, *, cameras: bool) -> Reading:
        """Return the joints where they are; the arm's cameras publish by themselves."""
        steps = self._measure()
        self._health.tick()
        radians = self._radians.from_steps(steps)
        if self._params.units == 'rad':
            return Reading(self._joint_names, radians)
        return Reading(self._joint_names, np.append(radians, self._units.from_steps(steps)))

    def write(self, action: NDArray[np.float64]) -> None:
        """Command joint positions, shape (6,) [spec.action_units]."""
        if not np.isfinite(action).all():
            raise DriverError(f'so101: an action must hold numbers, got {action}')
        self._engage()
        self._arm.command(self._units.to_steps(action))

    def hold(self) -> None:
        """Keep the pose: a servo holds its last goal by itself."""
        self._engage()

    def stop(self) -> None:
        """Hold the measured pose, or switch the torque off, as ``so101.on_stop`` says."""
        if not self._bus.is_open:
            return      # gone: the servos hold their last goal, and nothing can be told to them
        if self._params.on_stop == 'torque_off':
            self._engaged = False
            self._release()
        elif self._engaged:
            self._arm.hold_at(self._units.clamp(self._newest()))

    def reconnect(self) -> None:
        """Open the port anew; the arm keeps what torque it has."""
        self._bus.close()
        self.connect()

    def disconnect(self) -> None:
        """Let go of the arm."""
        try:
            if self._bus.is_open and self._params.disable_torque_on_disconnect:
                self._release()
        finally:
            self._engaged = False
            self._bus.close()

    def health(self) -> Sequence[DeviceHealth]:
        """How each servo is; asks nothing of the bus."""
        return self._health.report()

    def _release(self) -> None:
        with self._bus.patience():
            self._arm.release()

    def _engage(self) -> None:
        """Switch the torque on where the arm is, unless it is on."""
        if self._engaged:
            return
        steps = self._measure_afresh()
        goals = self._units.clamp(steps)
        off = np.abs(steps - goals)
        if off.max() > MARGIN:
            k = int(off.argmax())
            raise DriverError(f'{JOINTS[k]} is {off[k]:.0f} steps outside of its calibrated range '
                              'and would jump: move it by hand, or calibrate anew with `ros2 run '
                              'segue so101_calibrate`')
        with self._bus.patience():
            self._arm.engage(goals)
        self._engaged = True

    def _newest(self, attempts: int = 2) -> NDArray[np.float64]:
        """Positions, shape (6,) [steps]: now, or the last known where a servo does not answer."""
        found = self._bus.sync_read(r.PRESENT_POSITION, IDS, attempts)
        self._health.saw({servo: bits for servo, (_, bits) in found.items()})
        for k, servo in enumerate(IDS):
            if servo in found:
                self._steps[k], self._missed[k] = found[servo][0], 0
            else:
                self._missed[k] += 1
                self._health.skipped += 1
        return self._steps.copy()

    def _measure(self) -> NDArray[np.float64]:
        """Positions, shape (6,) [steps].

        A servo that does not answer counts as where it was, but not for long.

        Raises:
            DriverError: A servo has not answered more than ``so101.max_lost_reads`` times in a row.
        """
        steps = self._newest()
        self._refuse(self._missed > self._params.max_lost_reads)
        return steps

    def _measure_afresh(self) -> NDArray[np.float64]:
        """As `_measure`, and every servo must answer: torque at an old position is a jump."""
        steps = self._newest(ATTEMPTS)
        self._refuse(self._missed > 0)
        return steps

    def _refuse(self, gone: NDArray[np.bool_]) -> None:
        if gone.any():
            raise DriverError(self._why_gone(gone))

    def _why_gone(self, gone: NDArray[np.bool_]) -> str:
        if gone.all():
            return (f'no servo on {self._params.port} answers any more: is the power supply of the '
                    'arm on, and its cable in the board?')
        names = ', '.join(f'{IDS[k]} ({JOINTS[k]})' for k in np.flatnonzero(gone))
        return (f'servo {names} does not answer any more: check its cable and its temperature; '
                'switch the power supply of the arm off and on')
