"""Paths in parameters: of this machine, or ``package://`` for files that come with a package."""

from __future__ import annotations

from pathlib import Path

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory

from segue_core.parameters import ParameterError

SCHEME = 'package://'


def resolve(text: str) -> Path:
    """Where a path of a parameter leads.

    Args:
        text: A path, with ``~`` for the home folder, or ``package://<package>/<path in share>`` as
            in ROS descriptions.

    Raises:
        ParameterError: The package is not installed.
    """
    if not text.startswith(SCHEME):
        return Path(text).expanduser()
    package, _, rest = text.removeprefix(SCHEME).partition('/')
    try:
        return Path(get_package_share_directory(package)) / rest
    except (PackageNotFoundError, ValueError) as error:
        raise ParameterError(f'{text}: package {package!r} is not installed: {error}') from error


def package_file(*parts: str) -> Path:
    """A file that is installed with this package."""
    return Path(get_package_share_directory('segue')).joinpath(*parts)
