"""What launch files of robots do when a node ends."""

from __future__ import annotations

from launch import LaunchContext
from launch.actions import LogInfo
from launch.events.process import ProcessExited


def node_exited(event: ProcessExited, context: LaunchContext) -> None:
    """End everything with an error when a node ended with one; a killed one can come back."""
    if event.returncode > 0 and not context.is_shutdown:
        raise RuntimeError(f'{event.process_name} ended with exit code {event.returncode}')


def policy_exited(event: ProcessExited, context: LaunchContext) -> LogInfo | None:
    """A robot is not let go of because its policy ended: the bridge holds it."""
    if not event.returncode or context.is_shutdown:
        return None
    return LogInfo(msg=f'{event.process_name} ended with exit code {event.returncode}: the robot '
                       'holds. Start policy_node again, or end everything with Ctrl-C')
