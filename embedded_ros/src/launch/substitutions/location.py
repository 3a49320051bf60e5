"""Substitutions for where the launch runs and what it is doing."""

import launch.logging
from launch.launch_context import LaunchContext
from launch.substitution import Substitution, SubstitutionFailure
from launch.utilities import ensure_argument_type


class ThisLaunchFile(Substitution):
    """Path of the launch file that is being processed."""

    def describe(self) -> str:
        """The class's name, as a call."""
        return 'ThisLaunchFile()'

    def perform(self, context: LaunchContext) -> str:
        """Absolute path of the file."""
        return _local(context, 'current_launch_file_path', self)


class ThisLaunchFileDir(Substitution):
    """Directory of the launch file that is being processed."""

    def describe(self) -> str:
        """The class's name, as a call."""
        return 'ThisLaunchFileDir()'

    def perform(self, context: LaunchContext) -> str:
        """Absolute path of the directory."""
        return _local(context, 'current_launch_file_directory', self)


class LaunchLogDir(Substitution):
    """Directory of this launch's log files."""

    def describe(self) -> str:
        """The class's name, as a call."""
        return 'LaunchLogDir()'

    def perform(self, context: LaunchContext) -> str:
        """Absolute path of the directory."""
        return launch.logging.launch_config.log_dir


class LocalSubstitution(Substitution):
    """An expression on the context's locals, such as `event.reason` in an event handler."""

    def __init__(self, expression: str, description: str | None = None) -> None:
        ensure_argument_type(expression, str, 'expression', 'LocalSubstitution')
        self._expression = expression
        self._description = description

    @property
    def expression(self) -> str:
        """The expression, without the leading `context.locals.`."""
        return self._expression

    def describe(self) -> str:
        """Description given by the user, else the expression."""
        return f"LocalVar('{self._description or self._expression}')"

    def perform(self, context: LaunchContext) -> str:
        """Value of the expression."""
        return eval(f'context.locals.{self._expression}', {}, {'context': context})


def _local(context: LaunchContext, name: str, substitution: Substitution) -> str:
    if name not in context.get_locals_as_dict():
        raise SubstitutionFailure(
            f'{type(substitution).__name__} used outside of a launch file (in a script)'
        )
    return context.get_locals_as_dict()[name]
