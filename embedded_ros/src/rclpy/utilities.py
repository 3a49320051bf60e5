"""Things that other modules of rclpy and programs need."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rclpy.constants import S_TO_NS
from rclpy.context import Context
from rclpy.context import get_default_context as get_default_context
from rclpy.impl.arguments import parse_arguments, split_arguments

_RMW_IMPLEMENTATION = 'rmw_cyclonedds_cpp'


def remove_ros_args(args: Sequence[str] | None = None) -> list[str]:
    """Command line without the ROS arguments.

    Args:
        args: Command line; default `sys.argv`.

    Raises:
        RCLInvalidROSArgsError: A ROS argument has an error.
        UnknownROSArgsError: A ROS argument is not known.
    """
    args = sys.argv if args is None else args
    parse_arguments(args)
    return split_arguments(args)[1]


def ok(*, context: Context | None = None) -> bool:
    """Whether a context is initialized and not shut down; default the default context."""
    return (get_default_context() if context is None else context).ok()


def shutdown(*, context: Context | None = None) -> None:
    """Shut a context down; default the default context.

    Raises:
        RuntimeError: It was never initialized.
        RCLError: It was shut down before, perhaps by a signal.
    """
    (get_default_context(shutting_down=True) if context is None else context).shutdown()


def try_shutdown(*, context: Context | None = None) -> None:
    """Shut a context down if that was not done yet; default the default context."""
    (get_default_context(shutting_down=True) if context is None else context).try_shutdown()


def get_rmw_implementation_identifier() -> str:
    """Middleware whose wire format is spoken."""
    return _RMW_IMPLEMENTATION


def timeout_sec_to_nsec(timeout_sec: float | None) -> int:
    """Nanoseconds of a timeout; -1 for None and negative ones, which mean for ever."""
    if timeout_sec is None or timeout_sec < 0:
        return -1
    return int(float(timeout_sec) * S_TO_NS)
