"""`ros2 interface`: look at message and service types."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable

from ros2cli.interface_text import interface_text
from ros2cli.verbs import Verbs
from rosidl_runtime_py import (
    get_action_interfaces,
    get_interface_packages,
    get_interfaces,
    get_message_interfaces,
    get_service_interfaces,
    message_to_yaml,
)
from rosidl_runtime_py.utilities import get_interface, is_service

_KINDS: dict[str, tuple[str, Callable[[Iterable[str]], dict[str, list[str]]]]] = {
    'msgs': ('Messages', get_message_interfaces),
    'srvs': ('Services', get_service_interfaces),
    'actions': ('Actions', get_action_interfaces),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = Verbs(parser)
    listing = verbs.add('list', 'List all interface types available', _list)
    _add_kinds(listing, 'Print out only the {} types')
    package = verbs.add(
        'package', 'Output a list of available interface types within one package', _package
    )
    _add_kinds(package, 'Print out only the {} types')
    package.add_argument('package_name', help="Name of the ROS package (e.g. 'std_msgs')")
    packages = verbs.add('packages', 'Output a list of packages that provide interfaces', _packages)
    _add_kinds(packages, 'Only list packages that generate {}')
    proto = verbs.add('proto', 'Output an interface prototype', _proto)
    proto.add_argument('type', help="Show an interface definition (e.g. 'std_msgs/msg/String')")
    proto.add_argument(
        '--no-quotes', action='store_true', help='if true output has no outer quotes.'
    )
    _add_show(verbs)


def _add_show(verbs: Verbs) -> None:
    parser = verbs.add('show', 'Output the interface definition', _show)
    comments = parser.add_mutually_exclusive_group()
    comments.add_argument(
        '--all-comments',
        action='store_true',
        help='Show all comments, including for nested interface definitions',
    )
    comments.add_argument(
        '--no-comments', action='store_true', help='Show no comments or whitespace'
    )
    parser.add_argument(
        'type',
        help="Show an interface definition (e.g. 'std_msgs/msg/String'). Passing '-' reads the "
        "argument from stdin (e.g. 'ros2 topic type /chatter | ros2 interface show -').",
    )


def _add_kinds(parser: argparse.ArgumentParser, text: str) -> None:
    for kind, (title, _) in _KINDS.items():
        parser.add_argument(
            f'-{kind[0]}',
            f'--only-{kind}',
            action='store_true',
            help=text.format(title.lower()),
        )


def _chosen_kinds(args: argparse.Namespace) -> list[str]:
    return [kind for kind in _KINDS if getattr(args, f'only_{kind}')]


def _list(args: argparse.Namespace) -> None:
    for kind in _chosen_kinds(args) or _KINDS:
        title, interfaces = _KINDS[kind]
        print(f'{title}:')
        for package, names in sorted(interfaces(()).items()):
            for name in sorted(names):
                print(f'    {package}/{name}')


def _package(args: argparse.Namespace) -> str | None:
    kinds = _chosen_kinds(args)
    look_ups = [_KINDS[kind][1] for kind in kinds] if kinds else [get_interfaces]
    try:
        found = [look_up([args.package_name]) for look_up in look_ups]
    except LookupError as error:
        return str(error.args[0])
    for interfaces in found:
        for package, names in sorted(interfaces.items()):
            for name in names:
                print(f'{package}/{name}')
    return None


def _packages(args: argparse.Namespace) -> None:
    kinds = _chosen_kinds(args)
    names = _KINDS[kinds[0]][1](()) if kinds else get_interface_packages()
    for name in sorted(names):
        print(name)


def _proto(args: argparse.Namespace) -> str | None:
    try:
        interface = get_interface(args.type)
    except (AttributeError, LookupError, ModuleNotFoundError, ValueError) as error:
        return str(error)
    message = interface.Request() if is_service(interface) else interface()
    text = message_to_yaml(message)
    print(text if args.no_quotes else f'"{text}"')
    return None


def _show(args: argparse.Namespace) -> str | None:
    name = sys.stdin.readline().strip() if args.type == '-' else args.type
    try:
        text = interface_text(
            name, comments=not args.no_comments, nested_comments=args.all_comments
        )
    except (LookupError, ValueError) as error:
        return str(error.args[0])
    print(text)
    return None
