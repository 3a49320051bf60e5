"""Where a launch description comes from."""

from __future__ import annotations

import logging

from launch.launch_context import LaunchContext
from launch.launch_description import LaunchDescription
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.utilities import (
    describe_substitutions,
    normalize_to_list_of_substitutions,
    perform_substitutions,
)

_logger = logging.getLogger(__name__)


class LaunchDescriptionSource:
    """Source of a launch description, loaded when it is needed."""

    def __init__(
        self,
        launch_description: LaunchDescription | None = None,
        location: SomeSubstitutionsType = '<string>',
        method: str = 'unspecified mechanism from a script',
    ) -> None:
        """Describe the source.

        Args:
            launch_description: The launch description, if there already is one.
            location: Where it comes from, for the user.
            method: How it is loaded, for the user.
        """
        self._launch_description = launch_description
        self._location = normalize_to_list_of_substitutions(location)
        self._expanded_location: str | None = None
        self.method = method

    @property
    def location(self) -> str:
        """Where the launch description comes from."""
        return self._expanded_location or describe_substitutions(self._location)

    def try_get_launch_description_without_context(self) -> LaunchDescription | None:
        """The launch description, or None if it cannot be loaded before launching."""
        try:
            return self._launch_description or self._get_launch_description(
                perform_substitutions(LaunchContext(), self._location)
            )
        except Exception:  # whatever the file raises is reported when it is launched
            _logger.debug(f"cannot load '{self.location}' before launching", exc_info=True)
            return None

    def get_launch_description(self, context: LaunchContext) -> LaunchDescription:
        """The launch description."""
        self._expanded_location = perform_substitutions(context, self._location)
        if self._launch_description is None:
            self._launch_description = self._get_launch_description(self._expanded_location)
        return self._launch_description

    def _get_launch_description(self, location: str) -> LaunchDescription:
        raise RuntimeError(f"a source without a launch description cannot load '{location}'")
