"""`ros2 launch`: run a launch file."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from typing import TYPE_CHECKING

from ros2cli.launch_files import find_launch_file
from ros2cli.near_matches import near_matches

if TYPE_CHECKING:
    from launch import LaunchDescription, LaunchDescriptionEntity

# Launch configurations that every launch file takes.
_COMMON_ARGUMENTS = (
    'emulate_tty',
    'launch-prefix',
    'launch-prefix-filter',
    'sigkill_timeout',
    'sigterm_timeout',
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        '-n',
        '--noninteractive',
        default=not sys.stdin.isatty(),
        action='store_true',
        help='Run the launch system non-interactively, with no terminal associated',
    )
    parser.add_argument(
        '-d',
        '--debug',
        action='store_true',
        help='Put the launch system in debug mode, provides more verbose output.',
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        '-p',
        '--print',
        '--print-description',
        action='store_true',
        help='Print the launch description to the console without launching it.',
    )
    what.add_argument(
        '-s',
        '--show-args',
        '--show-arguments',
        action='store_true',
        help='Show arguments that may be given to the launch file.',
    )
    parser.add_argument(
        '-a',
        '--show-all-subprocesses-output',
        action='store_true',
        help="Show all launched subprocesses' output by overriding their output configuration "
        'using the OVERRIDE_LAUNCH_PROCESS_OUTPUT envvar.',
    )
    parser.add_argument(
        '--launch-prefix',
        help='Prefix command, which should go before all executables. Command must be wrapped in '
        "quotes if it contains spaces (e.g. --launch-prefix 'xterm -e gdb -ex run --args').",
    )
    parser.add_argument(
        '--launch-prefix-filter',
        help='Regex pattern for filtering which executables the --launch-prefix is applied to by '
        'matching the executable name.',
    )
    parser.add_argument(
        'package_name', help='Name of the ROS package which contains the launch file, or a path'
    )
    parser.add_argument('launch_file_name', nargs='?', help='Name of the launch file')
    parser.add_argument(
        'launch_arguments',
        nargs='*',
        help="Arguments to the launch file; '<name>:=<value>' (for duplicates, last one wins)",
    )
    parser.set_defaults(main=_main)


def _main(args: argparse.Namespace) -> int | str:
    words = [word for word in (args.launch_file_name, *args.launch_arguments) if word]
    if os.path.exists(args.package_name):
        path = args.package_name
    else:
        if args.package_name.endswith('.py') or os.sep in args.package_name:
            return f"launch file '{args.package_name}' does not exist"
        file_name = words.pop(0) if words and ':=' not in words[0] else None
        path = find_launch_file(args.package_name, file_name)
    if args.launch_prefix is None and args.launch_prefix_filter is not None:
        return '--launch-prefix must be specified if --launch-prefix-filter is provided'
    if args.show_all_subprocesses_output:
        os.environ['OVERRIDE_LAUNCH_PROCESS_OUTPUT'] = 'both'
    return _launch(path, parse_launch_arguments(words), args)


def parse_launch_arguments(words: list[str]) -> dict[str, str]:
    """Names and values of launch arguments; of duplicates the last one wins.

    Raises:
        RuntimeError: A word is not of the form `<name>:=<value>`.
    """
    arguments = {}
    for word in words:
        name, separator, value = word.partition(':=')
        if not name or not separator or not value:
            raise RuntimeError(
                f"malformed launch argument '{word}', expected format '<name>:=<value>'"
            )
        arguments[name] = value
    return arguments


def _launch(path: str, arguments: dict[str, str], args: argparse.Namespace) -> int | str:
    from launch import LaunchIntrospector, LaunchService
    from launch.launch_description_sources import (
        InvalidLaunchFileError,
        get_launch_description_from_any_launch_file,
    )
    from launch.launch_service import CAUGHT

    try:
        description = get_launch_description_from_any_launch_file(path)
    except InvalidLaunchFileError as error:
        print(f'[ERROR] [launch]: {CAUGHT}{error}')
        if args.debug:
            traceback.print_exception(error.__cause__)
        return 1
    if args.print:
        print(LaunchIntrospector().format_launch_description(description))
        return 0
    if args.show_args:
        print(describe_arguments(description))
        return 0
    message = unknown_argument(description, arguments)
    if message is not None:
        return message
    if args.launch_prefix:
        arguments['launch-prefix'] = args.launch_prefix
    if args.launch_prefix_filter:
        arguments['launch-prefix-filter'] = args.launch_prefix_filter
    service = LaunchService(
        argv=[f'{name}:={value}' for name, value in arguments.items()],
        noninteractive=args.noninteractive,
        debug=args.debug,
    )
    service.include_launch_description(_inclusion(path, description, arguments))
    return service.run()


def _inclusion(
    path: str, description: LaunchDescription, arguments: dict[str, str]
) -> LaunchDescription:
    from launch import LaunchDescription, LaunchDescriptionSource
    from launch.actions import IncludeLaunchDescription

    source = LaunchDescriptionSource(description, path, 'launch file of the command line')
    return LaunchDescription([IncludeLaunchDescription(source, launch_arguments=arguments.items())])


def describe_arguments(description: LaunchDescription) -> str:
    """Text about the launch arguments, as `--show-args` prints it."""
    from launch.utilities import describe_substitutions

    lines = ["Arguments (pass arguments as '<name>:=<value>'):"]
    arguments = description.get_launch_arguments()
    for argument in arguments:
        mark = '*' if argument._conditionally_included else ''
        lines += ['', f"    '{argument.name}':{mark}", f'        {argument.description}']
        if argument.default_value is not None:
            lines.append(f'        (default: {describe_substitutions(argument.default_value)})')
    if not arguments:
        lines += ['', '  No arguments.']
    if any(argument._conditionally_included for argument in arguments):
        lines += ['', '* argument(s) which are only used if specific conditions occur']
    return '\n'.join(lines)


def unknown_argument(description: LaunchDescription, arguments: dict[str, str]) -> str | None:
    """Error message about an argument that the launch file does not have.

    Returns:
        None if all are known, or if they cannot be known before launching because the
        file includes others whose location is only known then.
    """
    known = [argument.name for argument in description.get_launch_arguments()]
    for name in arguments:
        if name in known or name in _COMMON_ARGUMENTS:
            continue
        if _is_fully_described(description):
            return f"unknown launch argument '{name}'{near_matches(name, known)}"
    return None


def _is_fully_described(entity: LaunchDescriptionEntity) -> bool:
    from launch.actions import IncludeLaunchDescription

    below = list(entity.describe_sub_entities())
    for _, sub_entities in entity.describe_conditional_sub_entities():
        below += sub_entities
    if isinstance(entity, IncludeLaunchDescription) and not below:
        return False
    return all(_is_fully_described(sub_entity) for sub_entity in below)
