"""Action that includes another launch description."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from launch.action import Action
from launch.actions.variables import SetLaunchConfiguration
from launch.launch_context import LaunchContext
from launch.launch_description import LaunchDescription
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.launch_description_sources import AnyLaunchDescriptionSource, LaunchDescriptionSource
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions

SomeArguments = Iterable[tuple[SomeSubstitutionsType, SomeSubstitutionsType]]


class IncludeLaunchDescription(Action):
    """Includes the launch description of another file."""

    def __init__(
        self,
        launch_description_source: LaunchDescriptionSource | SomeSubstitutionsType,
        *,
        launch_arguments: SomeArguments | None = None,
        **kwargs: Any,
    ) -> None:
        """Describe the inclusion.

        Args:
            launch_description_source: Source, or path of the file.
            launch_arguments: Names and values of its launch arguments.
            kwargs: See `Action`.
        """
        super().__init__(**kwargs)
        if not isinstance(launch_description_source, LaunchDescriptionSource):
            launch_description_source = AnyLaunchDescriptionSource(launch_description_source)
        self.launch_description_source = launch_description_source
        if isinstance(launch_arguments, Mapping):
            launch_arguments = launch_arguments.items()
        self.launch_arguments = tuple(launch_arguments or ())

    def get_sub_entities(self) -> list[LaunchDescriptionEntity]:
        """The launch description, if it can be loaded without a running launch."""
        source = self.launch_description_source
        description = source.try_get_launch_description_without_context()
        return [] if description is None else [description]

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity]:
        """Load the launch description, check the arguments and return both.

        Raises:
            RuntimeError: A required argument of it is not given.
        """
        description = self.launch_description_source.get_launch_description(context)
        location = self.launch_description_source.location
        path = os.path.abspath(location)
        directory = os.path.dirname(path) if os.path.exists(path) else location
        context.extend_locals(
            {'current_launch_file_path': path, 'current_launch_file_directory': directory}
        )
        self._check_arguments(context, description)
        return [*(SetLaunchConfiguration(*item) for item in self.launch_arguments), description]

    def _check_arguments(self, context: LaunchContext, description: LaunchDescription) -> None:
        for argument, includes in description._arguments_and_includes():
            if argument._conditionally_included or argument.default_value is not None:
                continue
            given = [name for i in (self, *includes) for name in i._argument_names(context)]
            if argument.name not in given:
                raise RuntimeError(
                    f"Included launch description missing required argument '{argument.name}' "
                    f"(description: '{argument.description}'), given: [{', '.join(given)}]"
                )

    def _argument_names(self, context: LaunchContext) -> list[str]:
        return [
            perform_substitutions(context, normalize_to_list_of_substitutions(name))
            for name, _ in self.launch_arguments
        ]
