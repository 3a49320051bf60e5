"""Events: what a launch reacts to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from launch.event import Event
from launch.events import process

if TYPE_CHECKING:
    from launch.action import Action
    from launch.actions import TimerAction
    from launch.launch_description import LaunchDescription

__all__ = [
    'ExecutionComplete', 'IncludeLaunchDescription', 'Shutdown', 'TimerEvent', 'matches_action',
    'process',
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ExecutionComplete(Event):
    """An action's work is done."""

    action: Action


@dataclass(frozen=True)
class IncludeLaunchDescription(Event):
    """A launch description is to be visited."""

    launch_description: LaunchDescription


@dataclass(frozen=True, kw_only=True)
class Shutdown(Event):
    """The launch is to end: why, and whether the user pressed Ctrl-C."""

    reason: str = 'reason not given'
    due_to_sigint: bool = False


@dataclass(frozen=True, kw_only=True)
class TimerEvent(Event):
    """The time of a timer action has passed."""

    timer_action: TimerAction


def matches_action(target_action: Action) -> Callable[[Action], bool]:
    """Matcher of one action."""
    return lambda action: action is target_action
