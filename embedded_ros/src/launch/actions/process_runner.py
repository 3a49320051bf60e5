"""The process of an action: its start, respawn and shutdown."""

from __future__ import annotations

import asyncio
import signal
import traceback
from typing import Any, NamedTuple, cast

import launch.logging
from launch.child_process import ChildProcess, join_command
from launch.events.process import ProcessExited, ProcessStarted, ProcessStderr, ProcessStdout
from launch.launch_context import LaunchContext

_KILL_GRACE = 1.0  # [s]
_ESCALATION = (
    "process[{}] failed to terminate '{}' seconds after receiving '{}', escalating to '{}'"
)


class RunSettings(NamedTuple):
    """How a process is run; see `ExecuteLocal`."""

    shell: bool
    emulate_tty: bool
    log_cmd: bool
    respawn: bool
    respawn_delay: float  # [s]
    respawn_max_retries: int  # negative: for ever
    sigterm_timeout: str  # [s]
    sigkill_timeout: str  # [s]


class ProcessRunner:
    """Runs a process, again and again if it is to be respawned, until it is shut down."""

    def __init__(
        self, context: LaunchContext, details: dict[str, Any], settings: RunSettings
    ) -> None:
        """Prepare the run.

        Args:
            context: State of the launch; events of the process are emitted to it.
            details: Arguments of these events; the process id is added when there is one.
            settings: How to run the process.
        """
        self._context = context
        self._details = details
        self._settings = settings
        self._retries_left = settings.respawn_max_retries
        self._logger = launch.logging.get_logger(details['name'])
        self._loop = cast(asyncio.AbstractEventLoop, context.asyncio_loop)
        self._child: ChildProcess | None = None
        self._shutdown_requested = asyncio.Event()
        self.completed: asyncio.Future[None] = self._loop.create_future()

    @property
    def returncode(self) -> int | None:
        """Exit code of the process, None while it has not ended."""
        return None if self._child is None else self._child.returncode

    def start(self) -> None:
        """Start the process in the background; `completed` is done when it has ended for good."""
        self._task = self._loop.create_task(self._run())

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
        try:
            while (
                not self._shutdown_requested.is_set()
                and await self._run_once()
                and self._is_respawn_due()
            ):
                await self._wait_for_respawn()
        except Exception as error:
            self.completed.set_exception(error)
        else:
            self.completed.set_result(None)

    async def _run_once(self) -> bool:
        """Run the process to its end; False if it cannot be started."""
        cmd = join_command(self._details['cmd'])
        if self._settings.log_cmd:
            self._logger.info(
                f"process details: cmd='{cmd}', cwd='{self._details['cwd']}', "
                f'custom_env?={self._details["env"] is not None}'
            )
        try:
            await self._start_child()
        except Exception:
            self._logger.error(
                f'exception occurred while executing process:\n{traceback.format_exc()}'
            )
            return False
        child = cast(ChildProcess, self._child)
        returncode = await child.wait()
        if returncode == 0:
            self._logger.info(f'process has finished cleanly [pid {child.pid}]')
        else:
            self._logger.error(
                f"process has died [pid {child.pid}, exit code {returncode}, cmd '{cmd}']."
            )
        self._context.emit_event_sync(ProcessExited(returncode=returncode, **self._details))
        child.close()
        return True

    async def _start_child(self) -> None:
        def on_stdout(data: bytes) -> None:
            self._context.emit_event_sync(ProcessStdout(text=data, **self._details))

        def on_stderr(data: bytes) -> None:
            self._context.emit_event_sync(ProcessStderr(text=data, **self._details))

        await ChildProcess.start(
            self._details['cmd'],
            cwd=self._details['cwd'],
            env=self._details['env'],
            shell=self._settings.shell,
            emulate_tty=self._settings.emulate_tty,
            on_start=self._on_start,
            on_stdout=on_stdout,
            on_stderr=on_stderr,
        )

    def _on_start(self, child: ChildProcess) -> None:
        self._details['pid'] = child.pid
        self._child = child
        self._logger.info(f'process started with pid [{child.pid}]')
        self._context.emit_event_sync(ProcessStarted(**self._details))
        if self._shutdown_requested.is_set():
            self._begin_shutdown()

    def _is_respawn_due(self) -> bool:
        if not self._settings.respawn or self._shutdown_requested.is_set():
            return False
        self._retries_left -= 1
        return self._retries_left != -1

    async def _wait_for_respawn(self) -> None:
        """Wait for the respawn delay, or less if the process is to be shut down."""
        waiter = asyncio.ensure_future(self._shutdown_requested.wait())
        await asyncio.wait([waiter], timeout=self._settings.respawn_delay)
        waiter.cancel()

    def _begin_shutdown(self) -> None:
        if self._child is not None and self._child.is_group_alive():
            self._context.add_completion_future(
                self._loop.create_task(self._shut_down(self._child))
            )

    async def _shut_down(self, child: ChildProcess) -> None:
        """End the process: SIGINT, later SIGTERM, in the end SIGKILL."""
        name = self._details['name']
        first, second = self._settings.sigterm_timeout, self._settings.sigkill_timeout
        self.send_signal(signal.SIGINT)
        if await child.wait_for_group(float(first)):
            return
        self._logger.error(_ESCALATION.format(name, first, 'SIGINT', 'SIGTERM'))
        self.send_signal(signal.SIGTERM)
        if await child.wait_for_group(float(second)):
            return
        total = float(first) + float(second)
        self._logger.error(_ESCALATION.format(name, total, 'SIGTERM', 'SIGKILL'))
        self.send_signal(signal.SIGKILL)
        await child.wait_for_group(_KILL_GRACE)
