"""Action that declares an argument of a launch file."""

from collections.abc import Sequence
from typing import Any

import launch.logging
from launch.action import Action
from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.utilities import normalize_optional, perform_substitutions


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
        if choices is not None and not choices:
            raise RuntimeError('Provided choices arg is empty. Use None to ignore the choice list.')
        if choices is not None and isinstance(default_value, str) and default_value not in choices:
            raise RuntimeError(
                f'Provided default_value "{default_value}" is not in provided choices "{choices}".'
            )
        self.name = name
        self.default_value = normalize_optional(default_value)
        self.choices = choices
        self.description = description or 'no description given'
        if choices is not None:
            stem = f'{description.removesuffix(".")}. Valid choices are' if description else ''
            self.description = f'{stem or "One of"}: {choices}'
        self._conditionally_included = False

    def execute(self, context: LaunchContext) -> None:
        """Set the launch configuration to the default if it is not set, and check it.

        Raises:
            RuntimeError: A required value is missing, or the value is none of the choices.
        """
        configurations = context.launch_configurations
        if self.name not in configurations:
            if self.default_value is None:
                launch.logging.get_logger('launch').error(
                    f'Required launch argument "{self.name}" (description: '
                    f'"{self.description}") was not provided'
                )
                raise RuntimeError(f'Required launch argument "{self.name}" was not provided.')
            configurations[self.name] = perform_substitutions(context, self.default_value)
        value = configurations[self.name]
        if self.choices is not None and value not in self.choices:
            raise RuntimeError(
                f'Argument "{self.name}" provided value "{value}" is not valid. Valid options '
                f'are: {self.choices}'
            )
