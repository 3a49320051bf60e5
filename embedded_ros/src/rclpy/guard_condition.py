"""Guard conditions: they wake an executor from another thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from embedded_ros.dds import GuardCondition as DdsGuardCondition
from rclpy.callback_groups import CallbackGroup
from rclpy.context import Context, create_dds_guard
from rclpy.exceptions import InvalidHandle
from rclpy.impl.awaiting import await_or_execute
from rclpy.utilities import get_default_context


class GuardCondition:
    """Calls its callback in an executor after `trigger`; made by `Node.create_guard_condition`."""

    def __init__(
        self,
        callback: Callable[[], Any] | None,
        callback_group: CallbackGroup | None,
        context: Context | None = None,
    ) -> None:
        self._context = get_default_context() if context is None else context
        self._guard = create_dds_guard(self._context)
        self.callback = callback
        self.callback_group = callback_group
        self._executor_event = False
        self._executor_triggered = False

    def trigger(self) -> None:
        """Have the callback called once more.

        Raises:
            InvalidHandle: The guard condition was destroyed.
        """
        if self._guard.closed:
            raise InvalidHandle('cannot trigger a guard condition that was destroyed')
        self._guard.trigger()

    @property
    def handle(self) -> DdsGuardCondition:
        """The guard condition of the middleware."""
        return self._guard

    def destroy(self) -> None:
        """Delete it; harmless when repeated."""
        self._guard.close()

    def _is_pending(self) -> bool:
        return self._executor_triggered

    def _take(self, executor: object) -> Callable[[], Any] | None:
        self._executor_triggered = False
        callback = self.callback
        return None if callback is None else lambda: await_or_execute(callback)
