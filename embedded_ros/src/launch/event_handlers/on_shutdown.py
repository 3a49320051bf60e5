"""Event handlers of the launch itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from launch.event import Event
from launch.event_handler import BaseEventHandler
from launch.events import IncludeLaunchDescription, Shutdown
from launch.some_entities_type import SomeEntitiesType
from launch.utilities import is_a_subclass

if TYPE_CHECKING:
    from launch.launch_context import LaunchContext


class OnShutdown(BaseEventHandler):
    """Handles the end of the launch."""

    def __init__(
        self,
        *,
        on_shutdown: SomeEntitiesType
        | Callable[[Shutdown, LaunchContext], SomeEntitiesType | None],
        **kwargs: Any,
    ) -> None:
        """Store what to do.

        Args:
            on_shutdown: Entities, or a function of event and context that returns them.
            kwargs: See `BaseEventHandler`.
        """
        super().__init__(matcher=lambda event: is_a_subclass(event, Shutdown), **kwargs)
        self._on_shutdown = on_shutdown

    @property
    def handler_description(self) -> str:
        """The function or the entities."""
        return str(self._on_shutdown)

    @property
    def matcher_description(self) -> str:
        """The event's class."""
        return 'event issubclass of launch.events.Shutdown'

    def handle(self, event: Event, context: LaunchContext) -> SomeEntitiesType | None:
        """Call the function, or return the entities."""
        super().handle(event, context)
        if callable(self._on_shutdown):
            return self._on_shutdown(cast(Shutdown, event), context)
        return self._on_shutdown


class OnIncludeLaunchDescription(BaseEventHandler):
    """Visits launch descriptions that were included by an event."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            matcher=lambda event: is_a_subclass(event, IncludeLaunchDescription), **kwargs
        )

    @property
    def handler_description(self) -> str:
        """What it returns."""
        return 'returns the launch_description in the event'

    @property
    def matcher_description(self) -> str:
        """The event's class."""
        return 'event issubclass of launch.events.IncludeLaunchDescription'

    def handle(self, event: Event, context: LaunchContext) -> SomeEntitiesType | None:
        """Return the launch description of the event."""
        super().handle(event, context)
        return cast(IncludeLaunchDescription, event).launch_description
