"""The emulated cameras show the joints, and which way is up."""

import numpy as np
import pytest
from astribot_robot import joints

from robot_bridge.emulators.astribot.pictures import CAMERAS, GROUND, SKY, draw
from robot_bridge.emulators.astribot.robot import ALL

MIDDLE = dict(zip(ALL.joints, (ALL.lower + ALL.upper) / 2, strict=True))


@pytest.mark.parametrize('camera', CAMERAS)
def test_sky_is_up_and_ground_is_where_no_joint_is_known(camera):
    picture = draw(camera, {}, 64, 40)
    assert picture.shape == (40, 64, 3)
    assert picture.dtype == np.uint8
    assert (picture[:4] == SKY).all()
    assert (picture[4:] == GROUND).all()


@pytest.mark.parametrize('joint', ALL.joints)
def test_the_head_sees_every_joint_move(joint):
    k = ALL.joints.index(joint)
    moved = {**MIDDLE, joint: ALL.upper[k]}
    assert (draw('head', MIDDLE, 320, 180) != draw('head', moved, 320, 180)).any()


def test_a_wrist_sees_its_own_side_only():
    left = {**MIDDLE, joints('arm_left')[3]: 0.0}
    for camera, differs in (('wrist_left', True), ('wrist_right', False)):
        changed = (draw(camera, MIDDLE, 160, 90) != draw(camera, left, 160, 90)).any()
        assert changed == differs


def test_a_position_beyond_the_range_stays_in_the_picture():
    picture = draw('head', {**MIDDLE, 'astribot_gripper_left': 1e9}, 320, 180)
    assert (picture[:18] == SKY).all()
