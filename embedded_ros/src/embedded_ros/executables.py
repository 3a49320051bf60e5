"""Executables of packages."""

from __future__ import annotations

import os
from pathlib import Path

from ament_index_python import get_package_prefix
from ament_index_python.distributions import executables


def package_executables(package: str) -> dict[str, str]:
    """Paths of a package's executables, by name.

    They are the programs in `<prefix>/lib/<package>` and the console scripts of
    the Python distribution of that name; the former win.

    Raises:
        PackageNotFoundError: There is no such package.
        ValueError: The name is not a package name.
    """
    folder = Path(get_package_prefix(package), 'lib', package)
    programs = {
        path.name: str(path)
        for path in (folder.iterdir() if folder.is_dir() else ())
        if path.is_file() and os.access(path, os.X_OK)
    }
    return executables(package) | programs
