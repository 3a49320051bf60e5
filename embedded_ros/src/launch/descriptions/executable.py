"""Description of a program with its arguments and surroundings."""

from __future__ import annotations

import itertools
import os
import re
import shlex
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution
from launch.substitutions import LaunchConfiguration
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions

if TYPE_CHECKING:
    from launch.action import Action

_process_numbers = itertools.count(1)
SomeEnvironment = Mapping[SomeSubstitutionsType, SomeSubstitutionsType]
_Environment = list[tuple[list[Substitution], list[Substitution]]]


class Executable:
    """A program that a launch runs, usually as one process."""

    def __init__(
        self,
        *,
        cmd: Iterable[SomeSubstitutionsType],
        prefix: SomeSubstitutionsType | None = None,
        name: SomeSubstitutionsType | None = None,
        cwd: SomeSubstitutionsType | None = None,
        env: SomeEnvironment | None = None,
        additional_env: SomeEnvironment | None = None,
        arguments: Iterable[SomeSubstitutionsType] | None = None,
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
            arguments: Further arguments.
        """
        self._cmd = [normalize_to_list_of_substitutions(x) for x in (*cmd, *(arguments or ()))]
        self._prefix = normalize_to_list_of_substitutions(
            LaunchConfiguration('launch-prefix', default='') if prefix is None else prefix
        )
        self._prefix_filter = (
            LaunchConfiguration('launch-prefix-filter', default='') if prefix is None else None
        )
        self._name = None if name is None else normalize_to_list_of_substitutions(name)
        self._cwd = None if cwd is None else normalize_to_list_of_substitutions(cwd)
        self._env = _normalize_environment(env)
        self._additional_env = _normalize_environment(additional_env)
        self._arguments = arguments
        self._final_cmd: list[str] | None = None
        self._final_cwd: str | None = None
        self._final_env: dict[str, str] | None = None
        self._final_name: str | None = None

    @property
    def name(self) -> list[Substitution] | None:
        """Name of the process."""
        return self._name

    @property
    def prefix(self) -> list[Substitution]:
        """Command to put before the program."""
        return self._prefix

    @property
    def cmd(self) -> list[list[Substitution]]:
        """The program and its arguments."""
        return self._cmd

    @property
    def cwd(self) -> list[Substitution] | None:
        """Working directory."""
        return self._cwd

    @property
    def env(self) -> _Environment | None:
        """The complete environment."""
        return self._env

    @property
    def additional_env(self) -> _Environment | None:
        """Variables to add to the environment."""
        return self._additional_env

    @property
    def arguments(self) -> Iterable[SomeSubstitutionsType] | None:
        """Further arguments."""
        return self._arguments

    @property
    def final_name(self) -> str | None:
        """Unique name of the process, once prepared."""
        return self._final_name

    @property
    def final_cmd(self) -> list[str] | None:
        """Command line, once prepared."""
        return self._final_cmd

    @property
    def final_cwd(self) -> str | None:
        """Working directory, once prepared."""
        return self._final_cwd

    @property
    def final_env(self) -> dict[str, str] | None:
        """Environment, once prepared."""
        return self._final_env

    def prepare(self, context: LaunchContext, action: Action) -> None:
        """Perform all substitutions."""
        cmd = [perform_substitutions(context, word) for word in self._cmd]
        name = os.path.basename(cmd[0])
        if self._is_prefix_wanted(context, name):
            cmd = shlex.split(perform_substitutions(context, self._prefix)) + cmd
        if self._name is not None:
            name = perform_substitutions(context, self._name)
        elif cmd:
            name = os.path.basename(cmd[0])
        self._final_cmd = cmd
        self._final_name = f'{name}-{next(_process_numbers)}'
        self._final_cwd = None if self._cwd is None else perform_substitutions(context, self._cwd)
        env = dict(context.environment) if self._env is None else _perform(context, self._env)
        self._final_env = env | _perform(context, self._additional_env or [])

    def _is_prefix_wanted(self, context: LaunchContext, program: str) -> bool:
        if self._prefix_filter is None:
            return True
        return re.match(self._prefix_filter.perform(context), program) is not None


def _normalize_environment(env: SomeEnvironment | None) -> _Environment | None:
    if env is None:
        return None
    return [
        (normalize_to_list_of_substitutions(key), normalize_to_list_of_substitutions(value))
        for key, value in env.items()
    ]


def _perform(context: LaunchContext, env: _Environment) -> dict[str, str]:
    return {
        perform_substitutions(context, key): perform_substitutions(context, value)
        for key, value in env
    }
