"""Base of what an executor runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.callback_groups import CallbackGroup


class Entity:
    """What has a callback: a subscription, timer, service, client, guard condition or event."""

    def __init__(self, callback_group: CallbackGroup) -> None:
        self.callback_group = callback_group
        # Whether an executor has chosen it to run and its callback has not begun yet.
        self._is_chosen = False

    def _can_execute(self) -> bool:
        """Whether it is idle and its group lets it start."""
        return not self._is_chosen and self.callback_group.can_execute(self)

    def _take(self, executor: Any) -> Callable[[], Any] | None:
        """What is to be done now: a function that returns a coroutine; None if nothing."""
        raise NotImplementedError(f'{type(self).__name__} has no callback')
