"""Substitutions for packages, their executables and parameters."""

from typing import Any

from launch import LaunchContext, SomeSubstitutionsType
from launch.substitutions import Lookup, LookupWithDefault, SubstitutionFailure
from launch.utilities import (
    describe_substitutions,
    normalize_to_list_of_substitutions,
    perform_substitutions,
)

from ament_index_python import get_package_prefix, get_package_share_directory
from embedded_ros.executables import package_executables
from embedded_ros.near_matches import near_matches


class FindPackage(Lookup):
    """Base of the substitutions that look a package up."""

    def __init__(self, package: SomeSubstitutionsType) -> None:
        super().__init__(package)
        self.package = self.name

    def describe(self) -> str:
        """Name of the package, as a call."""
        return f'{type(self).__name__}(pkg={describe_substitutions(self.package)})'

    def find(self, package_name: str) -> str:
        """Directory that belongs to a package."""
        raise NotImplementedError(f'{type(self).__name__}.find() is not defined')

    def _look_up(self, context: LaunchContext, name: str) -> str:
        return self.find(name)


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


class ExecutableInPackage(FindPackage):
    """Path of an executable of a package."""

    def __init__(self, executable: SomeSubstitutionsType, package: SomeSubstitutionsType) -> None:
        super().__init__(package)
        self.executable = normalize_to_list_of_substitutions(executable)

    def describe(self) -> str:
        """Names of package and executable, as a call."""
        package = describe_substitutions(self.package)
        return f'ExecInPkg(pkg={package}, exec={describe_substitutions(self.executable)})'

    def _look_up(self, context: LaunchContext, name: str) -> str:
        executable = perform_substitutions(context, self.executable)
        executables = package_executables(name)
        if executable not in executables:
            raise SubstitutionFailure(
                f"executable '{executable}' not found in package '{name}', neither in its libexec "
                f'directory nor among its console scripts{near_matches(executable, executables)}'
            )
        return executables[executable]


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
