"""Actions on events and event handlers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import launch.logging
from launch.action import Action
from launch.event import Event
from launch.event_handler import BaseEventHandler
from launch.events import Shutdown as ShutdownEvent
from launch.events.process import ProcessExited
from launch.launch_context import LaunchContext
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.utilities import is_a_subclass


class EmitEvent(Action):
    """Emits an event."""

    def __init__(self, *, event: Event, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not is_a_subclass(event, Event):
            raise RuntimeError(f"EmitEvent() expected an event instance, got '{event}'.")
        self._event = event

    @property
    def event(self) -> Event:
        """The event."""
        return self._event

    def execute(self, context: LaunchContext) -> None:
        """Emit it."""
        context.emit_event_sync(self._event)


class Shutdown(EmitEvent):
    """Ends the launch."""

    def __init__(self, *, reason: str = 'reason not given', **kwargs: Any) -> None:
        super().__init__(event=ShutdownEvent(reason=reason), **kwargs)

    def execute(self, context: LaunchContext) -> None:
        """Emit the shutdown event, and tell which process's end led to it."""
        event = context.get_locals_as_dict().get('event')
        if isinstance(event, ProcessExited):
            launch.logging.get_logger('launch').info(
                f'process[{event.process_name}] was required: shutting down launched system'
            )
        super().execute(context)


class RegisterEventHandler(Action):
    """Registers an event handler."""

    def __init__(self, event_handler: BaseEventHandler, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._event_handler = event_handler

    @property
    def event_handler(self) -> BaseEventHandler:
        """The event handler."""
        return self._event_handler

    def execute(self, context: LaunchContext) -> None:
        """Register it."""
        context.register_event_handler(self._event_handler)

    def describe_conditional_sub_entities(
        self,
    ) -> list[tuple[str, Iterable[LaunchDescriptionEntity]]]:
        """Entities that the handler may return."""
        text, entities = self._event_handler.describe()
        return [(text, entities)] if entities else []


class UnregisterEventHandler(Action):
    """Removes an event handler."""

    def __init__(self, event_handler: BaseEventHandler, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._event_handler = event_handler

    @property
    def event_handler(self) -> BaseEventHandler:
        """The event handler."""
        return self._event_handler

    def execute(self, context: LaunchContext) -> None:
        """Remove it.

        Raises:
            ValueError: It is not registered.
        """
        context.unregister_event_handler(self._event_handler)
