"""Action that runs a program."""

from __future__ import annotations

import asyncio
import os
import signal
import traceback
from collections.abc import Callable
from typing import Any, cast

import launch.logging
from launch.action import Action
from launch.actions.process_output import ProcessOutput
from launch.child_process import ChildProcess, join_command
from launch.conditions import evaluate_condition_expression
from launch.descriptions import Executable
from launch.event_handler import BaseEventHandler, EventHandler
from launch.event_handlers import OnProcessExit, OnProcessIO, OnShutdown
from launch.events import Shutdown
from launch.events.process import (
    ProcessExited,
    ProcessIO,
    ProcessStarted,
    ProcessStderr,
    ProcessStdout,
    ShutdownProcess,
    SignalProcess,
)
from launch.launch_context import LaunchContext
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.some_entities_type import SomeEntitiesType
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution
from launch.substitutions import LaunchConfiguration
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions
from launch.utilities.type_utils import normalize_typed_substitution, perform_typed_substitution

OnExit = SomeEntitiesType | Callable[[ProcessExited, LaunchContext], SomeEntitiesType | None]
_KILL_GRACE = 1.0  # [s]


class ExecuteLocal(Action):
    """Runs a program on this machine and shuts it down with the launch."""

    def __init__(
        self,
        *,
        process_description: Executable,
        shell: bool = False,
        sigterm_timeout: SomeSubstitutionsType | None = None,
        sigkill_timeout: SomeSubstitutionsType | None = None,
        emulate_tty: bool = False,
        output: SomeSubstitutionsType | dict[str, Any] = 'log',
        output_format: str = '[{this.process_description.final_name}] {line}',
        cached_output: bool = False,
        log_cmd: bool = False,
        on_exit: OnExit | None = None,
        respawn: bool | SomeSubstitutionsType = False,
        respawn_delay: float | None = None,
        respawn_max_retries: int = -1,
        **kwargs: Any,
    ) -> None:
        """Describe the run.

        Args:
            process_description: The program.
            shell: Run it in a shell.
            sigterm_timeout: Time between SIGINT and SIGTERM [s]; defaults to the launch
                configuration of that name, else 5.
            sigkill_timeout: Time between SIGTERM and SIGKILL [s]; the same default.
            emulate_tty: Let the program believe it writes to a terminal; the launch
                configuration of that name overrides it.
            output: Where its output goes, see `launch.logging.get_output_loggers`; the
                variable OVERRIDE_LAUNCH_PROCESS_OUTPUT overrides it.
            output_format: Format of a line on the screen and in the main log.
            cached_output: Keep the output for `get_stdout` and `get_stderr`.
            log_cmd: Log the command line.
            on_exit: What to do when the program ends.
            respawn: Start it again when it ends.
            respawn_delay: Pause before that [s].
            respawn_max_retries: How often; -1 for ever.
            kwargs: See `Action`.
        """
        super().__init__(**kwargs)
        self._process_description = process_description
        self._shell = shell
        self._sigterm_timeout = _timeout('sigterm_timeout', sigterm_timeout)
        self._sigkill_timeout = _timeout('sigkill_timeout', sigkill_timeout)
        self._emulate_tty = emulate_tty
        output = os.environ.get('OVERRIDE_LAUNCH_PROCESS_OUTPUT') or output
        self._output_config: dict[str, Any] | list[Substitution] = (
            output if isinstance(output, dict) else normalize_to_list_of_substitutions(output)
        )
        self._output = ProcessOutput(output_format, self, keep=cached_output)
        self._log_cmd = log_cmd
        self._on_exit = on_exit
        self._respawn = normalize_typed_substitution(respawn, bool)
        self._respawn_delay = respawn_delay or 0.0
        self._respawn_retries_left = respawn_max_retries
        self._process_event_args: dict[str, Any] | None = None
        self._child: ChildProcess | None = None
        self._completed: asyncio.Future[None] | None = None
        self._shutdown_requested: asyncio.Future[None] | None = None

    @property
    def process_description(self) -> Executable:
        """The program."""
        return self._process_description

    @property
    def shell(self) -> bool:
        """Whether it runs in a shell."""
        return self._shell

    @property
    def emulate_tty(self) -> bool:
        """Whether the program believes it writes to a terminal."""
        return self._emulate_tty

    @property
    def output(self) -> dict[str, Any] | list[Substitution]:
        """Where the output goes."""
        return self._output_config

    @property
    def sigterm_timeout(self) -> list[Substitution]:
        """Time between SIGINT and SIGTERM [s]."""
        return self._sigterm_timeout

    @property
    def sigkill_timeout(self) -> list[Substitution]:
        """Time between SIGTERM and SIGKILL [s]."""
        return self._sigkill_timeout

    @property
    def process_details(self) -> dict[str, Any] | None:
        """Name, command, environment and, once started, process id; None before execution."""
        return self._process_event_args

    @property
    def return_code(self) -> int | None:
        """Exit code, None while the program has not ended."""
        return None if self._child is None else self._child.returncode

    def get_sub_entities(self) -> list[LaunchDescriptionEntity]:
        """Entities given as `on_exit`."""
        return self._on_exit if isinstance(self._on_exit, list) else []

    def get_asyncio_future(self) -> asyncio.Future[None] | None:
        """Future that is done when the program has ended for good."""
        return self._completed

    def get_stdout(self) -> str:
        """All that the program wrote on stdout; needs `cached_output`."""
        return self._output.cached('stdout')

    def get_stderr(self) -> str:
        """All that the program wrote on stderr; needs `cached_output`."""
        return self._output.cached('stderr')

    def prepare(self, context: LaunchContext) -> None:
        """Perform all substitutions."""
        description = self._process_description
        description.prepare(context, self)
        self._process_event_args = {
            'action': self,
            'name': description.final_name,
            'cmd': description.final_cmd,
            'cwd': description.final_cwd,
            'env': description.final_env,
        }
        self._respawn = perform_typed_substitution(context, self._respawn, bool)

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity] | None:
        """Start the program and watch over it."""
        self.prepare(context)
        name = cast(str, self._process_description.final_name)
        if self._completed is not None:
            raise RuntimeError(
                f"ExecuteLocal action '{name}': executed more than once: {self.describe()}"
            )
        if context.is_shutdown:
            return None
        loop = cast(asyncio.AbstractEventLoop, context.asyncio_loop)
        self._logger = launch.logging.get_logger(name)
        config = self._output_config
        self._output.open(
            name, config if isinstance(config, dict) else perform_substitutions(context, config)
        )
        self._completed = loop.create_future()
        self._shutdown_requested = loop.create_future()
        for handler in self._event_handlers():
            context.register_event_handler(handler)
        self._run_task = loop.create_task(self._run(context))
        return None

    def _event_handlers(self) -> list[BaseEventHandler]:
        def flush(event: ProcessExited, context: LaunchContext) -> None:
            self._output.flush()

        return [
            _TargetedHandler(self, ShutdownProcess, self._on_shutdown_process),
            _TargetedHandler(self, SignalProcess, self._on_signal_process),
            OnProcessIO(
                target_action=self,
                on_stdin=self._on_stdin,
                on_stdout=lambda event: self._output.write('stdout', event.text),
                on_stderr=lambda event: self._output.write('stderr', event.text),
            ),
            OnShutdown(on_shutdown=self._on_shutdown),
            *(
                []
                if self._on_exit is None
                else [OnProcessExit(target_action=self, on_exit=self._on_exit)]
            ),
            OnProcessExit(target_action=self, on_exit=flush),
        ]

    async def _run(self, context: LaunchContext) -> None:
        """Run the program, again and again if it is to be respawned."""
        completed = cast('asyncio.Future[None]', self._completed)
        try:
            while (
                not self._is_shutdown_requested()
                and await self._run_once(context)
                and self._is_respawn_due(context)
            ):
                await asyncio.wait(
                    [cast('asyncio.Future[None]', self._shutdown_requested)],
                    timeout=self._respawn_delay,
                )
        except Exception as error:
            completed.set_exception(error)
        else:
            completed.set_result(None)

    async def _run_once(self, context: LaunchContext) -> bool:
        """Run the program to its end; False if it cannot be started."""
        details = cast(dict[str, Any], self._process_event_args)
        if self._log_cmd:
            self._logger.info(
                f"process details: cmd='{join_command(details['cmd'])}', cwd='{details['cwd']}', "
                f'custom_env?={details["env"] is not None}'
            )
        try:
            await ChildProcess.start(
                details['cmd'],
                cwd=details['cwd'],
                env=details['env'],
                shell=self._shell,
                emulate_tty=self._is_tty_wanted(context),
                on_start=lambda child: self._on_start(child, context),
                on_stdout=lambda data: context.emit_event_sync(ProcessStdout(text=data, **details)),
                on_stderr=lambda data: context.emit_event_sync(ProcessStderr(text=data, **details)),
            )
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
                f'process has died [pid {child.pid}, exit code {returncode}, '
                f"cmd '{join_command(details['cmd'])}']."
            )
        context.emit_event_sync(ProcessExited(returncode=returncode, **details))
        child.close()
        return True

    def _on_start(self, child: ChildProcess, context: LaunchContext) -> None:
        details = cast(dict[str, Any], self._process_event_args)
        details['pid'] = child.pid
        self._child = child
        self._logger.info(f'process started with pid [{child.pid}]')
        context.emit_event_sync(ProcessStarted(**details))
        if self._is_shutdown_requested():
            self._begin_shutdown(context)

    def _is_tty_wanted(self, context: LaunchContext) -> bool:
        override = context.launch_configurations.get('emulate_tty')
        if override is None:
            return self._emulate_tty
        return evaluate_condition_expression(context, normalize_to_list_of_substitutions(override))

    def _is_respawn_due(self, context: LaunchContext) -> bool:
        if not self._respawn or context.is_shutdown or self._is_shutdown_requested():
            return False
        if self._respawn_retries_left == 0:
            return False
        self._respawn_retries_left -= 1
        return True

    def _is_shutdown_requested(self) -> bool:
        return cast('asyncio.Future[None]', self._shutdown_requested).done()

    def _on_shutdown(self, event: Shutdown, context: LaunchContext) -> None:
        self._request_shutdown(context)

    def _on_shutdown_process(self, event: ShutdownProcess, context: LaunchContext) -> None:
        self._request_shutdown(context)

    def _on_signal_process(self, event: SignalProcess, context: LaunchContext) -> None:
        if self._child is None:
            raise RuntimeError('Signal event received before the process was started.')
        if self._child.is_group_alive():
            self._send_signal(event.signal)

    def _on_stdin(self, event: ProcessIO) -> None:
        if self._child is not None and self._child.returncode is None:
            self._child.write(event.text)

    def _send_signal(self, signal_number: signal.Signals) -> None:
        name = cast(dict[str, Any], self._process_event_args)['name']
        self._logger.info(f"sending signal '{signal_number.name}' to process[{name}]")
        cast(ChildProcess, self._child).send_signal(signal_number)

    def _request_shutdown(self, context: LaunchContext) -> None:
        if self._is_shutdown_requested():
            return
        cast('asyncio.Future[None]', self._shutdown_requested).set_result(None)
        if self._child is not None:
            self._begin_shutdown(context)

    def _begin_shutdown(self, context: LaunchContext) -> None:
        if cast(ChildProcess, self._child).is_group_alive():
            loop = cast(asyncio.AbstractEventLoop, context.asyncio_loop)
            context.add_completion_future(loop.create_task(self._shut_down(context)))

    async def _shut_down(self, context: LaunchContext) -> None:
        """End the process: SIGINT, later SIGTERM, in the end SIGKILL."""
        child = cast(ChildProcess, self._child)
        name = self._process_description.final_name
        first = perform_substitutions(context, self._sigterm_timeout)
        second = perform_substitutions(context, self._sigkill_timeout)
        message = (
            "process[{}] failed to terminate '{}' seconds after receiving '{}', escalating to '{}'"
        )
        self._send_signal(signal.SIGINT)
        if await child.wait_for_group(float(first)):
            return
        self._logger.error(message.format(name, first, 'SIGINT', 'SIGTERM'))
        self._send_signal(signal.SIGTERM)
        if await child.wait_for_group(float(second)):
            return
        total = float(first) + float(second)
        self._logger.error(message.format(name, total, 'SIGTERM', 'SIGKILL'))
        self._send_signal(signal.SIGKILL)
        await child.wait_for_group(_KILL_GRACE)


class _TargetedHandler(EventHandler):
    """Calls an action's method for the events of a class that are meant for it."""

    def __init__(
        self,
        action: ExecuteLocal,
        event_class: type[ShutdownProcess] | type[SignalProcess],
        function: Callable[[Any, LaunchContext], None],
    ) -> None:
        super().__init__(
            matcher=lambda event: isinstance(event, event_class) and event.process_matcher(action)
        )
        self._function = function

    def handle(self, event: Any, context: LaunchContext) -> None:
        super().handle(event, context)
        self._function(event, context)


def _timeout(name: str, value: SomeSubstitutionsType | None) -> list[Substitution]:
    return normalize_to_list_of_substitutions(
        LaunchConfiguration(name, default=5) if value is None else value
    )
