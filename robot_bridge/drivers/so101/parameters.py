"""Parameters of the SO101, in one table."""

from __future__ import annotations

from dataclasses import dataclass

from robot_bridge.drivers.so101.units import UNITS
from segue_core.parameters import param


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Parameters ``so101.*``."""

    port: str = param('/dev/ttyACM0', 'Serial port of the arm.')
    id: str = param('', 'Id of the arm, as given to LeRobot: names its calibration file. Empty for '
                    'the only one there is.')
    calibration_dir: str = param('', "Folder with <id>.json, a path or package://; LeRobot's own "
                                 'when empty.')
    write_calibration: bool = param(
        False, 'Store the calibration file in the servos when they hold another one.')
    units: str = param('percent', 'Units of the action columns: percent (-100..100, gripper '
                       '0..100) and degrees (gripper 0..100) are those of LeRobot.', choices=UNITS)
    rate: float = param(50.0, 'Control rate; the rows of the policy are resampled to it.',
                        unit='Hz', low=0.1, high=200.0)
    on_stop: str = param('hold', 'What stopping means: hold the pose, or torque_off, and the arm '
                         'sinks.', choices=('hold', 'torque_off'))
    disable_torque_on_disconnect: bool = param(
        True, 'Switch the torque off at the end.')
    reply_timeout: float = param(0.01, 'How long a reply of a servo may take.', unit='s',
                                 low=0.001, high=1.0)
    max_lost_reads: int = param(
        10, 'A servo that does not answer counts as where it was for so many ticks; then the robot '
        'has failed.', unit='ticks', low=0, high=1000)
    health_period: float = param(
        1.0, 'How often temperature, voltage, load and current of each servo are read; 0 for '
        'never.', unit='s', low=0.0, high=3600.0)
