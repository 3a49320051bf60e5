"""Actions: not part of this distribution."""

from __future__ import annotations

from enum import Enum
from typing import Any


class GoalResponse(Enum):
    """What an action server says to a goal."""

    REJECT = 1
    ACCEPT = 2


class CancelResponse(Enum):
    """What an action server says to a request to cancel."""

    REJECT = 1
    ACCEPT = 2


class ActionClient:
    """Client of an action; needs a real ROS 2."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(f'rclpy.action.{type(self).__name__}: actions need a real ROS 2')


class ActionServer(ActionClient):
    """Server of an action; needs a real ROS 2."""
