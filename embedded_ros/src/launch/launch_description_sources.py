"""Launch descriptions from files."""

from __future__ import annotations

import logging
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import cast

from launch.launch_context import LaunchContext
from launch.launch_description import LaunchDescription
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.utilities import (
    describe_substitutions,
    normalize_to_list_of_substitutions,
    perform_substitutions,
)

from embedded_ros.missing import refusal

_logger = logging.getLogger(__name__)

__getattr__ = refusal(
    __name__, ('FrontendLaunchDescriptionSource',), 'launch files are written in Python'
)


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


class InvalidLaunchFileError(Exception):
    """A launch file raised while it was loaded; the cause tells why."""


class InvalidPythonLaunchFileError(Exception):
    """A Python launch file does not define what it must."""


class PythonLaunchDescriptionSource(LaunchDescriptionSource):
    """Launch description of a Python launch file."""

    def __init__(self, launch_file_path: SomeSubstitutionsType) -> None:
        super().__init__(None, launch_file_path, 'interpreted python launch file')

    def _get_launch_description(self, location: str) -> LaunchDescription:
        return get_launch_description_from_python_launch_file(location)


class AnyLaunchDescriptionSource(PythonLaunchDescriptionSource):
    """Launch description of a launch file in any known format, which here is Python."""

    def _get_launch_description(self, location: str) -> LaunchDescription:
        return get_launch_description_from_any_launch_file(location)


def load_python_launch_file_as_module(python_launch_file_path: str) -> ModuleType:
    """Execute a Python launch file."""
    loader = SourceFileLoader('python_launch_file', python_launch_file_path)
    module = module_from_spec(cast(ModuleSpec, spec_from_loader(loader.name, loader)))
    loader.exec_module(module)
    return module


def get_launch_description_from_python_launch_file(
    python_launch_file_path: str,
) -> LaunchDescription:
    """Launch description of a Python launch file.

    Raises:
        InvalidPythonLaunchFileError: It does not define `generate_launch_description()`.
    """
    module = load_python_launch_file_as_module(python_launch_file_path)
    if not hasattr(module, 'generate_launch_description'):
        raise InvalidPythonLaunchFileError(
            f"launch file at '{python_launch_file_path}' does not contain the required function "
            "'generate_launch_description()'"
        )
    return module.generate_launch_description()


def get_launch_description_from_any_launch_file(launch_file_path: str) -> LaunchDescription:
    """Launch description of a launch file.

    Raises:
        InvalidLaunchFileError: The file raised while it was loaded.
        NotImplementedError: The file is an XML or YAML launch file.
    """
    extension = Path(launch_file_path).suffix.removeprefix('.')
    if extension in ('xml', 'yaml', 'yml'):
        raise NotImplementedError(
            f"'{launch_file_path}': XML and YAML launch files are not part of embedded ROS; "
            'write the launch file in Python, or use a ROS 2 installation'
        )
    try:
        return get_launch_description_from_python_launch_file(launch_file_path)
    except Exception as error:
        raise InvalidLaunchFileError(
            f'Caught exception when trying to load file of format [{extension}]:'
            f'\n - {type(error).__name__}: {error}'
        ) from error
