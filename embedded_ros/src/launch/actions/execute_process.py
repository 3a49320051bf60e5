"""Actions that run a program."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from typing import Any, cast

from launch.action import Action
from launch.actions.process_runner import ProcessRunner
from launch.conditions import evaluate_condition_expression
from launch.descriptions import Executable, SomeEnvironment
from launch.event import Event
from launch.event_handler import OnEvent, Reaction
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.events.process import ProcessStdin, ShutdownProcess, SignalProcess
from launch.launch_context import LaunchContext
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import TextSubstitution
from launch.substitutions import LaunchConfiguration
from launch.utilities import normalize_to_list_of_substitutions
from launch.utilities.type_utils import normalize_typed_substitution


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
        log_cmd: bool = False,
        on_exit: OnEvent = None,
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
            log_cmd: Log the command line.
            on_exit: What to do when the program ends.
            respawn: Start it again when it ends.
            respawn_delay: Pause before that [s].
            respawn_max_retries: How often; -1 for ever.
            kwargs: See `Action`.
        """
        super().__init__(**kwargs)
        self.process_description = process_description
        self.shell = shell
        self.sigterm_timeout = normalize_to_list_of_substitutions(
            sigterm_timeout or LaunchConfiguration('sigterm_timeout', default=5)
        )
        self.sigkill_timeout = normalize_to_list_of_substitutions(
            sigkill_timeout or LaunchConfiguration('sigkill_timeout', default=5)
        )
        self.emulate_tty = emulate_tty
        output = os.environ.get('OVERRIDE_LAUNCH_PROCESS_OUTPUT') or output
        self.output = (
            output if isinstance(output, dict) else normalize_to_list_of_substitutions(output)
        )
        self.output_format = output_format
        self.log_cmd = log_cmd
        self.respawn = normalize_typed_substitution(respawn, bool)
        self.respawn_delay = respawn_delay or 0.0
        self.respawn_max_retries = respawn_max_retries
        self.process_details: dict[str, Any] = {}  # what its events tell, once prepared
        self._on_exit = on_exit
        self._runner: ProcessRunner | None = None

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

    def prepare(self, context: LaunchContext) -> None:
        """Perform all substitutions."""
        description = self.process_description
        description.prepare(context, self)
        self.process_details = {
            'action': self,
            'name': description.final_name,
            'cmd': description.final_cmd,
            'cwd': description.final_cwd,
            'env': description.final_env,
        }

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity] | None:
        """Start the program and watch over it.

        Raises:
            RuntimeError: It was executed before.
        """
        if self._runner is not None:
            raise RuntimeError(
                f"ExecuteLocal action '{self.process_description.final_name}': executed more than "
                f'once: {self.describe()}'
            )
        self.prepare(context)
        if context.is_shutdown:
            return None
        self._runner = ProcessRunner(context, self)
        if self._on_exit is not None:
            handler = OnProcessExit(target_action=self, on_exit=self._on_exit)
            context.register_event_handler(handler)
        context.register_event_handler(Reaction(matcher=self._concerns, on_event=self._obey))
        return None

    def wants_tty(self, context: LaunchContext) -> bool:
        """Whether the program is to believe that it writes to a terminal."""
        override = context.launch_configurations.get('emulate_tty')
        if override is None:
            return self.emulate_tty
        return evaluate_condition_expression(context, [TextSubstitution(text=override)])

    def _concerns(self, event: Event) -> bool:
        if isinstance(event, ShutdownProcess | SignalProcess):
            return event.process_matcher(self)
        return isinstance(event, Shutdown) or (
            isinstance(event, ProcessStdin) and event.action is self
        )

    def _obey(self, event: Any, context: LaunchContext) -> None:
        runner = cast(ProcessRunner, self._runner)
        if isinstance(event, ProcessStdin):
            runner.write(event.text)
        elif isinstance(event, SignalProcess):
            runner.send_signal(event.signal)
        else:
            runner.request_shutdown()


class ExecuteProcess(ExecuteLocal):
    """Runs a command line and shuts it down with the launch."""

    def __init__(
        self,
        *,
        cmd: Iterable[SomeSubstitutionsType],
        prefix: SomeSubstitutionsType | None = None,
        name: SomeSubstitutionsType | None = None,
        cwd: SomeSubstitutionsType | None = None,
        env: SomeEnvironment | None = None,
        additional_env: SomeEnvironment | None = None,
        **kwargs: Any,
    ) -> None:
        """Describe the command; see `Executable` and `ExecuteLocal` for the arguments."""
        executable = Executable(
            cmd=cmd, prefix=prefix, name=name, cwd=cwd, env=env, additional_env=additional_env
        )
        super().__init__(process_description=executable, **kwargs)

    @property
    def name(self) -> Any:
        """Name of the process; text once prepared, substitutions before."""
        return self.process_description.final_name or self.process_description.name

    @property
    def cmd(self) -> Any:
        """Command line; texts once prepared, substitutions before."""
        return self.process_description.final_cmd or self.process_description.cmd

    @property
    def cwd(self) -> Any:
        """Working directory; text once prepared, substitutions before."""
        return self.process_description.final_cwd or self.process_description.cwd

    @property
    def env(self) -> Any:
        """Environment; texts once prepared, substitutions before."""
        return self.process_description.final_env or self.process_description.env

    @property
    def additional_env(self) -> Any:
        """Variables added to the environment."""
        return self.process_description.additional_env
