"""Substitutions for what is outside launch: environment, programs and files."""

import shlex
import shutil
import subprocess
from pathlib import Path

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


class EnvironmentVariable(Substitution):
    """Value of an environment variable of the launch context."""

    def __init__(
        self, name: SomeSubstitutionsType, *, default_value: SomeSubstitutionsType | None = None
    ) -> None:
        """Store the name.

        Args:
            name: Name of the variable.
            default_value: Value when it is not set; without one that is an error.
        """
        self._name = normalize_to_list_of_substitutions(name)
        self._default_value = (
            None if default_value is None else normalize_to_list_of_substitutions(default_value)
        )

    @property
    def name(self) -> list[Substitution]:
        """Name of the variable."""
        return self._name

    @property
    def default_value(self) -> list[Substitution] | None:
        """Value when the variable is not set."""
        return self._default_value

    def describe(self) -> str:
        """Name of the variable, as a call."""
        return f'EnvVar({describe_substitutions(self._name)})'

    def perform(self, context: LaunchContext) -> str:
        """Value of the variable, else the default."""
        name = perform_substitutions(context, self._name)
        if name in context.environment:
            return context.environment[name]
        if self._default_value is None:
            raise SubstitutionFailure(f"environment variable '{name}' does not exist")
        return perform_substitutions(context, self._default_value)


class FindExecutable(Substitution):
    """Path of a program on the PATH."""

    def __init__(self, *, name: SomeSubstitutionsType) -> None:
        self._name = normalize_to_list_of_substitutions(name)

    @property
    def name(self) -> list[Substitution]:
        """Name of the program."""
        return self._name

    def describe(self) -> str:
        """Name of the program, as a call."""
        return f'FindExec({describe_substitutions(self._name)})'

    def perform(self, context: LaunchContext) -> str:
        """Path of the program."""
        name = perform_substitutions(context, self._name)
        path = shutil.which(name)
        if path is None:
            raise SubstitutionFailure(f"executable '{name}' not found on the PATH")
        return path


class FileContent(Substitution):
    """Text of a file."""

    def __init__(self, path: SomeSubstitutionsType) -> None:
        self._path = normalize_to_list_of_substitutions(path)

    @property
    def path(self) -> list[Substitution]:
        """Path of the file."""
        return self._path

    def describe(self) -> str:
        """Path of the file, as a call."""
        return f'FileContent({describe_substitutions(self._path)})'

    def perform(self, context: LaunchContext) -> str:
        """Text of the file."""
        path = perform_substitutions(context, self._path)
        try:
            return Path(path).read_text()
        except FileNotFoundError as error:
            raise SubstitutionFailure(f'File not found: {path}') from error


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
        self._command = normalize_to_list_of_substitutions(command)
        self._on_stderr = normalize_to_list_of_substitutions(on_stderr)

    @property
    def command(self) -> list[Substitution]:
        """Pieces of the command line."""
        return self._command

    @property
    def on_stderr(self) -> list[Substitution]:
        """What to do when the command writes on stderr."""
        return self._on_stderr

    def describe(self) -> str:
        """The command line, as a call."""
        return f'Command({describe_substitutions(self._command)})'

    def perform(self, context: LaunchContext) -> str:
        """Run the command and return what it wrote."""
        command = perform_substitutions(context, self._command)
        on_stderr = perform_substitutions(context, self._on_stderr)
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
        if result.returncode != 0:
            captured = f'\nCaptured stderr output: {result.stderr}' if result.stderr else ''
            raise SubstitutionFailure(f'executed command failed. Command: {command}{captured}')
        if result.stderr:
            message = (
                f'executed command showed stderr output. Command: {command}\n'
                f'Captured stderr output:\n{result.stderr}'
            )
            if on_stderr == 'fail':
                raise SubstitutionFailure(message)
            if on_stderr == 'warn':
                launch.logging.get_logger().warning(message)
        return result.stdout
