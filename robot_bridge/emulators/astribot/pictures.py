"""What an emulated camera sees: one bar for each joint, as high as its position."""

from __future__ import annotations

from collections.abc import Mapping
from colorsys import hsv_to_rgb

import numpy as np
from numpy.typing import NDArray

from robot_bridge.emulators.astribot.robot import ALL

CAMERAS = {'head': '/astribot_camera/head_rgbd/color_compress/compressed',
           'wrist_left': '/astribot_camera/left_wrist_rgbd/color_compress/compressed',
           'wrist_right': '/astribot_camera/right_wrist_rgbd/color_compress/compressed'}
"""Camera -> topic of the robot's own driver."""
SKY = (110, 170, 230)
"""Colour of the uppermost tenth: tells which way is up."""
GROUND = (60, 60, 60)
_SIDES = {'wrist_left': 'left', 'wrist_right': 'right'}
_COLORS = [tuple(round(255 * part) for part in hsv_to_rgb(k / len(ALL.joints), 1, 1))
           for k in range(len(ALL.joints))]


def draw(camera: str, positions: Mapping[str, float], width: int, height: int
         ) -> NDArray[np.uint8]:
    """Draw what one camera sees.

    Args:
        camera: One of `CAMERAS`; a wrist sees the arm and gripper of its side, the head all.
        positions: Joint -> position [its unit]; those that are not known have no bar.
        width: Of the picture [px].
        height: Of the picture [px].

    Returns:
        Shape (height, width, 3), RGB, upright.
    """
    picture = np.full((height, width, 3), GROUND, dtype=np.uint8)
    sky = height // 10
    picture[:sky] = SKY
    seen = [k for k, joint in enumerate(ALL.joints) if _SIDES.get(camera, '') in joint]
    edges = np.linspace(0, width, len(seen) + 1).astype(int)
    for k, left, right in zip(seen, edges[:-1], edges[1:], strict=True):
        if (position := positions.get(ALL.joints[k])) is not None:
            share = np.clip((position - ALL.lower[k]) / (ALL.upper[k] - ALL.lower[k]), 0, 1)
            top = height - round(float(share) * (height - sky))
            picture[top:, left:max(right - 1, left + 1)] = _COLORS[k]
    return picture
