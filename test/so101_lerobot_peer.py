"""Run by LeRobot's Python, which need not be ours: its SO101 driver says what it makes of things.

Reads a JSON object {port, folder, goal, steps, values} and prints what LeRobot reads, its formulas
applied to ``steps`` and ``values`` in every unit, and what it reads after it has gone to ``goal``.
"""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from lerobot.robots.so_follower import SOFollower, SOFollowerRobotConfig

SETTLED = 50
"""The arm has arrived when so many readings are the same."""


def robot(given, use_degrees):
    return SOFollower(SOFollowerRobotConfig(
        port=given['port'], id='so101_emulated', calibration_dir=Path(given['folder']),
        use_degrees=use_degrees))


def formulas(made, given, drive_mode):
    bus = made.bus
    bus.calibration = {name: replace(c, drive_mode=drive_mode)
                       for name, c in bus.calibration.items()}
    ids = bus.ids
    return {'from_steps': [list(bus._normalize(dict(zip(ids, row, strict=True))).values())
                           for row in given['steps']],
            'to_steps': [list(bus._unnormalize(dict(zip(ids, row, strict=True))).values())
                         for row in given['values']]}


def main():
    given = json.load(sys.stdin)
    answer = {}
    for units, use_degrees in (('percent', False), ('degrees', True)):
        made = robot(given, use_degrees)
        made.connect(calibrate=False)
        answer[units] = {'calibrated': made.is_calibrated,
                         'pose': list(made.get_observation().values())}
        if not use_degrees:
            goal = dict(zip(made.action_features, given['goal'], strict=True))
            end = time.monotonic() + 20
            before, unchanged = {}, 0
            while unchanged < SETTLED and time.monotonic() < end:
                made.send_action(goal)
                now = made.get_observation()
                unchanged = unchanged + 1 if now == before else 0
                before = now
            answer['reached'] = list(now.values())
        made.disconnect()
        answer[units] |= {str(mode): formulas(robot(given, use_degrees), given, mode)
                          for mode in (0, 1)}
    print(json.dumps(answer))


if __name__ == '__main__':
    main()
