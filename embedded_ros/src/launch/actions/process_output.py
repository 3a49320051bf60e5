"""What a process writes, cut into lines and logged."""

from __future__ import annotations

import codecs
import io
import logging
from typing import TYPE_CHECKING, Any

import launch.logging

if TYPE_CHECKING:
    from launch.actions.execute_local import ExecuteLocal


class _Stream:
    """Text of one output of a process."""

    def __init__(self) -> None:
        self.text = io.StringIO()
        self.rest = ''
        self.decoder = codecs.getincrementaldecoder('utf-8')('replace')


class ProcessOutput:
    """Logs the lines of a process's stdout and stderr."""

    def __init__(self, line_format: str, action: ExecuteLocal, *, keep: bool) -> None:
        """Store how to log.

        Args:
            line_format: Format of a line, from the names `line` and `this`, the action.
            action: The action that runs the process.
            keep: Whether all the text is kept for `cached`.
        """
        self._format = line_format
        self._action = action
        self._keep = keep
        self._streams = {'stdout': _Stream(), 'stderr': _Stream()}
        self._loggers: dict[str, logging.Logger] = {}

    def open(self, process_name: str, output_config: str | dict[str, Any]) -> None:
        """Set up the loggers; see `launch.logging.get_output_loggers`."""
        stdout, stderr = launch.logging.get_output_loggers(process_name, output_config)
        self._loggers = {'stdout': stdout, 'stderr': stderr}

    def write(self, source: str, data: bytes) -> None:
        """Log the lines that are complete with a further piece of output."""
        stream = self._streams[source]
        text = stream.decoder.decode(data)
        if self._keep:
            stream.text.write(text)
        *lines, stream.rest = (stream.rest + text).split('\n')
        for line in lines:
            self._log(source, line)

    def flush(self) -> None:
        """Log what is left without an end of line."""
        for source, stream in self._streams.items():
            rest, stream.rest = stream.rest, ''
            if rest:
                self._log(source, rest)

    def cached(self, source: str) -> str:
        """All that was written.

        Raises:
            RuntimeError: The text was not kept.
        """
        if not self._keep:
            raise RuntimeError(
                f'cached output must be true to be able to get {source}, '
                f"proc '{self._action.process_description.final_name}'"
            )
        return self._streams[source].text.getvalue()

    def _log(self, source: str, line: str) -> None:
        self._loggers[source].info(self._format.format(line=line, this=self._action))
