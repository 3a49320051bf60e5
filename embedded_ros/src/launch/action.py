"""Base of all actions."""

from __future__ import annotations

from launch.conditions import Condition
from launch.events import ExecutionComplete
from launch.launch_context import LaunchContext
from launch.launch_description_entity import LaunchDescriptionEntity


class Action(LaunchDescriptionEntity):
    """Something that a launch is to do."""

    def __init__(self, *, condition: Condition | None = None) -> None:
        """Store the condition.

        Args:
            condition: Execute the action only if this is true when it is visited.
        """
        self.condition = condition

    def visit(self, context: LaunchContext) -> list[LaunchDescriptionEntity] | None:
        """Execute the action, unless its condition is false."""
        if self.condition is not None and not self.condition.evaluate(context):
            return None
        try:
            return self.execute(context)
        finally:
            self._announce_completion(context)

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity] | None:
        """Do the action's work and return the entities to visit next."""
        return None

    def _announce_completion(self, context: LaunchContext) -> None:
        event = ExecutionComplete(action=self)
        if not context.would_handle_event(event):
            return
        future = self.get_asyncio_future()
        if future is None:
            context.emit_event_sync(event)
        else:
            future.add_done_callback(lambda _: context.emit_event_sync(event))
