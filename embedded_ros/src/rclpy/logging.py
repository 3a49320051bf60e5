"""Loggers and their levels."""

from __future__ import annotations

from rclpy.impl import log_output
from rclpy.impl.log_output import effective_level as get_logger_effective_level  # noqa: F401
from rclpy.impl.log_output import own_level as get_logger_level  # noqa: F401
from rclpy.impl.logging_severity import LoggingSeverity
from rclpy.impl.rcutils_logger import RcutilsLogger

_root_logger = RcutilsLogger()


def get_logger(name: str) -> RcutilsLogger:
    """Logger of a name; dots make a hierarchy.

    Raises:
        ValueError: `name` is empty.
    """
    if not name:
        raise ValueError('Logger name must not be empty.')
    return _root_logger.get_child(name)


def initialize() -> None:
    """Start the logging system; it is ready from the start."""


def shutdown() -> None:
    """Forget the levels of all loggers."""
    log_output.reset()


def clear_config() -> None:
    """Forget the levels of all loggers."""
    shutdown()
    initialize()


def set_logger_level(name: str, level: int | LoggingSeverity, detailed_error: bool = False) -> None:
    """Set the level of a logger; '' is the parent of all.

    Args:
        name: Name of the logger.
        level: Least severity that is logged.
        detailed_error: Accepted for compatibility: the errors are always detailed.

    Raises:
        ValueError: There is no such severity.
    """
    log_output.set_level(name, LoggingSeverity(level))


def get_logging_severity_from_string(log_severity: str) -> LoggingSeverity:
    """Severity of a name, in any case.

    Raises:
        RuntimeError: There is no such severity.
    """
    try:
        return LoggingSeverity[log_severity.upper()]
    except KeyError:
        choices = ', '.join(LoggingSeverity.__members__)
        raise RuntimeError(f'no log severity {log_severity!r}; choose from {choices}') from None
