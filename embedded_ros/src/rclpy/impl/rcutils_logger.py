"""Loggers."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from rclpy.impl import log_output
from rclpy.impl.logging_severity import LoggingSeverity

_OPTIONS = ('throttle_duration_sec', 'throttle_time_source_type', 'skip_first', 'once')


class _CallSite:
    """What one line of a program that logs has asked for, and whether it is due."""

    def __init__(self, name: str, severity: LoggingSeverity, options: dict[str, Any]) -> None:
        """Remember the request.

        Raises:
            TypeError: An option is not known or incomplete.
            ValueError: The clock is none.
        """
        if unknown := [option for option in options if option not in _OPTIONS]:
            raise TypeError(
                f'parameter "{unknown[0]}" is not one of the recognized logging options '
                f'"{list(_OPTIONS)}"'
            )
        clock = options.get('throttle_time_source_type')
        if clock and not options.get('throttle_duration_sec'):
            raise TypeError('throttle_time_source_type needs throttle_duration_sec')
        if clock and not hasattr(clock, '_now_ns'):
            raise ValueError(
                f'Received throttle_time_source_type of "{clock}" is not a clock instance'
            )
        self._now_ns: Callable[[], int] = clock._now_ns if clock else time.time_ns
        self._asked = {'name': name, 'severity': severity, 'filters': options}
        self._last_ns: int | None = None
        self._first_is_skipped = self._logged = False

    def check(self, name: str, severity: LoggingSeverity, options: dict[str, Any]) -> None:
        """Refuse a call that differs from the first one of this line."""
        for what, now in (('name', name), ('severity', severity), ('filters', options)):
            if now != self._asked[what]:
                raise ValueError(f'Logger {what} cannot be changed between calls.')

    def is_due(self) -> bool:
        """Whether all filters let the message through."""
        options: Any = self._asked['filters']
        if period_s := options.get('throttle_duration_sec'):
            now_ns = self._now_ns()
            if self._last_ns is not None and now_ns < self._last_ns + period_s * 1e9:
                return False
            self._last_ns = now_ns
        if options.get('skip_first') and not self._first_is_skipped:
            self._first_is_skipped = True
            return False
        was_logged, self._logged = self._logged, True
        return not (was_logged and options.get('once'))


class RcutilsLogger:
    """A logger; get one with `node.get_logger()` or `rclpy.logging.get_logger(name)`."""

    def __init__(self, name: str = '') -> None:
        self.name = name
        self._call_sites: dict[tuple[str, int, int], _CallSite] = {}

    def get_child(self, name: str) -> RcutilsLogger:
        """Logger '<this name>.<name>', whose default level is this one's.

        Raises:
            ValueError: `name` is empty.
        """
        if not name:
            raise ValueError('Child logger name must not be empty.')
        return RcutilsLogger(f'{self.name}{log_output.SEPARATOR}{name}' if self.name else name)

    def set_level(self, level: LoggingSeverity | int) -> None:
        """Log messages of this severity and above.

        Raises:
            ValueError: There is no such severity.
        """
        log_output.set_level(self.name, LoggingSeverity(level))

    def get_effective_level(self) -> LoggingSeverity:
        """Level of this logger or of its nearest ancestor that has one."""
        return log_output.effective_level(self.name)

    def is_enabled_for(self, severity: LoggingSeverity | int) -> bool:
        """Whether messages of a severity are logged."""
        return LoggingSeverity(severity) >= log_output.effective_level(self.name)

    def log(self, message: str, severity: LoggingSeverity | int, **kwargs: Any) -> bool:
        """Log a message.

        Args:
            message: Text.
            severity: How serious it is.
            **kwargs: `throttle_duration_sec` [s] and `throttle_time_source_type` (a Clock): at
                most once per period; `skip_first`: not the first time; `once`: only once;
                `name`: another logger's name.

        Returns:
            Whether it was logged.

        Raises:
            TypeError: An option is not known or incomplete.
            ValueError: The same line asked for something else before.
        """
        if severity < log_output.effective_level(self.name):
            return False
        severity = LoggingSeverity(severity)
        name = kwargs.pop('name', self.name)
        frame = _caller(sys._getframe(1))
        code = frame.f_code
        key = (code.co_filename, frame.f_lineno, frame.f_lasti)
        if site := self._call_sites.get(key):
            site.check(name, severity, kwargs)
        else:
            site = self._call_sites[key] = _CallSite(name, severity, kwargs)
        if not site.is_due():
            return False
        log_output.write(
            log_output.LogRecord(
                stamp_ns=time.time_ns(), severity=severity, name=name, message=str(message),
                function=code.co_name, file=code.co_filename, line=frame.f_lineno,
            )
        )  # fmt: skip
        return True

    def debug(self, message: str, **kwargs: Any) -> bool:
        """Log with severity DEBUG; see `log`."""
        return self.log(message, LoggingSeverity.DEBUG, **kwargs)

    def info(self, message: str, **kwargs: Any) -> bool:
        """Log with severity INFO; see `log`."""
        return self.log(message, LoggingSeverity.INFO, **kwargs)

    def warning(self, message: str, **kwargs: Any) -> bool:
        """Log with severity WARN; see `log`."""
        return self.log(message, LoggingSeverity.WARN, **kwargs)

    warn = warning

    def error(self, message: str, **kwargs: Any) -> bool:
        """Log with severity ERROR; see `log`."""
        return self.log(message, LoggingSeverity.ERROR, **kwargs)

    def fatal(self, message: str, **kwargs: Any) -> bool:
        """Log with severity FATAL; see `log`."""
        return self.log(message, LoggingSeverity.FATAL, **kwargs)


def _caller(frame: FrameType) -> FrameType:
    while frame.f_code.co_filename == __file__ and frame.f_back is not None:
        frame = frame.f_back
    return frame
