"""Exceptions and enumerations that upstream defines in its C++ extension of this name."""

from __future__ import annotations

from enum import Enum, IntEnum


class RCLError(RuntimeError):
    """The ROS client library refused an operation."""


class RCLInvalidROSArgsError(RCLError):
    """An argument after `--ros-args` has an error."""


class UnknownROSArgsError(RuntimeError):
    """An argument after `--ros-args` is not known."""


class NodeNameNonExistentError(RCLError):
    """No node of that name was discovered."""


class UnsupportedEventTypeError(RCLError):
    """The middleware cannot report events of that type."""


class InvalidHandle(RuntimeError):
    """The entity was destroyed."""


class SignalHandlerOptions(Enum):
    """Signals that shut the contexts down."""

    NO = 0
    SIGINT = 1
    SIGTERM = 2
    ALL = 3


class ClockChange(IntEnum):
    """What changed when the time of a clock jumped."""

    ROS_TIME_NO_CHANGE = 1
    ROS_TIME_ACTIVATED = 2
    ROS_TIME_DEACTIVATED = 3
    SYSTEM_TIME_NO_CHANGE = 4


class TransitionCallbackReturnType(Enum):
    """Outcome of a lifecycle transition callback."""

    SUCCESS = 97
    FAILURE = 98
    ERROR = 99

    def to_label(self) -> str:
        """Label of the transition that follows, such as 'transition_success'."""
        return f'transition_{self.name.lower()}'
