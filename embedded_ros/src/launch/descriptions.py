"""A program with its arguments and surroundings."""

from __future__ import annotations

import itertools
import os
import re
import shlex
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.utilities import (
    normalize_optional,
    normalize_pairs,
    normalize_to_list_of_substitutions,
    perform_pairs,
    perform_substitutions,
)

if TYPE_CHECKING:
    from launch.action import Action

_process_numbers = itertools.count(1)
SomeEnvironment = Mapping[SomeSubstitutionsType, SomeSubstitutionsType]


class Executable:
    """A program that a launch runs, usually as one process; `prepare` sets what is final."""

    final_name: str | None = None  # unique name of the process
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
    ) -> None:
        """Describe a program.

        Args:
            cmd: The program and its arguments.
            prefix: Command to put before it, such as a debugger; defaults to the launch
                configuration 'launch-prefix', for the programs that 'launch-prefix-filter'
                matches.
            name: Name of the process; defaults to the program's.
            cwd: Working directory; defaults to the launch's.
            env: The complete environment; defaults to the launch's.
            additional_env: Variables to add to it.
        """
        self.cmd = [normalize_to_list_of_substitutions(x) for x in cmd]
        self.prefix = normalize_optional(prefix)
        self.name = normalize_optional(name)
        self.cwd = normalize_optional(cwd)
        self.env = None if env is None else normalize_pairs(env.items())
        self.additional_env = normalize_pairs((additional_env or {}).items())

    def prepare(self, context: LaunchContext, action: Action) -> None:
        """Perform all substitutions."""
        cmd = [perform_substitutions(context, word) for word in self.cmd]
        cmd = [*self._prefix_for(context, os.path.basename(cmd[0])), *cmd]
        name = self.name or normalize_to_list_of_substitutions(os.path.basename(cmd[0]))
        self.final_cmd = cmd
        self.final_name = f'{perform_substitutions(context, name)}-{next(_process_numbers)}'
        self.final_cwd = None if self.cwd is None else perform_substitutions(context, self.cwd)
        env = context.environment if self.env is None else perform_pairs(context, self.env)
        self.final_env = dict(env) | dict(perform_pairs(context, self.additional_env))

    def _prefix_for(self, context: LaunchContext, program: str) -> list[str]:
        if self.prefix is not None:
            return shlex.split(perform_substitutions(context, self.prefix))
        pattern = context.launch_configurations.get('launch-prefix-filter', '')
        if re.match(pattern, program) is None:
            return []
        return shlex.split(context.launch_configurations.get('launch-prefix', ''))
