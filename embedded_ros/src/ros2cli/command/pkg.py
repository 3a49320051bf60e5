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

verbs = Verbs('create', 'executables', 'xml')
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
