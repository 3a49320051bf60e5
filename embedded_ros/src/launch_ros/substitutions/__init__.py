"""Substitutions for packages, their executables and parameters."""

import difflib
import os
import shutil
from typing import Any

from launch import LaunchContext, SomeSubstitutionsType, Substitution
from launch.substitutions import SubstitutionFailure
from launch.substitutions.lookup import LookupWithDefault
from launch.utilities import (
    describe_substitutions,
    normalize_to_list_of_substitutions,
    perform_substitutions,
)

from ament_index_python import get_package_prefix, get_package_share_directory
from ament_index_python.distributions import executables

__all__ = [
    'ExecutableInPackage',
    'FindPackage',
    'FindPackagePrefix',
    'FindPackageShare',
    'Parameter',
    'executable_command',
]


def executable_command(package: str, executable: str) -> list[str]:
    """Command that runs an executable of a package.

    Raises:
        PackageNotFoundError: There is no such package.
        SubstitutionFailure: The package has no such executable.
    """
    folder = os.path.join(get_package_prefix(package), 'lib', package)
    path = shutil.which(executable, path=folder)
    if path is not None:
        return [path]
    commands = executables(package)
    if executable in commands:
        return commands[executable]
    installed = os.listdir(folder) if os.path.isdir(folder) else []
    near = difflib.get_close_matches(executable, {*commands, *installed}, cutoff=0.4)
    hint = f'; did you mean {" or ".join(repr(name) for name in near)}?' if near else ''
    raise SubstitutionFailure(
        f"executable '{executable}' not found in package '{package}': neither in the libexec "
        f"directory '{folder}' nor among its console scripts{hint}"
    )


class FindPackage(Substitution):
    """Base of the substitutions that look a package up."""

    def __init__(self, package: SomeSubstitutionsType) -> None:
        self._package = normalize_to_list_of_substitutions(package)

    @property
    def package(self) -> list[Substitution]:
        """Name of the package."""
        return self._package

    def describe(self) -> str:
        """Name of the package, as a call."""
        return f'{type(self).__name__}(pkg={describe_substitutions(self._package)})'

    def find(self, package_name: str) -> str:
        """Directory that belongs to a package."""
        raise NotImplementedError(f'{type(self).__name__}.find() is not defined')

    def perform(self, context: LaunchContext) -> str:
        """Directory that belongs to the package."""
        return self.find(perform_substitutions(context, self._package))


class FindPackagePrefix(FindPackage):
    """Prefix that a package is installed under."""

    def find(self, package_name: str) -> str:
        """Prefix of a package."""
        return get_package_prefix(package_name)


class FindPackageShare(FindPackage):
    """Share directory of a package."""

    def find(self, package_name: str) -> str:
        """Share directory of a package."""
        return get_package_share_directory(package_name)


class ExecutableInPackage(FindPackagePrefix):
    """Path of an executable of a package."""

    def __init__(self, executable: SomeSubstitutionsType, package: SomeSubstitutionsType) -> None:
        super().__init__(package)
        self._executable = normalize_to_list_of_substitutions(executable)

    @property
    def executable(self) -> list[Substitution]:
        """Name of the executable."""
        return self._executable

    def describe(self) -> str:
        """Names of package and executable, as a call."""
        package = describe_substitutions(self.package)
        return f'ExecInPkg(pkg={package}, exec={describe_substitutions(self._executable)})'

    def command(self, context: LaunchContext) -> list[str]:
        """Command that runs the executable."""
        package = perform_substitutions(context, self.package)
        executable = perform_substitutions(context, self._executable)
        return executable_command(package, executable)

    def perform(self, context: LaunchContext) -> str:
        """Path of the executable.

        Raises:
            SubstitutionFailure: There is none, or it can only be run by an interpreter.
        """
        command = self.command(context)
        if len(command) > 1:
            raise SubstitutionFailure(
                f'{self.describe()}: no script was installed for this executable; reinstall the '
                'package with pip'
            )
        return command[0]


class Parameter(LookupWithDefault):
    """Value of a parameter that was set for all nodes with `SetParameter`."""

    def __init__(self, name: SomeSubstitutionsType, *, default: Any = None) -> None:
        """Store the name.

        Args:
            name: Name of the parameter.
            default: Value when it was not set; without one that is an error.
        """
        super().__init__(name, default)

    def _look_up(self, context: LaunchContext, name: str) -> str:
        for parameter in context.launch_configurations.get('global_params', []):
            if isinstance(parameter, tuple) and parameter[0] == name:
                return str(parameter[1])
        raise SubstitutionFailure(f"parameter '{name}' not found")
