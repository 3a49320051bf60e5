"""Base of what an executor waits for besides messages, timers and requests."""

from __future__ import annotations

from rclpy.callback_groups import CallbackGroup


class Waitable:
    """Something with a pending flag and a callback.

    The wait sets of this distribution take no others than its own kinds of entity: waitables of
    users, which fill upstream's wait sets, need a real ROS 2.
    """

    def __init__(self, callback_group: CallbackGroup) -> None:
        if type(self)._is_pending is Waitable._is_pending:
            raise NotImplementedError('rclpy.waitable.Waitable: own waitables need a real ROS 2')
        self.callback_group = callback_group
        self.callback_group.add_entity(self)
        self._executor_event = False

    def _is_pending(self) -> bool:
        """Whether the callback is due."""
        return False
