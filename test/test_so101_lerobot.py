"""LeRobot's own SO101 driver on the same arm: same calibration, same numbers.

Runs where LeRobot is installed, or where LEROBOT_PYTHON names a Python that has it.
"""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from graph import ROOT
from so101_arm import CALIBRATION, EmulatedArm

from robot_bridge.drivers.so101.calibration import load
from robot_bridge.drivers.so101.units import UnitConverter

PYTHON = os.environ.get('LEROBOT_PYTHON', sys.executable)
ENVIRONMENT = {**os.environ, 'HF_HUB_OFFLINE': '1'}
GOAL = [30, -40, 50, -60, 70, 20]


@pytest.fixture(scope='module', autouse=True)
def lerobot():
    probe = subprocess.run([PYTHON, '-c', 'import lerobot.robots.so_follower'], check=False,
                           capture_output=True, text=True, env=ENVIRONMENT)
    if probe.returncode:
        pytest.skip(f'{PYTHON} cannot import lerobot >= 0.4.3: {probe.stderr.splitlines()[-1]}')


def ask_lerobot(**given):
    done = subprocess.run([PYTHON, ROOT / 'test' / 'so101_lerobot_peer.py'], check=False,
                          input=json.dumps(given), capture_output=True, text=True,
                          env=ENVIRONMENT, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_lerobot_accepts_our_arm_and_both_read_the_same(graph, tmp_path):
    arm = EmulatedArm(graph)
    draw = np.random.default_rng(0)
    steps = draw.integers(0, 4096, (200, 6))
    values = draw.uniform(-110, 110, (200, 6))
    theirs = ask_lerobot(port=arm.port, folder=str(CALIBRATION.parent), goal=GOAL,
                         steps=steps.tolist(), values=values.tolist())
    assert theirs['reached'] == pytest.approx(GOAL, abs=0.2)
    assert theirs['percent']['calibrated'] and theirs['degrees']['calibrated']

    for units in ('percent', 'degrees'):
        driver = arm.driver(units=units)
        driver.connect()
        ours = driver.read(cameras=False).positions[6:]
        driver.disconnect()
        theirs_now = theirs['reached'] if units == 'percent' else theirs['degrees']['pose']
        assert ours.tolist() == theirs_now
        for mode in (0, 1):
            calibration = {joint: replace(c, drive_mode=mode)
                           for joint, c in load(CALIBRATION).items()}
            converter = UnitConverter(units, calibration)
            expected = theirs[units][str(mode)]
            assert [converter.from_steps(row).tolist() for row in steps] == expected['from_steps']
            assert [converter.to_steps(row).tolist() for row in values] == [
                converter.clamp(np.array(row)).tolist() for row in expected['to_steps']]
    assert arm.record['violations'] == '0'
