"""``ros2 run segue so101_calibrate``: by hand, into the servos and LeRobot's file."""

from __future__ import annotations

import select
import sys
from pathlib import Path

from robot_bridge.driver import DriverError
from robot_bridge.drivers.so101 import console
from robot_bridge.drivers.so101 import registers as r
from robot_bridge.drivers.so101.arm import IDS, Arm
from robot_bridge.drivers.so101.bus import ATTEMPTS, ServoBus
from robot_bridge.drivers.so101.calibration import (
    FOLDERS,
    Calibration,
    JointCalibration,
    lerobot_folder,
    save,
)

LAST = r.RESOLUTION - 1
MIDDLE = LAST // 2
"""Where the present position is put while the arm is in the middle [steps]."""
LARGEST_OFFSET = MIDDLE
WIDEST = 3700
"""No joint but the full turn has a range this wide: its encoder has passed zero [steps]."""
PERIOD = 0.05
"""How often positions are read [s]."""


class RangeRecorder:
    """Keeps the smallest and largest position of each joint."""

    def __init__(self) -> None:
        self.low: dict[str, int] = {}
        self.high: dict[str, int] = {}

    def see(self, steps: dict[str, int]) -> None:
        """Positions now: joint -> steps."""
        for joint, seen in steps.items():
            self.low[joint] = min(seen, self.low.get(joint, seen))
            self.high[joint] = max(seen, self.high.get(joint, seen))

    def table(self, steps: dict[str, int]) -> list[str]:
        """Lines that show it."""
        head = f'{"joint":<14} | {"min":>5} | {"pos":>5} | {"max":>5}'
        return [head, *(f'{joint:<14} | {self.low[joint]:>5} | {seen:>5} | {self.high[joint]:>5}'
                        for joint, seen in steps.items())]

    def check(self) -> None:
        """Refuse ranges that cannot be.

        Raises:
            DriverError: A joint did not move, or it passed the end of its encoder.
        """
        still = [joint for joint in self.low if self.low[joint] == self.high[joint]]
        if still:
            raise DriverError(f'{", ".join(still)} did not move: move every joint from one end to '
                              'the other, and start again')
        passed = [joint for joint in self.low
                  if joint != r.FULL_TURN and self.high[joint] - self.low[joint] > WIDEST]
        if passed:
            raise DriverError(f'{", ".join(passed)} passed the end of the encoder: start again, '
                              'with every joint in the middle of its range')


def calibrate(arm: Arm, path: Path) -> None:
    """Lead a person through the calibration and store it; if it fails, servos get theirs back."""
    arm.check_servos()
    if path.exists():
        console.wait_for_enter(f'{path} exists and will be replaced. To keep it, stop with Ctrl-C; '
                               'if not')
    arm.release()
    before = arm.read_calibration()
    try:
        made = _by_hand(arm)
        arm.write_calibration(made)
    except BaseException:
        _restore(arm, before)
        raise
    save(path, made)
    console.say(f'The calibration is in the servos and in {path}')


def _restore(arm: Arm, before: Calibration) -> None:
    try:
        arm.write_calibration(before)
    except DriverError as error:
        console.say(f'The servos have lost their calibration ({error}): calibrate again, or start '
                    'the bridge once with so101.write_calibration')
    else:
        console.say('The servos have the calibration again that they had before')


def _by_hand(arm: Arm) -> dict[str, JointCalibration]:
    for servo in IDS:
        arm.write_unlocked(servo, ((r.OPERATING_MODE, 0), (r.HOMING_OFFSET, 0),
                                   (r.MIN_POSITION, 0), (r.MAX_POSITION, LAST)))
    console.wait_for_enter('The torque is off. Move every joint to the middle of its range')
    offsets = {joint: max(-LARGEST_OFFSET, min(seen - MIDDLE, LARGEST_OFFSET))
               for joint, seen in _positions(arm).items()}
    for joint, offset in offsets.items():
        arm.write_unlocked(r.JOINTS[joint], ((r.HOMING_OFFSET, offset),))
    console.say(f'Move every joint but {r.FULL_TURN} from one end to the other, then press '
                'Enter ...')
    recorder = _record(arm)
    recorder.low[r.FULL_TURN], recorder.high[r.FULL_TURN] = 0, LAST
    recorder.check()
    return {joint: JointCalibration(id=servo, drive_mode=0, homing_offset=offsets[joint],
                                    range_min=max(0, recorder.low[joint]),
                                    range_max=min(LAST, recorder.high[joint]))
            for joint, servo in r.JOINTS.items()}


def _record(arm: Arm) -> RangeRecorder:
    """Watch the joints until Enter is pressed."""
    recorder, lines = RangeRecorder(), 0
    up = '\x1b[{}A' if sys.stdout.isatty() else ''
    while True:
        steps = _positions(arm)
        recorder.see(steps)
        if up or not lines:
            table = recorder.table(steps)
            console.say((up.format(lines) if lines else '') + '\n'.join(table))
            lines = len(table)
        if select.select([sys.stdin], [], [], PERIOD)[0]:
            if not sys.stdin.readline():
                raise console.Stopped
            console.say('\n'.join(recorder.table(steps)))
            return recorder


def _positions(arm: Arm) -> dict[str, int]:
    found = arm.bus.sync_read(r.PRESENT_POSITION, IDS, ATTEMPTS)
    silent = [joint for joint, servo in r.JOINTS.items() if servo not in found]
    if silent:
        raise DriverError(f'{", ".join(silent)} does not answer: check the cables, and start again')
    return {joint: found[servo][0] for joint, servo in r.JOINTS.items()}


def main(args: list[str] | None = None) -> int:
    """Run so101_calibrate."""
    parser = console.parser('Calibrate an SO101 by hand; the file is one of LeRobot as well.')
    console.add_port(parser)
    parser.add_argument('--id', required=True, help='name of the arm, and of its file')
    parser.add_argument('--calibration-dir', type=Path, default=lerobot_folder() / FOLDERS[0],
                        help='folder of the file')
    given = parser.parse_args(args)
    bus = ServoBus(given.port, given.reply_timeout)

    def work() -> None:
        bus.open()
        calibrate(Arm(bus), given.calibration_dir.expanduser() / f'{given.id}.json')

    try:
        return console.run(work)
    finally:
        bus.close()
