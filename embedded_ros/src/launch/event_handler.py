"""Event handlers: what to do when an event happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from launch.event import Event
from launch.launch_context import LaunchContext
from launch.launch_description_entity import SomeEntitiesType

# Entities, or a function of event and context that may return some.
OnEvent = SomeEntitiesType | Callable[[Any, LaunchContext], SomeEntitiesType | None] | None


class BaseEventHandler:
    """Base of all event handlers."""

    def __init__(self, *, matcher: Callable[[Any], bool], handle_once: bool = False) -> None:
        """Store what to match.

        Args:
            matcher: Tells of an event whether this handler handles it.
            handle_once: Whether to unregister after the first event.
        """
        self._matcher = matcher
        self.handle_once = handle_once

    def matches(self, event: Event) -> bool:
        """Whether this handler handles an event."""
        return self._matcher(event)

    def handle(self, event: Event, context: LaunchContext) -> SomeEntitiesType | None:
        """React to an event and return the entities to visit."""
        context.extend_locals({'event': event})
        if self.handle_once:
            context.unregister_event_handler(self)
        return None


class EventHandler(BaseEventHandler):
    """Handler with entities, or unlike upstream's with a function that may return some."""

    def __init__(
        self, *, matcher: Callable[[Any], bool], entities: OnEvent = None, handle_once: bool = False
    ) -> None:
        super().__init__(matcher=matcher, handle_once=handle_once)
        self.entities = entities

    def handle(self, event: Event, context: LaunchContext) -> SomeEntitiesType | None:
        """Call the function, or return the entities."""
        super().handle(event, context)
        return self.entities(event, context) if callable(self.entities) else self.entities
