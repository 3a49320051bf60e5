"""Substitutions: text that is only known while launching."""

import importlib
import os
import re
import secrets
import shlex
import shutil
import socket
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import launch.logging
from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution, SubstitutionFailure, TextSubstitution
from launch.truth_substitutions import (
    AllSubstitution,
    AndSubstitution,
    AnySubstitution,
    EqualsSubstitution,
    IfElseSubstitution,
    NotEqualsSubstitution,
    NotSubstitution,
    OrSubstitution,
)
from launch.utilities import (
    describe_substitutions,
    normalize_to_list_of_substitutions,
    perform_substitutions,
)

__all__ = [
    'AllSubstitution', 'AndSubstitution', 'AnonName', 'AnySubstitution', 'Command',
    'EnvironmentVariable', 'EqualsSubstitution', 'FileContent', 'FindExecutable',
    'IfElseSubstitution', 'LaunchConfiguration', 'LaunchLogDir', 'LocalSubstitution',
    'NotEqualsSubstitution', 'NotSubstitution', 'OrSubstitution', 'PathJoinSubstitution',
    'PythonExpression', 'SubstitutionFailure', 'TextSubstitution', 'ThisLaunchFile',
    'ThisLaunchFileDir',
]  # fmt: skip

_ON_STDERR = ('fail', 'ignore', 'warn', 'capture')


class Lookup(Substitution):
    """Base of the substitutions that look up a name; upstream has no such class."""

    label = ''

    def __init__(self, name: SomeSubstitutionsType) -> None:
        self.name = normalize_to_list_of_substitutions(name)

    def describe(self) -> str:
        """The name, as a call."""
        return f'{self.label or type(self).__name__}({describe_substitutions(self.name)})'

    def perform(self, context: LaunchContext) -> str:
        """What has the name."""
        return self._look_up(context, perform_substitutions(context, self.name))

    def _look_up(self, context: LaunchContext, name: str) -> str:
        raise NotImplementedError


class LookupWithDefault(Lookup):
    """Base of those with a default, which may also be a number, a truth value or a list."""

    def __init__(self, name: SomeSubstitutionsType, default: Any) -> None:
        super().__init__(name)
        self.default_value = None
        if default is not None:
            items = default if isinstance(default, Iterable) else (default,)
            self.default_value = normalize_to_list_of_substitutions(
                [item if isinstance(item, str | Substitution) else str(item) for item in items]
            )

    def perform(self, context: LaunchContext) -> str:
        """What has the name, else the default."""
        name = perform_substitutions(context, self.name)
        try:
            return self._look_up(context, name)
        except SubstitutionFailure:
            if self.default_value is None:
                raise
            return perform_substitutions(context, self.default_value)


class LaunchConfiguration(LookupWithDefault):
    """Value of a launch argument or launch configuration."""

    label = 'LaunchConfig'

    def __init__(self, variable_name: SomeSubstitutionsType, *, default: Any = None) -> None:
        super().__init__(variable_name, default)
        self.variable_name = self.name

    def _look_up(self, context: LaunchContext, name: str) -> str:
        if name not in context.launch_configurations:
            raise SubstitutionFailure(f"launch configuration '{name}' does not exist")
        return context.launch_configurations[name]


class EnvironmentVariable(LookupWithDefault):
    """Value of an environment variable of the launch context."""

    label = 'EnvVar'

    def __init__(
        self, name: SomeSubstitutionsType, *, default_value: SomeSubstitutionsType | None = None
    ) -> None:
        super().__init__(name, default_value)

    def _look_up(self, context: LaunchContext, name: str) -> str:
        if name not in context.environment:
            raise SubstitutionFailure(f"environment variable '{name}' does not exist")
        return context.environment[name]


class FindExecutable(Lookup):
    """Path of a program on the PATH."""

    label = 'FindExec'

    def __init__(self, *, name: SomeSubstitutionsType) -> None:
        super().__init__(name)

    def _look_up(self, context: LaunchContext, name: str) -> str:
        path = shutil.which(name)
        if path is None:
            raise SubstitutionFailure(f"executable '{name}' not found on the PATH")
        return path


class FileContent(Lookup):
    """Text of a file."""

    def __init__(self, path: SomeSubstitutionsType) -> None:
        super().__init__(path)

    def _look_up(self, context: LaunchContext, name: str) -> str:
        try:
            return Path(name).read_text()
        except FileNotFoundError as error:
            raise SubstitutionFailure(f'File not found: {name}') from error


class AnonName(Lookup):
    """Name that nobody else has; the same within one launch for the same base name."""

    def _look_up(self, context: LaunchContext, name: str) -> str:
        unique = f'{name}_{socket.gethostname()}_{os.getpid()}_{secrets.randbits(63)}'
        key = f'anon{name}'
        return context.launch_configurations.setdefault(key, re.sub('[.:-]', '_', unique))


class ThisLaunchFile(Substitution):
    """Path of the launch file that is being processed."""

    _local = 'current_launch_file_path'

    def perform(self, context: LaunchContext) -> str:
        """Absolute path."""
        if self._local not in context.get_locals_as_dict():
            raise SubstitutionFailure(
                f'{type(self).__name__} used outside of a launch file (in a script)'
            )
        return context.get_locals_as_dict()[self._local]


class ThisLaunchFileDir(ThisLaunchFile):
    """Directory of the launch file that is being processed."""

    _local = 'current_launch_file_directory'


class LaunchLogDir(Substitution):
    """Directory of this launch's log files."""

    def perform(self, context: LaunchContext) -> str:
        """Absolute path of the directory."""
        return launch.logging.launch_config.log_dir


class LocalSubstitution(Substitution):
    """An expression on the context's locals, such as `event.reason` in an event handler."""

    def __init__(self, expression: str, description: str | None = None) -> None:
        self.expression = expression
        self.description = description

    def describe(self) -> str:
        """Description given by the user, else the expression."""
        return f"LocalVar('{self.description or self.expression}')"

    def perform(self, context: LaunchContext) -> str:
        """Value of the expression."""
        return str(eval(f'context.locals.{self.expression}', {}, {'context': context}))


class PathJoinSubstitution(Substitution):
    """Parts of a path joined; a part may itself be a list, which is concatenated first."""

    def __init__(self, substitutions: Iterable[SomeSubstitutionsType]) -> None:
        if isinstance(substitutions, str | Substitution):
            substitutions = [substitutions]
        self.substitutions = [normalize_to_list_of_substitutions(sub) for sub in substitutions]

    def describe(self) -> str:
        """The parts, as a call."""
        return f'PathJoin({", ".join(describe_substitutions(part) for part in self.substitutions)})'

    def perform(self, context: LaunchContext) -> str:
        """The joined path."""
        return os.path.join(*(perform_substitutions(context, sub) for sub in self.substitutions))


class PythonExpression(Substitution):
    """Result of a Python expression, as text."""

    def __init__(
        self, expression: SomeSubstitutionsType, python_modules: SomeSubstitutionsType = ('math',)
    ) -> None:
        """Store the expression.

        Args:
            expression: The expression; its pieces are joined, then evaluated.
            python_modules: Modules it may use; the names in `math` need no prefix.
        """
        self.expression = normalize_to_list_of_substitutions(expression)
        self.python_modules = normalize_to_list_of_substitutions(python_modules)

    def describe(self) -> str:
        """The expression, as a call."""
        modules = ', '.join(module.describe() for module in self.python_modules)
        return f'PythonExpr({describe_substitutions(self.expression)}, [{modules}])'

    def perform(self, context: LaunchContext) -> str:
        """Text of the expression's value."""
        names: dict[str, Any] = {}
        for substitution in self.python_modules:
            module = importlib.import_module(context.perform_substitution(substitution))
            if module.__name__ == 'math':
                names.update(vars(module))
            names[module.__name__] = module
        return str(eval(perform_substitutions(context, self.expression), {}, names))


class Command(Substitution):
    """What a command writes on stdout."""

    def __init__(
        self, command: SomeSubstitutionsType, *, on_stderr: SomeSubstitutionsType = 'fail'
    ) -> None:
        """Store the command.

        Args:
            command: Command line; its pieces are joined, then split as a shell would.
            on_stderr: What to do when the command writes on stderr: 'fail', 'ignore',
                'warn', or 'capture' it together with stdout.
        """
        self.command = normalize_to_list_of_substitutions(command)
        self.on_stderr = normalize_to_list_of_substitutions(on_stderr)

    def describe(self) -> str:
        """The command line, as a call."""
        return f'Command({describe_substitutions(self.command)})'

    def perform(self, context: LaunchContext) -> str:
        """Run the command and return what it wrote."""
        command = perform_substitutions(context, self.command)
        on_stderr = perform_substitutions(context, self.on_stderr)
        if on_stderr not in _ON_STDERR:
            raise SubstitutionFailure(
                f"expected 'on_stderr' to be one of {_ON_STDERR}, got '{on_stderr}'"
            )
        stderr = subprocess.STDOUT if on_stderr == 'capture' else subprocess.PIPE
        try:
            result = subprocess.run(
                shlex.split(command), stdout=subprocess.PIPE, stderr=stderr, text=True, check=False
            )
        except FileNotFoundError as error:
            raise SubstitutionFailure(f'file not found: {error}') from error
        captured = f'. Command: {command}\nCaptured stderr output: {result.stderr}'
        if result.returncode != 0:
            raise SubstitutionFailure(f'executed command failed{captured}')
        if result.stderr and on_stderr == 'fail':
            raise SubstitutionFailure(f'executed command showed stderr output{captured}')
        if result.stderr and on_stderr == 'warn':
            launch.logging.get_logger().warning(f'executed command showed stderr output{captured}')
        return result.stdout
