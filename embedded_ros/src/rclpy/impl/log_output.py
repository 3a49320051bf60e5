"""Levels of loggers, the console, and the way to /rosout."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

from rclpy.constants import S_TO_NS
from rclpy.impl.logging_severity import LoggingSeverity

SEPARATOR = '.'
_DEFAULT_FORMAT = '[{severity}] [{time}] [{name}]: {message}'
_TOKEN = re.compile(r'\{(\w+)\}')
_COLOURS = {'DEBUG': 32, 'INFO': 0, 'WARN': 33, 'ERROR': 31, 'FATAL': 31}
_Any = TypeVar('_Any')

_lock = threading.RLock()
_levels: dict[str, LoggingSeverity] = {}
_sinks: dict[str, Callable[[LogRecord], None]] = {}
_console_enabled = True


class LogRecord(NamedTuple):
    """One log message."""

    stamp_ns: int  # system time [ns since 1970]
    severity: LoggingSeverity
    name: str  # of the logger
    message: str
    function: str
    file: str
    line: int


def configure(levels: dict[str, LoggingSeverity], console: bool) -> None:
    """Take over what the command line says.

    Args:
        levels: Level by logger, '' for the default.
        console: Whether to write to the console.
    """
    global _console_enabled
    _levels.update(levels)
    _console_enabled = console


def reset() -> None:
    """Forget all levels, and write to the console."""
    _levels.clear()
    configure({}, True)


def set_level(name: str, level: LoggingSeverity) -> None:
    """Set a logger's level; UNSET: that of its parent."""
    _levels[name] = level


def own_level(name: str) -> LoggingSeverity:
    """Level that was set for exactly this logger, else UNSET."""
    return _levels.get(name, LoggingSeverity.UNSET)


def effective_level(name: str) -> LoggingSeverity:
    """Level of a logger, or of its nearest ancestor that has one; INFO by default."""
    return _nearest(_levels, name) or _levels.get('') or LoggingSeverity.INFO


def add_sink(name: str, sink: Callable[[LogRecord], None]) -> None:
    """Hand the records of a logger and its children to a function, such as a /rosout publisher."""
    _sinks.setdefault(name, sink)


def remove_sink(name: str, sink: Callable[[LogRecord], None]) -> None:
    """Stop that; a function that is not registered is no error."""
    with _lock:
        if _sinks.get(name) == sink:
            del _sinks[name]


def write(record: LogRecord) -> None:
    """Write a record to the console and to the sink of its logger."""
    if _console_enabled:
        _write_console(record)
    if (sink := _nearest(_sinks, record.name)) is not None:
        sink(record)


def _nearest(table: Mapping[str, _Any], name: str) -> _Any | None:
    """Entry of a logger or of its nearest ancestor that has one."""
    while name:
        if found := table.get(name):
            return found
        name = name.rpartition(SEPARATOR)[0]
    return None


def _write_console(record: LogRecord) -> None:
    stream = sys.stdout if os.environ.get('RCUTILS_LOGGING_USE_STDOUT') == '1' else sys.stderr
    line = format_record(record, os.environ.get('RCUTILS_CONSOLE_OUTPUT_FORMAT', _DEFAULT_FORMAT))
    colours = os.environ.get('RCUTILS_COLORIZED_OUTPUT')
    if colours == '1' or (not colours and stream.isatty()):
        line = f'\033[{_COLOURS[record.severity.name]}m{line}\033[0m'
    with _lock:
        try:
            stream.write(f'{line}\n')
            stream.flush()
        except (OSError, ValueError):
            return  # the reader of the pipe is gone, or the stream is closed


def format_record(record: LogRecord, template: str) -> str:
    """Text of a record.

    Args:
        record: The record.
        template: Text with the tokens of RCUTILS_CONSOLE_OUTPUT_FORMAT; others stay as they are.
    """
    seconds, nanoseconds = divmod(record.stamp_ns, S_TO_NS)
    date = time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(seconds))
    tokens = {
        'severity': record.severity.name,
        'name': record.name,
        'message': record.message,
        'function_name': record.function,
        'file_name': record.file,
        'line_number': str(record.line),
        'time': f'{seconds:10d}.{nanoseconds:09d}',
        'time_as_nanoseconds': f'{record.stamp_ns:019d}',
        'date_time_with_ms': f'{date}.{nanoseconds // 10**6:03d}',
    }
    return _TOKEN.sub(lambda match: tokens.get(match[1], match[0]), template)
