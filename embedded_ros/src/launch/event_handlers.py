"""Event handlers for what happens to actions, processes and the launch itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import launch
from launch.event import Event
from launch.event_handler import EventHandler, OnEvent
from launch.events import ExecutionComplete, Shutdown
from launch.events import IncludeLaunchDescription as IncludeEvent
from launch.events.process import ProcessExited, ProcessIO, ProcessStarted
from launch.launch_context import LaunchContext
from launch.launch_description_entity import SomeEntitiesType
from launch.utilities import normalize_to_list_of_entities

Target = Any  # an action, a function of an action that returns bool, or None for every action
OnText = Callable[[ProcessIO], SomeEntitiesType | None] | None


def event_named(name: str) -> Callable[[Event], bool]:
    """Matcher of the events with a name."""
    return lambda event: event.name == name


class OnShutdown(EventHandler):
    """Handles the end of the launch."""

    def __init__(self, *, on_shutdown: OnEvent, **kwargs: Any) -> None:
        super().__init__(
            matcher=lambda event: isinstance(event, Shutdown), entities=on_shutdown, **kwargs
        )


class OnIncludeLaunchDescription(EventHandler):
    """Visits launch descriptions that were included by an event."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            matcher=lambda event: isinstance(event, IncludeEvent),
            entities=lambda event, context: event.launch_description,
            **kwargs,
        )


class OnActionEventBase(EventHandler):
    """Base of the handlers of events that have a source action."""

    def __init__(
        self,
        *,
        action_matcher: Target,
        on_event: OnEvent,
        target_event_cls: type[Event],
        target_action_cls: type[launch.Action],
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
        is_action = isinstance(action_matcher, target_action_cls)
        if action_matcher is not None and not is_action and not callable(action_matcher):
            raise TypeError(
                f"action_matcher must be an '{target_action_cls.__name__}' instance or a callable, "
                f'got {action_matcher!r}'
            )
        if not callable(on_event):
            on_event = normalize_to_list_of_entities(on_event)

        def matches(event: Any) -> bool:
            if not isinstance(event, target_event_cls):
                return False
            if action_matcher is None:
                return True
            action = event.action  # type: ignore[attr-defined]
            return action is action_matcher if is_action else action_matcher(action)

        super().__init__(matcher=matches, entities=on_event, **kwargs)


class OnProcessStart(OnActionEventBase):
    """Handles the start of processes."""

    def __init__(self, *, target_action: Target = None, on_start: OnEvent, **kwargs: Any) -> None:
        super().__init__(
            action_matcher=target_action, on_event=on_start, target_event_cls=ProcessStarted,
            target_action_cls=launch.actions.ExecuteProcess, **kwargs,
        )  # fmt: skip


class OnProcessExit(OnActionEventBase):
    """Handles the end of processes."""

    def __init__(self, *, target_action: Target = None, on_exit: OnEvent, **kwargs: Any) -> None:
        super().__init__(
            action_matcher=target_action, on_event=on_exit, target_event_cls=ProcessExited,
            target_action_cls=launch.actions.ExecuteProcess, **kwargs,
        )  # fmt: skip


class OnProcessIO(OnActionEventBase):
    """Handles what processes write."""

    def __init__(
        self,
        *,
        target_action: Target = None,
        on_stdin: OnText = None,
        on_stdout: OnText = None,
        on_stderr: OnText = None,
        **kwargs: Any,
    ) -> None:
        def handle(event: ProcessIO, context: LaunchContext) -> SomeEntitiesType | None:
            callback = (on_stdin, on_stdout, on_stderr)[event.fd]
            return None if callback is None else callback(event)

        super().__init__(
            action_matcher=target_action, on_event=handle, target_event_cls=ProcessIO,
            target_action_cls=launch.actions.ExecuteProcess, **kwargs,
        )  # fmt: skip


class OnExecutionComplete(OnActionEventBase):
    """Handles the end of actions."""

    def __init__(
        self, *, target_action: Target = None, on_completion: OnEvent, **kwargs: Any
    ) -> None:
        super().__init__(
            action_matcher=target_action, on_event=on_completion,
            target_event_cls=ExecutionComplete, target_action_cls=launch.Action, **kwargs,
        )  # fmt: skip
