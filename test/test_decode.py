"""Messages become values: images are turned as the contract says."""

import numpy as np
import pytest
from cv_bridge import CvBridge
from geometry_msgs.msg import PoseStamped
from scipy.spatial.transform import Rotation

from policy_node.decode import decode
from segue_core.contract import COMPRESSED_IMAGE, IMAGE, POSE, Input

PICTURE = np.zeros((8, 16, 3), np.uint8)
PICTURE[:4, :8] = 255      # top left
CORNERS = {0: [1, 0, 0, 0], 90: [0, 1, 0, 0], 180: [0, 0, 0, 1], 270: [0, 0, 1, 0]}
"""Rotation [deg] -> which of top left, top right, bottom left, bottom right is white."""


def camera(kind, rotate):
    return Input('head', 'head/image', kind, 'head', (), rotate)


@pytest.mark.parametrize('rotate', CORNERS)
@pytest.mark.parametrize('kind', [IMAGE, COMPRESSED_IMAGE])
def test_image_is_turned_clockwise(kind, rotate):
    bridge = CvBridge()
    msg = (bridge.cv2_to_imgmsg(PICTURE, 'rgb8') if kind == IMAGE
           else bridge.cv2_to_compressed_imgmsg(PICTURE, 'png'))
    image = decode(camera(kind, rotate), msg)
    assert image.shape == ((8, 16, 3) if rotate % 180 == 0 else (16, 8, 3))
    assert image.flags.c_contiguous
    assert [int(image[y, x, 0] > 127) for y in (0, -1) for x in (0, -1)] == CORNERS[rotate]


@pytest.mark.parametrize('angle', [0.0, 1e-9, 0.5, 3.1, 3.2, 6.0])
def test_rotation_vector_is_as_long_as_the_angle_and_does_not_jump_at_half_a_turn(angle):
    axis = np.array([0.6, -0.8, 0.0])
    x, y, z = axis * np.sin(angle / 2)
    msg = PoseStamped()
    orientation = msg.pose.orientation
    orientation.x, orientation.y, orientation.z, orientation.w = x, y, z, np.cos(angle / 2)
    vector = decode(Input('eef', 'eef', POSE, 'eef', ('rx', 'ry', 'rz')), msg)
    assert vector == pytest.approx(axis * angle, abs=1e-12)
    assert (Rotation.from_rotvec(vector) * Rotation.from_rotvec(-axis * angle)
            ).magnitude() == pytest.approx(0.0, abs=1e-7)
