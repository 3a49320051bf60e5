"""Where a launch description comes from."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING

from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions

if TYPE_CHECKING:
    from launch.launch_description import LaunchDescription

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
        self._method = method

    @property
    def location(self) -> str:
        """Where the launch description comes from."""
        if self._expanded_location is None:
            return ' + '.join(str(sub) for sub in self._location)
        return self._expanded_location

    @property
    def method(self) -> str:
        """How it is loaded."""
        return self._method

    def try_get_launch_description_without_context(self) -> LaunchDescription | None:
        """The launch description, or None if it cannot be loaded before launching."""
        if self._launch_description is None:
            try:
                location = perform_substitutions(LaunchContext(), self._location)
                return self._get_launch_description(location)
            except Exception as error:
                _logger.debug(traceback.format_exc())
                _logger.debug(f'Failed to load the launch file without a context: {error}')
        return self._launch_description

    def get_launch_description(self, context: LaunchContext) -> LaunchDescription:
        """The launch description."""
        if self._expanded_location is None:
            self._expanded_location = perform_substitutions(context, self._location)
        if self._launch_description is None:
            self._launch_description = self._get_launch_description(self._expanded_location)
        return self._launch_description

    def _get_launch_description(self, location: str) -> LaunchDescription:
        raise RuntimeError(
            'LaunchDescriptionSource.get_launch_description(): called without launch description '
            'being set'
        )
