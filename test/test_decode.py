"""Messages become values: images are turned as the contract says."""

import numpy as np
import pytest
from cv_bridge import CvBridge

from policy_node.decode import decode
from segue_core.contract import COMPRESSED_IMAGE, IMAGE, Input

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
