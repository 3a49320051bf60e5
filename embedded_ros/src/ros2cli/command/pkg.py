"""`ros2 pkg`: look at packages."""

from __future__ import annotations

import argparse

from ament_index_python import (
    PackageNotFoundError,
    get_package_prefix,
    get_package_share_directory,
    get_packages_with_prefixes,
)
from ros2cli.arguments import Verbs, argument, flag
from ros2cli.executables import package_executables

verbs = Verbs('create', 'xml')
add_arguments = verbs.add_arguments


@verbs.add('list', 'Output a list of available packages')
def _list(args: argparse.Namespace) -> None:
    for name in sorted(get_packages_with_prefixes()):
        print(name)


@verbs.add('prefix', 'Output the prefix path of a package',
           argument('package_name', help='The package name'),
           flag('--share', help='Show share directory for the package'))
def _prefix(args: argparse.Namespace) -> str | None:
    look_up = get_package_share_directory if args.share else get_package_prefix
    try:
        print(look_up(args.package_name))
    except (PackageNotFoundError, ValueError):
        return 'Package not found'
    return None


@verbs.add('executables', 'Output a list of package specific executables',
           argument('package_name', nargs='?', help='The package name'),
           flag('--full-path', help='Show full path of each executable'))
def _executables(args: argparse.Namespace) -> str | None:
    names = [args.package_name] if args.package_name else sorted(get_packages_with_prefixes())
    for package in names:
        try:
            found = package_executables(package)
        except (PackageNotFoundError, ValueError):
            return f"Package '{package}' not found"
        for name, command in sorted(found.items()):
            print(' '.join(command) if args.full_path else f'{package} {name}')
    return None
