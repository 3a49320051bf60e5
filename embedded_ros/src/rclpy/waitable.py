"""Things of users that an executor waits for: not part of this distribution."""

from __future__ import annotations

from typing import Any


class Waitable:
    """Fills upstream's wait sets; those of this distribution take their own entities only."""

    def __init__(self, callback_group: Any) -> None:
        raise NotImplementedError('rclpy.waitable.Waitable: own waitables need a real ROS 2')
