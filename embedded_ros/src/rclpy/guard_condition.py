"""Guard conditions: they wake an executor from another thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from embedded_ros.dds import GuardCondition as DdsGuardCondition
from rclpy.callback_groups import CallbackGroup
from rclpy.context import Context
from rclpy.exceptions import InvalidHandle
from rclpy.impl.entity import Entity
from rclpy.task import await_or_execute


class GuardCondition(Entity):
    """Calls its callback in an executor after `trigger`; made by `Node.create_guard_condition`."""

    def __init__(
        self, callback: Callable[[], Any] | None, callback_group: CallbackGroup, context: Context
    ) -> None:
        super().__init__(callback_group)
        self.callback = callback
        self.handle = DdsGuardCondition(context._joined('cannot create guard condition')[0])
        self._triggered = False

    def trigger(self) -> None:
        """Have the callback called once more.

        Raises:
            InvalidHandle: The guard condition was destroyed.
        """
        if self.handle.closed:
            raise InvalidHandle('cannot trigger a guard condition that was destroyed')
        self.handle.trigger()

    def destroy(self) -> None:
        """Delete it; harmless when repeated."""
        self.handle.close()

    def _is_pending(self) -> bool:
        return self._triggered

    def _take(self, executor: object) -> Callable[[], Any] | None:
        self._triggered = False
        callback = self.callback
        return None if callback is None else lambda: await_or_execute(callback)
