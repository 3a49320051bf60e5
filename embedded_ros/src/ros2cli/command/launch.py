"""`ros2 launch`: run a launch file."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from typing import TYPE_CHECKING

from embedded_ros.near_matches import near_matches
from ros2cli import arguments
from ros2cli.arguments import argument, flag
from ros2cli.launch_files import find_launch_file

if TYPE_CHECKING:
    from launch import LaunchDescription

# Launch configurations that every launch file takes.
_COMMON_ARGUMENTS = (
    'emulate_tty', 'launch-prefix', 'launch-prefix-filter', 'sigkill_timeout', 'sigterm_timeout',
)
_ARGUMENTS = (
    flag('-n', '--noninteractive', help='Run without a terminal'),
    flag('-d', '--debug', help='Put the launch system in debug mode, with more output.'),
    flag('-s', '--show-args', '--show-arguments', help='Show arguments of the launch file.'),
    flag('-a', '--show-all-subprocesses-output', help="Show all launched subprocesses' output."),
    argument('--launch-prefix', help='Command to go before all executables'),
    argument('--launch-prefix-filter', help='Regex of the executables that get --launch-prefix'),
    argument('package_name', help='Package which contains the launch file, or its path'),
    argument('launch_file_name', nargs='?', help='Name of the launch file'),
    argument('launch_arguments', nargs='*', help="Arguments to the launch file; '<name>:=<value>'"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    arguments.add_arguments(parser, _main, _ARGUMENTS)


def _main(args: argparse.Namespace) -> int | str:
    words = [word for word in (args.launch_file_name, *args.launch_arguments) if word]
    path = args.package_name
    if not os.path.exists(path):
        if path.endswith('.py') or os.sep in path:
            return f"launch file '{path}' does not exist"
        file_name = words.pop(0) if words and ':=' not in words[0] else None
        path = find_launch_file(path, file_name)
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
    found = {}
    for word in words:
        name, separator, value = word.partition(':=')
        if not name or not separator or not value:
            raise RuntimeError(
                f"malformed launch argument '{word}', expected format '<name>:=<value>'"
            )
        found[name] = value
    return found


def _launch(path: str, values: dict[str, str], args: argparse.Namespace) -> int:
    from launch import LaunchDescription, LaunchDescriptionSource, LaunchService
    from launch.actions import IncludeLaunchDescription
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
    if args.show_args:
        print(describe_arguments(description))
        return 0
    _warn_of_unknown(values, description)
    for name in ('launch-prefix', 'launch-prefix-filter'):
        if prefix := getattr(args, name.replace('-', '_')):
            values[name] = prefix
    service = LaunchService(
        argv=[f'{name}:={value}' for name, value in values.items()],
        noninteractive=args.noninteractive or not sys.stdin.isatty(),
        debug=args.debug,
    )
    source = LaunchDescriptionSource(description, path, 'launch file of the command line')
    inclusion = IncludeLaunchDescription(source, launch_arguments=values.items())
    service.include_launch_description(LaunchDescription([inclusion]))
    return service.run()


def describe_arguments(description: LaunchDescription) -> str:
    """Text about the launch arguments, as `--show-args` prints it."""
    from launch.utilities import describe_substitutions

    lines = ["Arguments (pass arguments as '<name>:=<value>'):"]
    found = description.get_launch_arguments()
    for each in found:
        mark = '*' if each._conditionally_included else ''
        lines += ['', f"    '{each.name}':{mark}", f'        {each.description}']
        if each.default_value is not None:
            lines.append(f'        (default: {describe_substitutions(each.default_value)})')
    if not found:
        lines += ['', '  No arguments.']
    if any(each._conditionally_included for each in found):
        lines += ['', '* argument(s) which are only used if specific conditions occur']
    return '\n'.join(lines)


def _warn_of_unknown(values: dict[str, str], description: LaunchDescription) -> None:
    """Tell of arguments that may be mistyped; like in ROS 2 a launch file may read any."""
    known = [each.name for each in description.get_launch_arguments()]
    for name in values:
        if name not in known and name not in _COMMON_ARGUMENTS:
            near = near_matches(name, known)
            print(f"[WARNING] [launch]: '{name}' is no declared argument{near}", file=sys.stderr)
