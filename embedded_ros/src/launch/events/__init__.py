"""Events: what a launch reacts to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from launch.event import Event
from launch.events import process

if TYPE_CHECKING:
    from launch.action import Action
    from launch.actions import TimerAction
    from launch.launch_description import LaunchDescription

__all__ = [
    'ExecutionComplete',
    'IncludeLaunchDescription',
    'Shutdown',
    'TimerEvent',
    'matches_action',
    'process',
]


class ExecutionComplete(Event):
    """An action's work is done."""

    name = 'launch.events.ExecutionComplete'

    def __init__(self, *, action: Action) -> None:
        self._action = action

    @property
    def action(self) -> Action:
        """The action."""
        return self._action


class IncludeLaunchDescription(Event):
    """A launch description is to be visited."""

    name = 'launch.events.IncludeLaunchDescription'

    def __init__(self, launch_description: LaunchDescription) -> None:
        self._launch_description = launch_description

    @property
    def launch_description(self) -> LaunchDescription:
        """The launch description."""
        return self._launch_description


class Shutdown(Event):
    """The launch is to end."""

    name = 'launch.events.Shutdown'

    def __init__(self, *, reason: str = 'reason not given', due_to_sigint: bool = False) -> None:
        self._reason = reason
        self._due_to_sigint = due_to_sigint

    @property
    def reason(self) -> str:
        """Why it is to end."""
        return self._reason

    @property
    def due_to_sigint(self) -> bool:
        """Whether the user pressed Ctrl-C."""
        return self._due_to_sigint


class TimerEvent(Event):
    """The time of a timer action has passed."""

    name = 'launch.events.TimerEvent'

    def __init__(self, *, timer_action: TimerAction) -> None:
        self._timer_action = timer_action

    @property
    def timer_action(self) -> TimerAction:
        """The timer action."""
        return self._timer_action


def matches_action(target_action: Action) -> Callable[[Action], bool]:
    """Matcher of one action."""
    return lambda action: action is target_action
