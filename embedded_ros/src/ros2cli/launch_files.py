"""Launch files of packages."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ament_index_python import (
    PackageNotFoundError,
    get_package_share_directory,
    get_packages_with_prefixes,
)
from embedded_ros.near_matches import near_matches

_SKIPPED = ('build', 'install', 'log', 'node_modules', 'venv', '__pycache__')


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
    paths = sorted(_files(share))
    known = {os.path.basename(path) for path in paths if path.endswith('launch.py')}
    if file_name is None:
        raise RuntimeError(f"name a launch file of package '{package}'{near_matches('', known)}")
    found = [path for path in paths if os.path.basename(path) == file_name]
    found = [path for path in found if path.startswith(f'{share}/launch/')] or found
    where = f"in the share directory of package '{package}' which is at '{share}'"
    if not found:
        near = near_matches(file_name, known)
        raise RuntimeError(f"file '{file_name}' was not found {where}{near}")
    if len(found) > 1:
        raise RuntimeError(f"file '{file_name}' was found more than once {where}: {found}")
    return found[0]


def _files(root: str) -> Iterator[str]:
    """Files below a directory, which may be a project folder with much else in it."""
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name[0] != '.' and name not in _SKIPPED]
        for name in files:
            yield os.path.join(folder, name)
