"""Encoder steps <-> units of the action columns. One rule, LeRobot's, in this module alone.

| units   | five joints                             | gripper                 | columns       |
|---------|-----------------------------------------|-------------------------|---------------|
| percent | -100..100 of the calibrated range       | 0..100 of its range     | `<joint>.pos` |
| degrees | from the middle of the calibrated range | 0..100 of its range     | `<joint>.pos` |
| rad     | the same angle in radians               | its range in the URDF   | `<joint>`     |

`drive_mode` 1 turns percentages round and leaves angles alone, as in LeRobot. Percentages of a
measured position stop at the ends of the range, angles do not. Goals never leave the range.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from robot_bridge.drivers.so101.calibration import JointCalibration
from robot_bridge.drivers.so101.registers import GRIPPER, JOINTS, RESOLUTION

UNITS = ('percent', 'degrees', 'rad')
GRIPPER_RAD = (-0.17453, 1.74533)
"""Gripper closed and open in the URDF [rad]."""
TURN = {'degrees': 360.0, 'rad': 2 * np.pi}


class UnitConverter:
    """Converts poses of the arm.

    Args:
        units: One of `UNITS`.
        calibration: Of each of the J joints.

    Attributes:
        names: J column names.
        units: J unit names.
        lower: Smallest goals, shape (J,) [units].
        upper: Largest goals, shape (J,) [units].
    """

    def __init__(self, units: str, calibration: Mapping[str, JointCalibration]) -> None:
        joints = [calibration[joint] for joint in JOINTS]
        self._min = np.array([c.range_min for c in joints], dtype=np.float64)
        self._max = np.array([c.range_max for c in joints], dtype=np.float64)
        self._turned = np.array([c.drive_mode != 0 for c in joints])
        gripper = np.array([joint == GRIPPER for joint in JOINTS])
        self._percent = gripper | (units == 'percent')
        self._low = np.where(gripper, 0.0, -100.0)
        self._span = 100.0 - self._low
        self._middle = (self._min + self._max) / 2
        self._turn = TURN.get(units, 1.0)
        self._gripper_rad = gripper & (units == 'rad')
        self.names = tuple(JOINTS) if units == 'rad' else tuple(f'{j}.pos' for j in JOINTS)
        unit = {'degrees': 'deg'}.get(units, units)
        self.units = tuple(unit if units == 'rad' or not g else 'percent' for g in gripper)
        ends = np.sort([self.from_steps(self._min), self.from_steps(self._max)], axis=0)
        self.lower, self.upper = ends[0], ends[1]

    def from_steps(self, steps: NDArray[np.float64]) -> NDArray[np.float64]:
        """Positions, shape (J,) [units], from those of the encoders, shape (J,) [steps]."""
        share = (np.clip(steps, self._min, self._max) - self._min) / (self._max - self._min)
        percent = share * self._span + self._low
        percent = np.where(self._turned, self._low + 100.0 - percent, percent)
        angle = (steps - self._middle) * self._turn / (RESOLUTION - 1)
        values = np.where(self._percent, percent, angle)
        closed, opened = GRIPPER_RAD
        return np.where(self._gripper_rad, closed + values / 100 * (opened - closed), values)

    def to_steps(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        """Goals of the encoders, shape (J,) [steps], within the calibrated range.

        Fractions of a step are dropped, as LeRobot does.

        Args:
            values: Goals, shape (J,) [units].
        """
        closed, opened = GRIPPER_RAD
        values = np.where(self._gripper_rad, (values - closed) / (opened - closed) * 100, values)
        percent = np.where(self._turned, self._low + 100.0 - values, values)
        share = (np.clip(percent, self._low, 100.0) - self._low) / self._span
        of_range = share * (self._max - self._min) + self._min
        of_angle = values * (RESOLUTION - 1) / self._turn + self._middle
        steps = np.trunc(np.where(self._percent, of_range, of_angle))
        return self.clamp(steps)

    def clamp(self, steps: NDArray[np.float64]) -> NDArray[np.int64]:
        """The nearest goals within the calibrated range, shape (J,) [steps]."""
        return np.clip(steps, self._min, self._max).astype(np.int64)
