"""Encoder steps and the units of columns: LeRobot's formulas, and goals that stay in the range."""

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from graph import ROOT

from robot_bridge.drivers.so101.calibration import JointCalibration, load
from robot_bridge.drivers.so101.registers import JOINTS
from robot_bridge.drivers.so101.units import UNITS, UnitConverter

CALIBRATION = {joint: JointCalibration(id=i, drive_mode=0, homing_offset=0, range_min=1000,
                                       range_max=3000) for joint, i in JOINTS.items()}
TURNED = {joint: replace(c, drive_mode=1) for joint, c in CALIBRATION.items()}


def same(value):
    return np.full(6, float(value))


@pytest.mark.parametrize(('steps', 'five', 'gripper'), [
    (1000, -100, 0), (3000, 100, 100), (2000, 0, 50), (1500, -50, 25), (900, -100, 0),
    (4000, 100, 100)])
def test_percentages_are_shares_of_the_calibrated_range_and_stop_at_its_ends(steps, five, gripper):
    percent = UnitConverter('percent', CALIBRATION).from_steps(same(steps))
    assert percent == pytest.approx([five] * 5 + [gripper])


@pytest.mark.parametrize(('steps', 'five'), [(2000, 0), (3000, 87.912088), (3500, 131.868132)])
def test_degrees_are_counted_from_the_middle_and_go_on_beyond_the_range(steps, five):
    degrees = UnitConverter('degrees', CALIBRATION).from_steps(same(steps))
    assert degrees[:5] == pytest.approx(same(five)[:5])
    radians = UnitConverter('rad', CALIBRATION).from_steps(same(steps))
    assert radians[:5] == pytest.approx(np.radians(degrees[:5]))


def test_gripper_in_radians_is_that_of_the_urdf():
    urdf = {joint.get('name'): joint.find('limit')
            for joint in ElementTree.parse(ROOT / 'urdf' / 'so101.urdf').iter('joint')}
    assert set(JOINTS) <= set(urdf)
    limits = [float(urdf['gripper'].get(end)) for end in ('lower', 'upper')]
    radians = UnitConverter('rad', CALIBRATION)
    assert [radians.from_steps(same(s))[5] for s in (1000, 3000)] == pytest.approx(limits, abs=1e-4)
    assert radians.to_steps(same(limits[1]))[5] == pytest.approx(3000, abs=1)


def test_drive_mode_turns_percentages_and_leaves_angles_alone():
    percent = UnitConverter('percent', TURNED)
    assert percent.from_steps(same(1500)) == pytest.approx([50] * 5 + [75])
    assert percent.to_steps(same(50)).tolist() == [1500] * 5 + [2000]
    assert (UnitConverter('degrees', TURNED).from_steps(same(1500))[:5]
            == UnitConverter('degrees', CALIBRATION).from_steps(same(1500))[:5]).all()


@pytest.mark.parametrize('units', UNITS)
@pytest.mark.parametrize('calibration', [CALIBRATION, TURNED], ids=['straight', 'turned'])
def test_every_goal_within_the_bounds_is_within_the_range_and_comes_back(units, calibration):
    converter = UnitConverter(units, calibration)
    for share in np.linspace(0, 1, 41):
        goal = converter.lower + share * (converter.upper - converter.lower)
        steps = converter.to_steps(goal)
        assert ((steps >= 1000) & (steps <= 3000)).all()
        step = (converter.upper - converter.lower) / 2000
        assert (np.abs(converter.from_steps(steps) - goal) <= 1.001 * step).all()


@pytest.mark.parametrize('units', UNITS)
@pytest.mark.parametrize('goal', [-1e12, -200, 200, 1e12])
def test_goals_beyond_the_bounds_stop_at_the_range(units, goal):
    assert set(UnitConverter(units, CALIBRATION).to_steps(same(goal)).tolist()) <= {1000, 3000}


def test_columns_have_the_names_and_units_of_lerobot_and_in_radians_those_of_the_urdf():
    calibration = load(ROOT / 'config' / 'so101_emulated.json')
    degrees, radians = (UnitConverter(units, calibration) for units in ('degrees', 'rad'))
    assert (degrees.names[0], degrees.units) == ('shoulder_pan.pos', ('deg',) * 5 + ('percent',))
    assert (radians.names, set(radians.units)) == (tuple(JOINTS), {'rad'})
