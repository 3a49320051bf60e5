"""Launch descriptions from files."""

from __future__ import annotations

import os
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from types import ModuleType
from typing import TYPE_CHECKING

from launch.invalid_launch_file_error import InvalidLaunchFileError
from launch.launch_description_source import LaunchDescriptionSource
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.utilities.missing import refusal

if TYPE_CHECKING:
    from launch.launch_description import LaunchDescription

__all__ = [
    'AnyLaunchDescriptionSource',
    'InvalidLaunchFileError',
    'InvalidPythonLaunchFileError',
    'PythonLaunchDescriptionSource',
    'get_launch_description_from_any_launch_file',
    'get_launch_description_from_python_launch_file',
    'load_python_launch_file_as_module',
]

__getattr__ = refusal(
    __name__,
    ('FrontendLaunchDescriptionSource', 'InvalidFrontendLaunchFileError'),
    'launch files are written in Python',
)

_FUNCTION = 'generate_launch_description'
_FRONTENDS = ('.xml', '.yaml', '.yml')


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
    spec = spec_from_loader(loader.name, loader)
    if spec is None:
        raise RuntimeError(f"Failed to load module spec of '{python_launch_file_path}'")
    module = module_from_spec(spec)
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
    if not hasattr(module, _FUNCTION):
        raise InvalidPythonLaunchFileError(
            f"launch file at '{python_launch_file_path}' does not contain the required function "
            f"'{_FUNCTION}()'"
        )
    return getattr(module, _FUNCTION)()


def get_launch_description_from_any_launch_file(launch_file_path: str) -> LaunchDescription:
    """Launch description of a launch file.

    Raises:
        InvalidLaunchFileError: The file raised while it was loaded.
        NotImplementedError: The file is an XML or YAML launch file.
    """
    extension = os.path.splitext(launch_file_path)[1]
    if extension in _FRONTENDS:
        raise NotImplementedError(
            f"'{launch_file_path}': XML and YAML launch files are not part of embedded ROS; "
            'write the launch file in Python, or use a ROS 2 installation'
        )
    try:
        return get_launch_description_from_python_launch_file(launch_file_path)
    except Exception as error:
        raise InvalidLaunchFileError(
            extension.removeprefix('.') if extension == '.py' else '', likely_errors=[error]
        ) from error
