"""Action that includes another launch description."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from typing import Any

from launch.action import Action
from launch.actions.configurations import SetLaunchConfiguration
from launch.launch_context import LaunchContext
from launch.launch_description import LaunchDescription
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.launch_description_source import LaunchDescriptionSource
from launch.launch_description_sources import AnyLaunchDescriptionSource
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions

_logger = logging.getLogger(__name__)
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
        self._source = launch_description_source
        if isinstance(launch_arguments, Mapping):
            launch_arguments = launch_arguments.items()
        self._launch_arguments = tuple(launch_arguments or ())

    @property
    def launch_description_source(self) -> LaunchDescriptionSource:
        """Source of the launch description."""
        return self._source

    @property
    def launch_arguments(self) -> tuple[tuple[SomeSubstitutionsType, SomeSubstitutionsType], ...]:
        """Names and values of its launch arguments."""
        return self._launch_arguments

    def describe(self) -> str:
        """Location of the launch description, as a call."""
        return f'IncludeLaunchDescription({self._source.location})'

    def get_sub_entities(self) -> list[LaunchDescriptionEntity]:
        """The launch description, if it can be loaded without a running launch."""
        description = self._source.try_get_launch_description_without_context()
        return [] if description is None else [description]

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity]:
        """Load the launch description, check the arguments and return both.

        Raises:
            RuntimeError: A required argument of it is not given.
        """
        description = self._source.get_launch_description(context)
        path = os.path.abspath(self._source.location)
        directory = os.path.dirname(path) if os.path.exists(path) else self._source.location
        context.extend_locals(
            {'current_launch_file_path': path, 'current_launch_file_directory': directory}
        )
        self._check_arguments(context, description)
        settings = [SetLaunchConfiguration(name, value) for name, value in self._launch_arguments]
        return [*settings, description]

    def _check_arguments(self, context: LaunchContext, description: LaunchDescription) -> None:
        given = set(self._argument_names(context))
        found = description.get_launch_arguments_with_include_launch_description_actions()
        for argument, includes in found:
            if argument._conditionally_included or argument.default_value is not None:
                continue
            names = given.union(*(include._try_argument_names() for include in includes or ()))
            if argument.name not in names:
                raise RuntimeError(
                    f"Included launch description missing required argument '{argument.name}' "
                    f"(description: '{argument.description}'), given: [{', '.join(sorted(names))}]"
                )

    def _argument_names(self, context: LaunchContext) -> list[str]:
        return [
            perform_substitutions(context, normalize_to_list_of_substitutions(name))
            for name, _ in self._launch_arguments
        ]

    def _try_argument_names(self) -> list[str]:
        """Names of the arguments, as far as they are known before launching."""
        try:
            return self._argument_names(LaunchContext())
        except Exception as error:
            _logger.debug(
                f"Failed to get launch arguments names for launch description '"
                f"{self._source.location}', with exception: {error}"
            )
            return []
