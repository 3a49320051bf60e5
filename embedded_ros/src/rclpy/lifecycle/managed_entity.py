"""Entities that take part in a node's transitions."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from rclpy._rclpy_pybind11 import TransitionCallbackReturnType as TransitionCallbackReturn
from rclpy.lifecycle.state_machine import LifecycleState


class ManagedEntity:
    """Base of what has transition callbacks; each takes the state before and returns SUCCESS."""

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Prepare; from unconfigured to inactive."""
        return self._pass_on('on_configure', state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Undo the preparation; from inactive to unconfigured."""
        return self._pass_on('on_cleanup', state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """End; from any primary state to finalized."""
        return self._pass_on('on_shutdown', state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start; from inactive to active."""
        return self._pass_on('on_activate', state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop; from active to inactive."""
        return self._pass_on('on_deactivate', state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Recover from an error in another callback; SUCCESS leads to unconfigured."""
        return self._pass_on('on_error', state)

    def _pass_on(self, name: str, state: LifecycleState) -> TransitionCallbackReturn:
        """Let what belongs to the entity take part in a transition."""
        return TransitionCallbackReturn.SUCCESS


class SimpleManagedEntity(ManagedEntity):
    """Entity that works only while the node is active."""

    def __init__(self) -> None:
        self._enabled = False

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start to work."""
        self._enabled = True
        return TransitionCallbackReturn.SUCCESS

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop working."""
        self._enabled = False
        return TransitionCallbackReturn.SUCCESS

    @property
    def is_activated(self) -> bool:
        """Whether it works."""
        return self._enabled

    @staticmethod
    def when_enabled(
        wrapped: Callable[..., None] | None = None,
        *,
        when_not_enabled: Callable[[], Any] | None = None,
    ) -> Any:
        """Make a method do nothing while the entity does not work.

        Args:
            wrapped: The method.
            when_not_enabled: Called instead of it.
        """

        def decorator(method: Callable[..., None]) -> Callable[..., None]:
            @wraps(method)
            def only_when_enabled(self: SimpleManagedEntity, *args: Any, **kwargs: Any) -> None:
                if self._enabled:
                    method(self, *args, **kwargs)
                elif when_not_enabled is not None:
                    when_not_enabled()

            return only_when_enabled

        return decorator if wrapped is None else decorator(wrapped)
