"""Launch descriptions from files."""

from __future__ import annotations

from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import cast

from launch.launch_description import LaunchDescription
from launch.launch_description_source import LaunchDescriptionSource
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.utilities import refusal

__getattr__ = refusal(
    __name__,
    (
        'FrontendLaunchDescriptionSource',
        'XMLLaunchDescriptionSource',
        'YAMLLaunchDescriptionSource',
    ),
    'launch files are written in Python',
)


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


class AnyLaunchDescriptionSource(LaunchDescriptionSource):
    """Launch description of a launch file in any known format, which here is Python."""

    def __init__(self, launch_file_path: SomeSubstitutionsType) -> None:
        super().__init__(None, launch_file_path, 'interpreted launch file')

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
