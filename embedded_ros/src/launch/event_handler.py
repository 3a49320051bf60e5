"""Event handlers: what to do when an event happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from launch.event import Event
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.some_entities_type import SomeEntitiesType
from launch.utilities import normalize_to_list_of_entities

if TYPE_CHECKING:
    from launch.launch_context import LaunchContext


class BaseEventHandler:
    """Base of all event handlers."""

    def __init__(self, *, matcher: Callable[[Any], bool], handle_once: bool = False) -> None:
        """Store what to match.

        Args:
            matcher: Tells of an event whether this handler handles it.
            handle_once: Whether to unregister after the first event.
        """
        self._matcher = matcher
        self._handle_once = handle_once

    @property
    def handle_once(self) -> bool:
        """Whether the handler unregisters after the first event."""
        return self._handle_once

    @property
    def handler_description(self) -> str:
        """What the handler does, in words."""
        return '<actions>'

    @property
    def matcher_description(self) -> str:
        """What the handler matches, in words."""
        return f"'{self._matcher}'"

    def matches(self, event: Event) -> bool:
        """Whether this handler handles an event."""
        return self._matcher(event)

    def describe(self) -> tuple[str, list[LaunchDescriptionEntity]]:
        """The handler in words, and the entities it is known to return."""
        text = (
            f"{type(self).__name__}(matcher='{self.matcher_description}', "
            f"handler='{self.handler_description}', handle_once={self.handle_once})"
        )
        return text, []

    def handle(self, event: Event, context: LaunchContext) -> SomeEntitiesType | None:
        """React to an event and return the entities to visit."""
        context.extend_locals({'event': event})
        if self._handle_once:
            context.unregister_event_handler(self)
        return None


class EventHandler(BaseEventHandler):
    """Handler that returns the same entities for every event."""

    def __init__(
        self,
        *,
        matcher: Callable[[Any], bool],
        entities: SomeEntitiesType | None = None,
        handle_once: bool = False,
    ) -> None:
        super().__init__(matcher=matcher, handle_once=handle_once)
        self._entities = entities

    @property
    def entities(self) -> SomeEntitiesType | None:
        """The entities."""
        return self._entities

    def describe(self) -> tuple[str, list[LaunchDescriptionEntity]]:
        """The handler in words, and its entities."""
        text, _ = super().describe()
        return text, normalize_to_list_of_entities(self._entities or [])

    def handle(self, event: Event, context: LaunchContext) -> SomeEntitiesType | None:
        """Return the entities."""
        super().handle(event, context)
        return self._entities
