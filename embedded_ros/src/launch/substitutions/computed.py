"""Substitutions that are computed from others."""

import importlib
import os
import shlex
import subprocess
from collections.abc import Iterable
from typing import Any

import launch.logging
from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution, SubstitutionFailure
from launch.utilities import (
    describe_substitutions,
    normalize_to_list_of_substitutions,
    perform_substitutions,
)

_ON_STDERR = ('fail', 'ignore', 'warn', 'capture')


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
        self,
        expression: SomeSubstitutionsType,
        python_modules: SomeSubstitutionsType = ('math',),
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
