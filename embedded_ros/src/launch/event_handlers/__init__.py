"""Event handlers for what happens to actions, processes and the launch itself."""

from collections.abc import Callable

from launch.event import Event
from launch.event_handlers.on_action_event import (
    OnActionEventBase,
    OnExecutionComplete,
    OnProcessExit,
    OnProcessIO,
    OnProcessStart,
)
from launch.event_handlers.on_shutdown import OnIncludeLaunchDescription, OnShutdown

__all__ = [
    'OnActionEventBase',
    'OnExecutionComplete',
    'OnIncludeLaunchDescription',
    'OnProcessExit',
    'OnProcessIO',
    'OnProcessStart',
    'OnShutdown',
    'event_named',
]


def event_named(name: str) -> Callable[[Event], bool]:
    """Matcher of the events with a name."""
    return lambda event: event.name == name
