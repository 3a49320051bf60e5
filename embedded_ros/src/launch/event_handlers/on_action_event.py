"""Event handlers of actions and their processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from launch.event import Event
from launch.event_handler import BaseEventHandler
from launch.events import ExecutionComplete
from launch.events.process import ProcessExited, ProcessIO, ProcessStarted
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.some_entities_type import SomeEntitiesType
from launch.utilities import normalize_to_list_of_entities

if TYPE_CHECKING:
    from launch.action import Action
    from launch.launch_context import LaunchContext

E = TypeVar('E')
Target = Any  # an action, a function of an action that returns bool, or None for every action
OnEvent = SomeEntitiesType | Callable[[E, 'LaunchContext'], SomeEntitiesType | None]


class OnActionEventBase(BaseEventHandler):
    """Base of the handlers of events that have a source action."""

    def __init__(
        self,
        *,
        action_matcher: Target,
        on_event: OnEvent[Any],
        target_event_cls: type[Event],
        target_action_cls: type[Action],
        **kwargs: Any,
    ) -> None:
        """Store what to match and what to do.

        Args:
            action_matcher: An action, a function that accepts actions, or None for all.
            on_event: Entities, or a function of event and context that returns them.
            target_event_cls: Class of the events.
            target_action_cls: Class of the actions.
            kwargs: See `BaseEventHandler`.

        Raises:
            TypeError: An argument is of a wrong type.
        """
        if not issubclass(target_event_cls, Event):
            raise TypeError("'target_event_cls' must be a subclass of 'Event'")
        is_action = isinstance(action_matcher, target_action_cls)
        if action_matcher is not None and not is_action and not callable(action_matcher):
            raise TypeError(
                f"action_matcher must be an '{target_action_cls.__name__}' instance or a callable, "
                f'got {action_matcher!r}'
            )
        self._action_matcher = action_matcher
        self._target_event_cls = target_event_cls
        self._target_action_cls = target_action_cls
        self._on_event = on_event if callable(on_event) else _entities(on_event)
        super().__init__(matcher=self._matches_event, **kwargs)

    @property
    def handler_description(self) -> str:
        """The function, or that there are entities."""
        return str(self._on_event) if callable(self._on_event) else '<actions>'

    @property
    def matcher_description(self) -> str:
        """The event's and the action's class."""
        text = f'event == {self._target_event_cls.__name__}'
        if self._action_matcher is not None:
            text += f' and {self._target_action_cls.__name__}(event.action)'
        return text

    def describe(self) -> tuple[str, list[LaunchDescriptionEntity]]:
        """The handler in words, and its entities."""
        text, entities = super().describe()
        return text, entities if callable(self._on_event) else list(self._on_event)

    def handle(self, event: Event, context: LaunchContext) -> SomeEntitiesType | None:
        """Call the function, or return the entities."""
        super().handle(event, context)
        return self._on_event(event, context) if callable(self._on_event) else self._on_event

    def _matches_event(self, event: Any) -> bool:
        if not isinstance(event, self._target_event_cls):
            return False
        if self._action_matcher is None:
            return True
        action = cast(Any, event).action
        if callable(self._action_matcher):
            return self._action_matcher(action)
        return action is self._action_matcher


class OnProcessStart(OnActionEventBase):
    """Handles the start of processes."""

    def __init__(
        self, *, target_action: Target = None, on_start: OnEvent[ProcessStarted], **kwargs: Any
    ) -> None:
        from launch.actions import ExecuteProcess

        super().__init__(
            action_matcher=target_action,
            on_event=on_start,
            target_event_cls=ProcessStarted,
            target_action_cls=ExecuteProcess,
            **kwargs,
        )


class OnProcessExit(OnActionEventBase):
    """Handles the end of processes."""

    def __init__(
        self, *, target_action: Target = None, on_exit: OnEvent[ProcessExited], **kwargs: Any
    ) -> None:
        from launch.actions import ExecuteLocal

        super().__init__(
            action_matcher=target_action,
            on_event=on_exit,
            target_event_cls=ProcessExited,
            target_action_cls=ExecuteLocal,
            **kwargs,
        )


class OnProcessIO(OnActionEventBase):
    """Handles what processes write."""

    def __init__(
        self,
        *,
        target_action: Target = None,
        on_stdin: Callable[[ProcessIO], SomeEntitiesType | None] | None = None,
        on_stdout: Callable[[ProcessIO], SomeEntitiesType | None] | None = None,
        on_stderr: Callable[[ProcessIO], SomeEntitiesType | None] | None = None,
        **kwargs: Any,
    ) -> None:
        from launch.actions import ExecuteLocal

        def handle(event: ProcessIO, _: LaunchContext) -> SomeEntitiesType | None:
            if event.from_stdout:
                callback = on_stdout
            else:
                callback = on_stderr if event.from_stderr else on_stdin
            return None if callback is None else callback(event)

        super().__init__(
            action_matcher=target_action,
            on_event=handle,
            target_event_cls=ProcessIO,
            target_action_cls=ExecuteLocal,
            **kwargs,
        )


class OnExecutionComplete(OnActionEventBase):
    """Handles the end of actions."""

    def __init__(
        self,
        *,
        target_action: Target = None,
        on_completion: OnEvent[ExecutionComplete],
        **kwargs: Any,
    ) -> None:
        from launch.action import Action

        super().__init__(
            action_matcher=target_action,
            on_event=on_completion,
            target_event_cls=ExecutionComplete,
            target_action_cls=Action,
            **kwargs,
        )


def _entities(on_event: SomeEntitiesType) -> list[LaunchDescriptionEntity]:
    try:
        return normalize_to_list_of_entities(on_event)
    except TypeError as error:
        raise TypeError(
            "expected all items in 'on_event' iterable to be of type "
            f"'LaunchDescriptionEntity' but got '{on_event!r}'"
        ) from error
