"""The process of an action: its start, output, respawn and shutdown."""

from __future__ import annotations

import asyncio
import codecs
import logging
import signal
import traceback
from typing import TYPE_CHECKING

import launch.logging
from launch.child_process import ChildProcess
from launch.events.process import ProcessExited, ProcessStarted, ProcessStderr, ProcessStdout
from launch.launch_context import LaunchContext
from launch.utilities import perform_substitutions
from launch.utilities.type_utils import perform_typed_substitution

if TYPE_CHECKING:
    from launch.actions.execute_process import ExecuteProcess

_KILL_GRACE = 1.0  # [s]
_OUTPUT_EVENTS = {1: ProcessStdout, 2: ProcessStderr}


class _Lines:
    """Logs what a process writes on one output, line by line."""

    def __init__(self, logger: logging.Logger, action: ExecuteProcess) -> None:
        self._logger, self._action = logger, action
        self._decoder = codecs.getincrementaldecoder('utf-8')('replace')
        self._rest = ''

    def write(self, data: bytes) -> None:
        """Log the lines that are complete with a further piece of output."""
        *lines, self._rest = (self._rest + self._decoder.decode(data)).split('\n')
        for line in lines:
            self._log(line)

    def flush(self) -> None:
        """Log what is left without an end of line."""
        if self._rest:
            self._log(self._rest)
        self._rest = ''

    def _log(self, line: str) -> None:
        self._logger.info(self._action.output_format.format(line=line, this=self._action))


class ProcessRunner:
    """Runs a process, again and again if it is to be respawned, until it is shut down."""

    def __init__(self, context: LaunchContext, action: ExecuteProcess) -> None:
        """Start the run in the background.

        Args:
            context: State of the launch; events of the process are emitted to it.
            action: What to run, and how.
        """
        self._context, self._action = context, action
        self._details = action.process_details  # arguments of its events; the pid comes later
        name = self._details['name']
        self._logger = launch.logging.get_logger(name)
        output = action.output
        loggers = launch.logging.get_output_loggers(
            name, output if isinstance(output, dict) else perform_substitutions(context, output)
        )
        self._lines = {fd: _Lines(logger, action) for fd, logger in enumerate(loggers, start=1)}
        self._respawn = perform_typed_substitution(context, action.respawn, bool)
        self._retries_left = action.respawn_max_retries  # negative: for ever
        self._timeouts = [
            _seconds(perform_substitutions(context, timeout))
            for timeout in (action.sigterm_timeout, action.sigkill_timeout)
        ]
        self._child: ChildProcess | None = None
        self._shutdown_requested = asyncio.Event()
        self.completed = asyncio.ensure_future(self._run())  # when it has ended for good

    @property
    def returncode(self) -> int | None:
        """Exit code of the process, None while it has not ended."""
        return None if self._child is None else self._child.returncode

    def write(self, data: bytes) -> None:
        """Write to the stdin of the process, if it runs."""
        if self._child is not None and self._child.returncode is None:
            self._child.write(data)

    def send_signal(self, signal_number: signal.Signals) -> None:
        """Signal the process; nothing happens when it has ended.

        Raises:
            RuntimeError: It was not started yet.
        """
        if self._child is None:
            raise RuntimeError('Signal event received before the process was started.')
        if self._child.is_group_alive():
            self._logger.info(
                f"sending signal '{signal_number.name}' to process[{self._details['name']}]"
            )
            self._child.send_signal(signal_number)

    def request_shutdown(self) -> None:
        """Shut the process down in the background; if it has not started yet, once it has."""
        if not self._shutdown_requested.is_set():
            self._shutdown_requested.set()
            self._begin_shutdown()

    async def _run(self) -> None:
        while not self._shutdown_requested.is_set() and await self._run_once():
            if not self._respawn or self._retries_left == 0:
                return
            self._retries_left -= 1
            waiter = asyncio.ensure_future(self._shutdown_requested.wait())
            await asyncio.wait([waiter], timeout=self._action.respawn_delay)
            waiter.cancel()

    async def _run_once(self) -> bool:
        """Run the process to its end; False if it cannot be started."""
        details = self._details
        cmd = ' '.join(word for word in details['cmd'] if word.strip())
        if self._action.log_cmd:
            self._logger.info(
                f"process details: cmd='{cmd}', cwd='{details['cwd']}', "
                f'custom_env?={details["env"] is not None}'
            )
        child = ChildProcess(self._on_start, self._on_output)
        try:
            await child.start(
                details['cmd'], cwd=details['cwd'], env=details['env'],
                shell=self._action.shell, emulate_tty=self._action.wants_tty(self._context),
            )  # fmt: skip
        except OSError:
            self._logger.error(
                f'exception occurred while executing process:\n{traceback.format_exc()}'
            )
            return False
        returncode = await child.wait()
        for lines in self._lines.values():
            lines.flush()
        if returncode == 0:
            self._logger.info(f'process has finished cleanly [pid {child.pid}]')
        else:
            self._logger.error(
                f"process has died [pid {child.pid}, exit code {returncode}, cmd '{cmd}']."
            )
        self._context.emit_event_sync(ProcessExited(returncode=returncode, **details))
        child.close()
        return True

    def _on_start(self, child: ChildProcess) -> None:
        self._details['pid'] = child.pid
        self._child = child
        self._logger.info(f'process started with pid [{child.pid}]')
        self._context.emit_event_sync(ProcessStarted(**self._details))
        if self._shutdown_requested.is_set():
            self._begin_shutdown()

    def _on_output(self, fd: int, data: bytes) -> None:
        self._lines[fd].write(data)
        self._context.emit_event_sync(_OUTPUT_EVENTS[fd](text=data, **self._details))

    def _begin_shutdown(self) -> None:
        if self._child is not None and self._child.is_group_alive():
            task = asyncio.ensure_future(self._shut_down(self._child))
            self._context.add_completion_future(task)

    async def _shut_down(self, child: ChildProcess) -> None:
        """End the process: SIGINT, later SIGTERM, in the end SIGKILL."""
        first, second = self._timeouts
        self.send_signal(signal.SIGINT)
        if await child.wait_for_group(float(first)):
            return
        self._escalate(first, signal.SIGINT, signal.SIGTERM)
        if await child.wait_for_group(float(second)):
            return
        self._escalate(str(float(first) + float(second)), signal.SIGTERM, signal.SIGKILL)
        await child.wait_for_group(_KILL_GRACE)

    def _escalate(self, seconds: str, sent: signal.Signals, harder: signal.Signals) -> None:
        self._logger.error(
            f"process[{self._details['name']}] failed to terminate '{seconds}' seconds after "
            f"receiving '{sent.name}', escalating to '{harder.name}'"
        )
        self.send_signal(harder)


def _seconds(text: str) -> str:
    """Text of a timeout, checked to be a number."""
    try:
        float(text)
    except ValueError as error:
        raise ValueError(f"a timeout must be a number of seconds, got '{text}'") from error
    return text
