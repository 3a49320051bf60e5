"""`ros2 pkg`: look at packages."""

from __future__ import annotations

import argparse
import os

from ament_index_python import (
    PackageNotFoundError,
    get_package_prefix,
    get_package_share_directory,
    get_packages_with_prefixes,
)
from ros2cli.executables import package_executables
from ros2cli.verbs import Verbs

_NOT_FOUND = 'Package not found'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = Verbs(parser)
    executables = verbs.add(
        'executables', 'Output a list of package specific executables', _executables
    )
    executables.add_argument('package_name', nargs='?', help='The package name')
    executables.add_argument(
        '--full-path', action='store_true', help='Show full path of each executable'
    )
    verbs.add('list', 'Output a list of available packages', _list)
    prefix = verbs.add('prefix', 'Output the prefix path of a package', _prefix)
    prefix.add_argument('package_name', help='The package name')
    prefix.add_argument('--share', action='store_true', help='Show share directory for the package')
    verbs.add_missing('create', 'xml')


def _list(args: argparse.Namespace) -> None:
    for name in sorted(get_packages_with_prefixes()):
        print(name)


def _prefix(args: argparse.Namespace) -> str | None:
    look_up = get_package_share_directory if args.share else get_package_prefix
    try:
        print(look_up(args.package_name))
    except (PackageNotFoundError, ValueError):
        return _NOT_FOUND
    return None


def _executables(args: argparse.Namespace) -> str | None:
    names = [args.package_name] if args.package_name else sorted(get_packages_with_prefixes())
    for package in names:
        try:
            found = package_executables(package)
        except (PackageNotFoundError, ValueError):
            return f"Package '{package}' not found"
        for name, command in sorted(found.items()):
            print(' '.join(command) if args.full_path else f'{package} {os.path.basename(name)}')
    return None
