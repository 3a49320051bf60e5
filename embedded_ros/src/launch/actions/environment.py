"""Actions on the environment variables of the launch."""

import os
from typing import Any

from launch.action import Action
from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions
from launch.utilities.type_utils import normalize_typed_substitution, perform_typed_substitution


class SetEnvironmentVariable(Action):
    """Sets an environment variable."""

    def __init__(
        self, name: SomeSubstitutionsType, value: SomeSubstitutionsType, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._name = normalize_to_list_of_substitutions(name)
        self._value = normalize_to_list_of_substitutions(value)

    @property
    def name(self) -> list[Substitution]:
        """Name of the variable."""
        return self._name

    @property
    def value(self) -> list[Substitution]:
        """Its value."""
        return self._value

    def execute(self, context: LaunchContext) -> None:
        """Set it."""
        name = perform_substitutions(context, self._name)
        context.environment[name] = perform_substitutions(context, self._value)


class UnsetEnvironmentVariable(Action):
    """Removes an environment variable, if it is set."""

    def __init__(self, name: SomeSubstitutionsType, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._name = normalize_to_list_of_substitutions(name)

    @property
    def name(self) -> list[Substitution]:
        """Name of the variable."""
        return self._name

    def execute(self, context: LaunchContext) -> None:
        """Remove it."""
        context.environment.pop(perform_substitutions(context, self._name), None)


class AppendEnvironmentVariable(Action):
    """Appends to an environment variable, or sets it."""

    def __init__(
        self,
        name: SomeSubstitutionsType,
        value: SomeSubstitutionsType,
        prepend: bool | SomeSubstitutionsType = False,
        separator: SomeSubstitutionsType = os.pathsep,
        **kwargs: Any,
    ) -> None:
        """Describe the change.

        Args:
            name: Name of the variable.
            value: What to append.
            prepend: Put it first instead.
            separator: What to put between.
            kwargs: See `Action`.
        """
        super().__init__(**kwargs)
        self._name = normalize_to_list_of_substitutions(name)
        self._value = normalize_to_list_of_substitutions(value)
        self._prepend = normalize_typed_substitution(prepend, bool)
        self._separator = normalize_to_list_of_substitutions(separator)

    @property
    def name(self) -> list[Substitution]:
        """Name of the variable."""
        return self._name

    @property
    def value(self) -> list[Substitution]:
        """What to append."""
        return self._value

    @property
    def separator(self) -> list[Substitution]:
        """What to put between."""
        return self._separator

    def execute(self, context: LaunchContext) -> None:
        """Append or set it."""
        name = perform_substitutions(context, self._name)
        parts = [perform_substitutions(context, self._value)]
        if name in context.environment:
            prepend = perform_typed_substitution(context, self._prepend, bool)
            parts.insert(len(parts) if prepend else 0, context.environment[name])
        context.environment[name] = perform_substitutions(context, self._separator).join(parts)


class PushEnvironment(Action):
    """Saves the environment on a stack."""

    def execute(self, context: LaunchContext) -> None:
        """Save it."""
        context._push_environment()


class PopEnvironment(Action):
    """Restores the environment that was saved last."""

    def execute(self, context: LaunchContext) -> None:
        """Restore it."""
        context._pop_environment()


class ResetEnvironment(Action):
    """Restores the environment that the launch started with."""

    def execute(self, context: LaunchContext) -> None:
        """Restore it."""
        context._reset_environment()
