"""Action that executes others after some time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, cast

from launch.action import Action
from launch.event_handler import EventHandler
from launch.event_handlers import OnShutdown
from launch.events import Shutdown, TimerEvent
from launch.launch_context import LaunchContext
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.some_substitutions_type import SomeSubstitutionsType, SomeSubstitutionsType_types_tuple
from launch.utilities import ensure_argument_type
from launch.utilities.type_utils import normalize_typed_substitution, perform_typed_substitution


class TimerAction(Action):
    """Executes actions once, after a period."""

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
        ensure_argument_type(actions, Iterable, 'actions', 'TimerAction')
        self._period = normalize_typed_substitution(
            float(period) if isinstance(period, str) else period, float
        )
        self._actions = list(actions)
        self._cancel_on_shutdown = normalize_typed_substitution(cancel_on_shutdown, bool)
        self._context_locals: dict[str, Any] = {}
        self._completed: asyncio.Future[None] | None = None
        self._canceled = asyncio.Event()

    @property
    def period(self) -> Any:
        """Time to wait [s]."""
        return self._period

    @property
    def actions(self) -> list[LaunchDescriptionEntity]:
        """The actions."""
        return self._actions

    def describe(self) -> str:
        """The timer, as a call."""
        return f'TimerAction(period={self._period}, actions=<actions>)'

    def describe_conditional_sub_entities(
        self,
    ) -> list[tuple[str, Iterable[LaunchDescriptionEntity]]]:
        """The actions."""
        return [(f'{self._period} seconds pass without being canceled', self._actions)]

    def cancel(self) -> None:
        """Never execute the actions, if the period has not passed yet."""
        self._canceled.set()

    def execute(self, context: LaunchContext) -> None:
        """Start the timer."""
        loop = cast(asyncio.AbstractEventLoop, context.asyncio_loop)
        self._completed = loop.create_future()
        if self._canceled.is_set():
            self._completed.set_result(None)
            return
        self._context_locals = context.get_locals_as_dict()
        context.register_event_handler(_TimerHandler(self))
        if perform_typed_substitution(context, self._cancel_on_shutdown, bool):

            def cancel(event: Shutdown, context: LaunchContext) -> None:
                self.cancel()

            context.register_event_handler(OnShutdown(on_shutdown=cancel))
        period = perform_typed_substitution(context, self._period, float)
        self._task = loop.create_task(self._wait(context, period, self._completed))

    def get_asyncio_future(self) -> asyncio.Future[None] | None:
        """Future that is done when the period has passed or the timer was canceled."""
        return self._completed

    async def _wait(
        self, context: LaunchContext, period: float, completed: asyncio.Future[None]
    ) -> None:
        try:
            await asyncio.wait_for(self._canceled.wait(), period)
        except asyncio.TimeoutError:
            context.emit_event_sync(TimerEvent(timer_action=self))
        completed.set_result(None)


class _TimerHandler(EventHandler):
    """Executes the actions of one timer, with the locals it was started with."""

    def __init__(self, timer: TimerAction) -> None:
        super().__init__(
            matcher=lambda event: isinstance(event, TimerEvent) and event.timer_action is timer,
            entities=timer.actions,
            handle_once=True,
        )
        self._timer = timer

    def handle(self, event: Any, context: LaunchContext) -> Any:
        entities = super().handle(event, context)
        context.extend_locals(self._timer._context_locals)
        return entities
