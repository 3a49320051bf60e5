"""Actions that run a program."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Any, cast

from launch.action import Action
from launch.actions.process_runner import ProcessRunner
from launch.conditions import evaluate_condition_expression
from launch.event import Event
from launch.event_handler import EventHandler, OnEvent
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.events.process import ProcessStdin, ShutdownProcess, SignalProcess
from launch.launch_context import LaunchContext
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import TextSubstitution
from launch.substitutions import LaunchConfiguration
from launch.utilities import (
    normalize_optional,
    normalize_pairs,
    normalize_to_list_of_substitutions,
    perform_pairs,
    perform_substitutions,
)
from launch.utilities.type_utils import normalize_typed_substitution

_process_numbers = itertools.count(1)
SomeEnvironment = Mapping[SomeSubstitutionsType, SomeSubstitutionsType]


class ExecuteProcess(Action):
    """Runs a program on this machine and shuts it down with the launch."""

    final_name: str | None = None  # unique name of the process; like the others once prepared
    final_cmd: list[str] | None = None
    final_cwd: str | None = None
    final_env: dict[str, str] | None = None

    def __init__(
        self,
        *,
        cmd: Iterable[SomeSubstitutionsType],
        prefix: SomeSubstitutionsType | None = None,
        name: SomeSubstitutionsType | None = None,
        cwd: SomeSubstitutionsType | None = None,
        env: SomeEnvironment | None = None,
        additional_env: SomeEnvironment | None = None,
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
            cmd: The program and its arguments.
            prefix: Command to put before it, such as a debugger; defaults to the launch
                configuration 'launch-prefix', for the programs that 'launch-prefix-filter'
                matches.
            name: Name of the process; defaults to the program's.
            cwd: Working directory; defaults to the launch's.
            env: The complete environment; defaults to the launch's.
            additional_env: Variables to add to it.
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
        self._cmd = [normalize_to_list_of_substitutions(word) for word in cmd]
        self._prefix = normalize_optional(prefix)
        self._process_name = normalize_optional(name)
        self._cwd = normalize_optional(cwd)
        self._env = None if env is None else normalize_pairs(env.items())
        self.additional_env = normalize_pairs((additional_env or {}).items())
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
    def process_description(self) -> ExecuteProcess:
        """The action itself: upstream keeps the program apart."""
        return self

    @property
    def name(self) -> Any:
        """Name of the process; text once prepared, substitutions before."""
        return self.final_name or self._process_name

    @property
    def cmd(self) -> Any:
        """Command line; texts once prepared, substitutions before."""
        return self.final_cmd or self._cmd

    @property
    def cwd(self) -> Any:
        """Working directory; text once prepared, substitutions before."""
        return self.final_cwd or self._cwd

    @property
    def env(self) -> Any:
        """Environment; texts once prepared, substitutions before."""
        return self.final_env or self._env

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
        cmd = [perform_substitutions(context, word) for word in self._cmd]
        cmd = [*self._prefix_for(context, os.path.basename(cmd[0])), *cmd]
        name = os.path.basename(cmd[0])
        if self._process_name is not None:
            name = perform_substitutions(context, self._process_name)
        env = context.environment if self._env is None else perform_pairs(context, self._env)
        self.final_cmd = cmd
        self.final_name = f'{name}-{next(_process_numbers)}'
        self.final_cwd = None if self._cwd is None else perform_substitutions(context, self._cwd)
        self.final_env = dict(env) | dict(perform_pairs(context, self.additional_env))
        self.process_details = {
            'action': self, 'name': self.final_name,
            'cmd': cmd, 'cwd': self.final_cwd, 'env': self.final_env,
        }  # fmt: skip

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity] | None:
        """Start the program and watch over it.

        Raises:
            RuntimeError: It was executed before.
        """
        if self._runner is not None:
            raise RuntimeError(
                f"{type(self).__name__} action '{self.final_name}': executed more than once"
            )
        self.prepare(context)
        if context.is_shutdown:
            return None
        self._runner = ProcessRunner(context, self)
        if self._on_exit is not None:
            handler = OnProcessExit(target_action=self, on_exit=self._on_exit)
            context.register_event_handler(handler)
        context.register_event_handler(EventHandler(matcher=self._concerns, entities=self._obey))
        return None

    def _prefix_for(self, context: LaunchContext, program: str) -> list[str]:
        if self._prefix is not None:
            return shlex.split(perform_substitutions(context, self._prefix))
        pattern = context.launch_configurations.get('launch-prefix-filter', '')
        if re.match(pattern, program) is None:
            return []
        return shlex.split(context.launch_configurations.get('launch-prefix', ''))

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
