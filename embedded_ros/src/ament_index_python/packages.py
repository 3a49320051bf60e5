"""Find packages by name."""

import os
import pathlib
import re
import warnings

from ament_index_python import distributions
from ament_index_python.resources import get_resources, get_search_paths, has_resource


class PackageNotFoundError(KeyError):
    """Neither `AMENT_PREFIX_PATH` nor an installed Python distribution has the package."""

    def __str__(self) -> str:
        """The message, without the quotes that a KeyError puts around it."""
        return str(self.args[0])


def get_packages_with_prefixes() -> dict[str, str]:
    """Prefix of every package, by name; `AMENT_PREFIX_PATH` wins over pip."""
    return distributions.packages_with_prefixes() | get_resources('packages')


def get_package_prefix(package_name: str) -> str:
    """Prefix that a package is installed under.

    Raises:
        PackageNotFoundError: There is no such package.
        ValueError: The name is not a package name.
    """
    return _locate(package_name)[0]


def get_package_share_directory(package_name: str, print_warning: bool = True) -> str:
    """Directory that holds a package's launch files, configuration and messages.

    For a package installed with `pip install -e` this is its project folder.

    Args:
        package_name: Name of the package, as in its package.xml.
        print_warning: Warn when the directory does not exist.

    Raises:
        PackageNotFoundError: There is no such package.
        ValueError: The name is not a package name.
    """
    share = _locate(package_name)[1]
    if print_warning and not os.path.exists(share):
        warnings.warn(f'Share directory for {package_name} ({share}) does not exist.', stacklevel=2)
    return share


def get_package_share_path(package_name: str, print_warning: bool = True) -> pathlib.Path:
    """The same as `get_package_share_directory`, as a path."""
    return pathlib.Path(get_package_share_directory(package_name, print_warning))


def _locate(package_name: str) -> tuple[str, str]:
    """Prefix and share directory of a package."""
    if re.fullmatch('[a-zA-Z0-9][a-zA-Z0-9_-]+', package_name) is None:
        raise ValueError(f"'{package_name}' is not a valid package name")
    prefix = has_resource('packages', package_name)
    if prefix:
        return prefix, os.path.join(prefix, 'share', package_name)
    share = distributions.share_directory(package_name)
    if share is None:
        raise PackageNotFoundError(
            f"package '{package_name}' not found, searching: {get_search_paths()} "
            'and the Python distributions installed with pip'
        )
    return distributions.prefix(), share
