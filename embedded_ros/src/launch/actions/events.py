"""Actions on events and event handlers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import launch.logging
from launch.action import Action
from launch.event import Event
from launch.event_handler import BaseEventHandler, EventHandler
from launch.event_handlers import OnShutdown
from launch.events import Shutdown as ShutdownEvent
from launch.events import TimerEvent
from launch.events.process import ProcessExited
from launch.launch_context import LaunchContext
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.some_substitutions_type import SomeSubstitutionsType, SomeSubstitutionsType_types_tuple
from launch.utilities import ensure_argument_type, normalize_to_list_of_entities
from launch.utilities.type_utils import normalize_typed_substitution, perform_typed_substitution


class EmitEvent(Action):
    """Emits an event."""

    def __init__(self, *, event: Event, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(event, Event):
            raise RuntimeError(f"EmitEvent() expected an event instance, got '{event}'.")
        self.event = event

    def execute(self, context: LaunchContext) -> None:
        """Emit it."""
        context.emit_event_sync(self.event)


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

    is_certain = False

    def __init__(self, event_handler: BaseEventHandler, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.event_handler = event_handler

    def execute(self, context: LaunchContext) -> None:
        """Register it."""
        context.register_event_handler(self.event_handler)

    def get_sub_entities(self) -> list[LaunchDescriptionEntity]:
        """Entities that the handler may return."""
        entities = getattr(self.event_handler, 'entities', None)
        return [] if callable(entities) else normalize_to_list_of_entities(entities)


class UnregisterEventHandler(Action):
    """Removes an event handler."""

    def __init__(self, event_handler: BaseEventHandler, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.event_handler = event_handler

    def execute(self, context: LaunchContext) -> None:
        """Remove it.

        Raises:
            ValueError: It is not registered.
        """
        context.unregister_event_handler(self.event_handler)


class TimerAction(Action):
    """Executes actions once, after a period."""

    is_certain = False

    def __init__(
        self,
        *,
        period: float | SomeSubstitutionsType,
        actions: Iterable[LaunchDescriptionEntity],
        cancel_on_shutdown: bool | SomeSubstitutionsType = True,
        **kwargs: Any,
    ) -> None:
        """Describe the timer.

        Args:
            period: Time to wait [s].
            actions: The actions.
            cancel_on_shutdown: Whether they are dropped when the launch ends before.
            kwargs: See `Action`.
        """
        super().__init__(**kwargs)
        ensure_argument_type(
            period, (*SomeSubstitutionsType_types_tuple, float), 'period', 'TimerAction'
        )
        self.period = normalize_typed_substitution(
            float(period) if isinstance(period, str) else period, float
        )
        self.actions = list(actions)
        self.cancel_on_shutdown = normalize_typed_substitution(cancel_on_shutdown, bool)
        self._canceled = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def get_sub_entities(self) -> list[LaunchDescriptionEntity]:
        """The actions."""
        return self.actions

    def cancel(self) -> None:
        """Never execute the actions, if the period has not passed yet."""
        self._canceled.set()

    def execute(self, context: LaunchContext) -> None:
        """Start the timer."""
        started_with = context.get_locals_as_dict()

        def fire(event: TimerEvent, context: LaunchContext) -> list[LaunchDescriptionEntity]:
            context.extend_locals(started_with)
            return self.actions

        def cancel(event: ShutdownEvent, context: LaunchContext) -> None:
            self.cancel()

        context.register_event_handler(
            EventHandler(matcher=self._is_mine, entities=fire, handle_once=True)
        )
        if perform_typed_substitution(context, self.cancel_on_shutdown, bool):
            context.register_event_handler(OnShutdown(on_shutdown=cancel))
        period = perform_typed_substitution(context, self.period, float)
        self._task = asyncio.ensure_future(self._wait(context, period))

    def get_asyncio_future(self) -> asyncio.Future[None] | None:
        """Future that is done when the period has passed or the timer was canceled."""
        return self._task

    def _is_mine(self, event: Event) -> bool:
        return isinstance(event, TimerEvent) and event.timer_action is self

    async def _wait(self, context: LaunchContext, period: float) -> None:
        try:
            await asyncio.wait_for(self._canceled.wait(), period)
        except asyncio.TimeoutError:
            context.emit_event_sync(TimerEvent(timer_action=self))
