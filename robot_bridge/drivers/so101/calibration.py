"""Calibrations in LeRobot's format, where LeRobot keeps them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from robot_bridge.driver import DriverError
from robot_bridge.drivers.so101.registers import JOINTS, RESOLUTION
from segue_core.paths import resolve

FOLDERS = ('so_follower', 'so101_follower')
"""Where LeRobot keeps them since 0.4.3, and where it did before."""
HINT = 'make one with `ros2 run segue so101_calibrate`'


@dataclass(frozen=True, slots=True)
class JointCalibration:
    """Calibration of one joint, the fields of LeRobot.

    Attributes:
        id: Of the servo.
        drive_mode: 1 turns percentages round.
        homing_offset: Actual minus present position [steps].
        range_min: Smallest present position [steps].
        range_max: Largest present position [steps].
    """

    id: int
    drive_mode: int
    homing_offset: int
    range_min: int
    range_max: int


Calibration = Mapping[str, JointCalibration]
"""Joint -> its calibration."""


def lerobot_folder() -> Path:
    """LeRobot's folder of calibrations, moved by the same environment variables."""
    env = os.environ.get
    cache = Path(env('XDG_CACHE_HOME') or '~/.cache')
    hub = Path(env('HF_HOME') or cache / 'huggingface')
    home = Path(env('HF_LEROBOT_HOME') or hub / 'lerobot')
    return Path(env('HF_LEROBOT_CALIBRATION') or home / 'calibration').expanduser() / 'robots'


def find(arm_id: str, folder: str = '') -> Path:
    """File of an arm's calibration.

    Args:
        arm_id: Id that LeRobot knows the arm by; empty for the only one there is.
        folder: Where to look; empty for LeRobot's folders.

    Raises:
        DriverError: There is none, or no telling which.
    """
    folders = ([resolve(folder)] if folder
               else [lerobot_folder() / each for each in FOLDERS])
    known = {path.stem: path for each in reversed(folders) for path in sorted(each.glob('*.json'))}
    there = f'there are {", ".join(sorted(known))}' if known else 'there are none'
    if arm_id:
        if arm_id in known:
            return known[arm_id]
        raise DriverError(f'so101.id {arm_id!r} has no calibration in {folders[0]}; {there}: '
                          f'{HINT}')
    if len(known) == 1:
        return next(iter(known.values()))
    raise DriverError(f'so101.id is empty and must name one of the calibrations in {folders[0]}; '
                      f'{there}: {"choose one" if known else HINT}')


def load(path: Path) -> dict[str, JointCalibration]:
    """Read a calibration.

    Raises:
        DriverError: It cannot be read or is not one of an SO101.
    """
    try:
        given = json.loads(path.read_text())
        made = {joint: JointCalibration(**given[joint]) for joint in JOINTS}
    except OSError as error:
        raise DriverError(f'calibration {path} cannot be read: {error.strerror}') from error
    except (ValueError, KeyError, TypeError) as error:
        raise DriverError(f'calibration {path} is not one of an SO101 with the joints '
                          f'{", ".join(JOINTS)} ({error}): {HINT}') from error
    for joint, c in made.items():
        _check(joint, c, path)
    return made


def save(path: Path, calibration: Calibration) -> None:
    """Write a calibration as LeRobot does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({joint: asdict(c) for joint, c in calibration.items()}, indent=4))


def differences(wanted: Calibration, found: Calibration) -> list[str]:
    """In what the servos differ from a calibration, for people; empty when in nothing."""
    return [f'{joint} {name} {getattr(found[joint], name)} instead of {getattr(c, name)}'
            for joint, c in wanted.items()
            for name in ('homing_offset', 'range_min', 'range_max')
            if getattr(c, name) != getattr(found[joint], name)]


def _check(joint: str, c: JointCalibration, path: Path) -> None:
    if any(type(value) is not int for value in asdict(c).values()):
        raise DriverError(f'calibration {path}: {joint} must hold whole numbers, got {c}')
    if c.id != JOINTS[joint]:
        raise DriverError(f'calibration {path}: {joint} has id {c.id}, an SO101 has '
                          f'{JOINTS[joint]}')
    if not 0 <= c.range_min < c.range_max < RESOLUTION:
        raise DriverError(f'calibration {path}: {joint} must have 0 <= range_min < range_max < '
                          f'{RESOLUTION}, got {c.range_min} and {c.range_max}: {HINT}')
