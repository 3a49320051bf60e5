"""Base of the conditions that actions can be given."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from launch.launch_context import LaunchContext


class Condition:
    """A question about the launch context."""

    def __init__(self, *, predicate: Callable[[LaunchContext], bool] | None = None) -> None:
        self._predicate = predicate

    def describe(self) -> str:
        """Text that stands for the condition."""
        return repr(self)

    def evaluate(self, context: LaunchContext) -> bool:
        """Answer of the question in a context; False if there is no question."""
        return self._predicate is not None and self._predicate(context)
