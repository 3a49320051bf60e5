"""Actions on launch arguments and launch configurations."""

from collections.abc import Mapping, Sequence
from typing import Any

import launch.logging
from launch.action import Action
from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions


class DeclareLaunchArgument(Action):
    """Declares a launch argument; its value is in the launch configuration of that name."""

    def __init__(
        self,
        name: str,
        *,
        default_value: SomeSubstitutionsType | None = None,
        description: str | None = None,
        choices: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        """Declare an argument.

        Args:
            name: Name of the argument.
            default_value: Value when none is given; without one the argument is required.
            description: What it means, for the user.
            choices: The only values allowed.
            kwargs: See `Action`.

        Raises:
            RuntimeError: The choices are empty or do not hold the default.
        """
        super().__init__(**kwargs)
        self._name = name
        self._default_value = (
            None if default_value is None else normalize_to_list_of_substitutions(default_value)
        )
        if choices is not None:
            _check_choices(choices, default_value)
        self._choices = choices
        self._description = _describe(description, choices)
        self._conditionally_included = False

    @property
    def name(self) -> str:
        """Name of the argument."""
        return self._name

    @property
    def default_value(self) -> list[Substitution] | None:
        """Value when none is given."""
        return self._default_value

    @property
    def description(self) -> str:
        """What it means, with the values allowed."""
        return self._description

    @property
    def choices(self) -> Sequence[str] | None:
        """The only values allowed."""
        return self._choices

    def execute(self, context: LaunchContext) -> None:
        """Set the launch configuration to the default if it is not set, and check it.

        Raises:
            RuntimeError: A required value is missing, or the value is none of the choices.
        """
        configurations = context.launch_configurations
        if self._name not in configurations:
            if self._default_value is None:
                launch.logging.get_logger('launch').error(
                    f'Required launch argument "{self._name}" (description: '
                    f'"{self._description}") was not provided'
                )
                raise RuntimeError(f'Required launch argument "{self._name}" was not provided.')
            configurations[self._name] = perform_substitutions(context, self._default_value)
        value = configurations[self._name]
        if self._choices is not None and value not in self._choices:
            raise RuntimeError(
                f'Argument "{self._name}" provided value "{value}" is not valid. Valid options '
                f'are: {self._choices}'
            )


class SetLaunchConfiguration(Action):
    """Sets a launch configuration."""

    def __init__(
        self, name: SomeSubstitutionsType, value: SomeSubstitutionsType, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._name = normalize_to_list_of_substitutions(name)
        self._value = normalize_to_list_of_substitutions(value)

    @property
    def name(self) -> list[Substitution]:
        """Name of the launch configuration."""
        return self._name

    @property
    def value(self) -> list[Substitution]:
        """Its value."""
        return self._value

    def execute(self, context: LaunchContext) -> None:
        """Set it."""
        name = perform_substitutions(context, self._name)
        context.launch_configurations[name] = perform_substitutions(context, self._value)


class UnsetLaunchConfiguration(Action):
    """Removes a launch configuration, if it is set."""

    def __init__(self, name: SomeSubstitutionsType, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._name = normalize_to_list_of_substitutions(name)

    @property
    def name(self) -> list[Substitution]:
        """Name of the launch configuration."""
        return self._name

    def execute(self, context: LaunchContext) -> None:
        """Remove it."""
        context.launch_configurations.pop(perform_substitutions(context, self._name), None)


class ResetLaunchConfigurations(Action):
    """Removes all launch configurations but those given."""

    def __init__(
        self,
        launch_configurations: Mapping[SomeSubstitutionsType, SomeSubstitutionsType] | None = None,
        **kwargs: Any,
    ) -> None:
        """Describe the reset.

        Args:
            launch_configurations: Those to set afterwards; evaluated before.
            kwargs: See `Action`.
        """
        super().__init__(**kwargs)
        self._launch_configurations = [
            (normalize_to_list_of_substitutions(name), normalize_to_list_of_substitutions(value))
            for name, value in (launch_configurations or {}).items()
        ]

    def execute(self, context: LaunchContext) -> None:
        """Remove and set."""
        kept = {
            perform_substitutions(context, name): perform_substitutions(context, value)
            for name, value in self._launch_configurations
        }
        context.launch_configurations.clear()
        context.launch_configurations.update(kept)


class PushLaunchConfigurations(Action):
    """Saves all launch configurations on a stack."""

    def execute(self, context: LaunchContext) -> None:
        """Save them."""
        context._push_launch_configurations()


class PopLaunchConfigurations(Action):
    """Restores the launch configurations that were saved last."""

    def execute(self, context: LaunchContext) -> None:
        """Restore them."""
        context._pop_launch_configurations()


def _check_choices(choices: Sequence[str], default: SomeSubstitutionsType | None) -> None:
    if not choices:
        raise RuntimeError('Provided choices arg is empty. Use None to ignore the choice list.')
    if isinstance(default, str) and default not in choices:
        raise RuntimeError(
            f'Provided default_value "{default}" is not in provided choices "{choices}".'
        )


def _describe(description: str | None, choices: Sequence[str] | None) -> str:
    if choices is None:
        return 'no description given' if description is None else description
    if description is None:
        return f'One of: {choices}'
    return f'{description}{"" if description.endswith(".") else "."} Valid choices are: {choices}'
