"""Log handlers that can format the records of each logger differently."""

import logging
import logging.handlers
import os
import signal
import sys
from typing import Any

__all__ = ['StreamHandler', 'WatchedFileHandler', 'with_per_logger_formatting']


class _PerLoggerFormatting(logging.Handler):
    """Mix-in that keeps a formatter for each logger beside the handler's own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._formatters: dict[str, logging.Formatter] = {}

    def setFormatterFor(self, logger: logging.Logger | str, formatter: logging.Formatter) -> None:  # noqa: N802
        """Use a formatter for the records of one logger."""
        self._formatters[_name(logger)] = formatter

    def unsetFormatterFor(self, logger: logging.Logger | str) -> None:  # noqa: N802
        """Use the handler's own formatter for a logger again."""
        self._formatters.pop(_name(logger), None)

    def format(self, record: logging.LogRecord) -> str:
        """Text of a record."""
        formatter = self._formatters.get(record.name)
        return formatter.format(record) if formatter else super().format(record)


def with_per_logger_formatting(cls: type[logging.Handler]) -> type[_PerLoggerFormatting]:
    """Subclass of a handler class that can format each logger differently."""
    return type(cls.__name__, (_PerLoggerFormatting, cls), {'__doc__': cls.__doc__})


class StreamHandler(_PerLoggerFormatting, logging.StreamHandler):
    """Writes to a stream; when nobody reads it any more, a running launch ends."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Report an error of logging, but end quietly when the stream was closed."""
        if not isinstance(sys.exc_info()[1], BrokenPipeError):
            super().handleError(record)
            return
        self.setStream(open(os.devnull, 'w'))
        if callable(signal.getsignal(signal.SIGHUP)):
            signal.raise_signal(signal.SIGHUP)


class WatchedFileHandler(_PerLoggerFormatting, logging.handlers.WatchedFileHandler):
    """Writes to a file, and opens it again when it was rotated away."""


def _name(logger: logging.Logger | str) -> str:
    return logger if isinstance(logger, str) else logger.name
