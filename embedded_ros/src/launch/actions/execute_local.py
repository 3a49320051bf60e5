"""Action that runs a program."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any, cast

from launch.action import Action
from launch.actions.process_output import ProcessOutput
from launch.actions.process_runner import ProcessRunner, RunSettings
from launch.conditions import evaluate_condition_expression
from launch.descriptions import Executable
from launch.event_handler import BaseEventHandler, EventHandler
from launch.event_handlers import OnProcessExit, OnProcessIO, OnShutdown
from launch.events.process import ProcessExited, ShutdownProcess, SignalProcess
from launch.launch_context import LaunchContext
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.some_entities_type import SomeEntitiesType
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution, TextSubstitution
from launch.substitutions import LaunchConfiguration
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions
from launch.utilities.type_utils import normalize_typed_substitution, perform_typed_substitution

OnExit = SomeEntitiesType | Callable[[ProcessExited, LaunchContext], SomeEntitiesType | None]


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
        self._respawn_max_retries = respawn_max_retries
        self._process_event_args: dict[str, Any] | None = None
        self._runner: ProcessRunner | None = None

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
        return None if self._runner is None else self._runner.returncode

    def get_sub_entities(self) -> list[LaunchDescriptionEntity]:
        """Entities given as `on_exit`."""
        return self._on_exit if isinstance(self._on_exit, list) else []

    def get_asyncio_future(self) -> asyncio.Future[None] | None:
        """Future that is done when the program has ended for good."""
        return None if self._runner is None else self._runner.completed

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

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity] | None:
        """Start the program and watch over it."""
        self.prepare(context)
        details = cast(dict[str, Any], self._process_event_args)
        name = details['name']
        if self._runner is not None:
            raise RuntimeError(
                f"ExecuteLocal action '{name}': executed more than once: {self.describe()}"
            )
        if context.is_shutdown:
            return None
        config = self._output_config
        self._output.open(
            name, config if isinstance(config, dict) else perform_substitutions(context, config)
        )
        self._runner = ProcessRunner(context, details, self._settings(context))
        for handler in self._event_handlers(self._runner):
            context.register_event_handler(handler)
        self._runner.start()
        return None

    def _settings(self, context: LaunchContext) -> RunSettings:
        emulate_tty = context.launch_configurations.get('emulate_tty')
        return RunSettings(
            shell=self._shell,
            emulate_tty=self._emulate_tty
            if emulate_tty is None
            else evaluate_condition_expression(context, [TextSubstitution(text=emulate_tty)]),
            log_cmd=self._log_cmd,
            respawn=perform_typed_substitution(context, self._respawn, bool),
            respawn_delay=self._respawn_delay,
            respawn_max_retries=self._respawn_max_retries,
            sigterm_timeout=_seconds(context, self._sigterm_timeout),
            sigkill_timeout=_seconds(context, self._sigkill_timeout),
        )

    def _event_handlers(self, runner: ProcessRunner) -> list[BaseEventHandler]:
        def flush(event: ProcessExited, context: LaunchContext) -> None:
            self._output.flush()

        handlers: list[BaseEventHandler] = [
            _TargetedHandler(self, ShutdownProcess, lambda event: runner.request_shutdown()),
            _TargetedHandler(self, SignalProcess, lambda event: runner.send_signal(event.signal)),
            OnProcessIO(
                target_action=self,
                on_stdin=lambda event: runner.write(event.text),
                on_stdout=lambda event: self._output.write('stdout', event.text),
                on_stderr=lambda event: self._output.write('stderr', event.text),
            ),
            OnShutdown(on_shutdown=lambda event, context: runner.request_shutdown()),
        ]
        if self._on_exit is not None:
            handlers.append(OnProcessExit(target_action=self, on_exit=self._on_exit))
        return [*handlers, OnProcessExit(target_action=self, on_exit=flush)]


class _TargetedHandler(EventHandler):
    """Calls an action's method for the events of a class that are meant for it."""

    def __init__(
        self,
        action: ExecuteLocal,
        event_class: type[ShutdownProcess] | type[SignalProcess],
        function: Callable[[Any], None],
    ) -> None:
        super().__init__(
            matcher=lambda event: isinstance(event, event_class) and event.process_matcher(action)
        )
        self._function = function

    def handle(self, event: Any, context: LaunchContext) -> None:
        super().handle(event, context)
        self._function(event)


def _timeout(name: str, value: SomeSubstitutionsType | None) -> list[Substitution]:
    return normalize_to_list_of_substitutions(
        LaunchConfiguration(name, default=5) if value is None else value
    )


def _seconds(context: LaunchContext, timeout: list[Substitution]) -> str:
    """Text of a timeout.

    Raises:
        ValueError: It is no number.
    """
    text = perform_substitutions(context, timeout)
    try:
        float(text)
    except ValueError as error:
        raise ValueError(f"a timeout must be a number of seconds, got '{text}'") from error
    return text
