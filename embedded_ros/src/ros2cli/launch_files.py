"""Launch files of packages."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ament_index_python import (
    PackageNotFoundError,
    get_package_share_directory,
    get_packages_with_prefixes,
)
from ros2cli.near_matches import near_matches

_SUFFIX = 'launch.py'
_SKIPPED = ('build', 'install', 'log', 'node_modules', '__pycache__')


def find_launch_file(package: str, file_name: str | None) -> str:
    """Path of a launch file in the share directory of a package.

    Raises:
        RuntimeError: There is no such package or file, there are several such files, or
            none is named.
    """
    try:
        share = get_package_share_directory(package)
    except (PackageNotFoundError, ValueError) as error:
        near = near_matches(package, get_packages_with_prefixes())
        raise RuntimeError(f"Package '{package}' not found{near}") from error
    if file_name is None:
        raise RuntimeError(
            f"name a launch file of package '{package}'{near_matches('', _launch_files(share))}"
        )
    for root in (os.path.join(share, 'launch'), share):
        paths = [path for path in _files(root) if os.path.basename(path) == file_name]
        if len(paths) == 1:
            return paths[0]
        if paths:
            raise RuntimeError(
                f"file '{file_name}' was found more than once in the share directory of package "
                f"'{package}': {paths}"
            )
    raise RuntimeError(
        f"file '{file_name}' was not found in the share directory of package '{package}' which "
        f"is at '{share}'{near_matches(file_name, _launch_files(share))}"
    )


def _launch_files(root: str) -> set[str]:
    return {os.path.basename(path) for path in _files(root) if path.endswith(_SUFFIX)}


def _files(root: str) -> Iterator[str]:
    """Files below a directory, which may be a project folder with much else in it."""
    for folder, folders, files in os.walk(root):
        folders[:] = [
            name
            for name in folders
            if not name.startswith('.')
            and name not in _SKIPPED
            and not os.path.exists(os.path.join(folder, name, 'pyvenv.cfg'))
        ]
        for name in files:
            yield os.path.join(folder, name)
