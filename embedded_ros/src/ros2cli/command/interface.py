"""`ros2 interface`: look at message and service types."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

import rosidl_runtime_py
from embedded_ros.interfaces.database import source_text
from embedded_ros.interfaces.definitions import parse_type
from ros2cli.arguments import Verbs, argument, flag

_KINDS = {
    'Messages': rosidl_runtime_py.get_message_interfaces,
    'Services': rosidl_runtime_py.get_service_interfaces,
}
_ONLY = tuple(
    flag(f'-{kind[0]}', f'--only-{kind}', dest='only', action='append_const', const=title,
         help=f'Only for {title.lower()}')
    for kind, title in zip(('msgs', 'srvs'), _KINDS, strict=True)
)

verbs = Verbs('package', 'proto')
add_arguments = verbs.add_arguments


@verbs.add('list', 'List all interface types available', *_ONLY)
def _list(args: argparse.Namespace) -> None:
    for title in args.only or _KINDS:
        print(f'{title}:')
        for package, names in sorted(_KINDS[title](()).items()):
            for name in sorted(names):
                print(f'    {package}/{name}')


@verbs.add('packages', 'Output a list of packages that provide interfaces', *_ONLY)
def _packages(args: argparse.Namespace) -> None:
    names = _KINDS[args.only[0]](()) if args.only else rosidl_runtime_py.get_interface_packages()
    for name in sorted(names):
        print(name)


@verbs.add(
    'show',
    "Output the interface definition; '-' reads its name from standard input",
    argument('type', help="An interface (e.g. 'std_msgs/msg/String')"),
    [
        flag('--all-comments', help='Show all comments, including those of nested definitions'),
        flag('--no-comments', help='Show no comments or whitespace'),
    ],
)
def _show(args: argparse.Namespace) -> str | None:
    name = sys.stdin.readline().strip() if args.type == '-' else args.type
    if name.count('/') != 2:
        return f"Invalid name '{name}'. Expected three parts separated by '/'"
    try:
        lines = list(_lines(name, not args.no_comments, args.all_comments))
    except (LookupError, ValueError) as error:
        return str(error.args[0])
    print('\n'.join(lines))
    return None


def _lines(name: str, comments: bool, nested_comments: bool) -> Iterator[str]:
    """Lines of a definition; nested messages follow their field, indented."""
    package = name.split('/')[0]
    for line in source_text(name).splitlines():
        code = line.split('#', 1)[0].strip()
        if comments:
            yield line.rstrip()
        elif code:
            yield code
        if code and code != '---' and (kind := parse_type(code.split()[0], package)).is_message:
            for inner in _lines(kind.base, nested_comments, nested_comments):
                yield f'\t{inner}' if inner else ''
