"""`ros2 run`: run an executable of a package."""

from __future__ import annotations

import argparse
import shlex
import signal
import subprocess

from ament_index_python import PackageNotFoundError, get_packages_with_prefixes
from embedded_ros.child_end import end_with_this_process
from embedded_ros.executables import package_executables
from embedded_ros.near_matches import near_matches
from ros2cli import arguments
from ros2cli.arguments import argument


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    words = (
        argument('--prefix', help="Command to go before the executable (e.g. 'gdb --args')"),
        argument('package_name', help='Name of the ROS package'),
        argument('executable_name', help='Name of the executable'),
        argument('argv', nargs=argparse.REMAINDER, help='Arguments of the executable'),
    )
    arguments.add_arguments(parser, _main, words)


def _main(args: argparse.Namespace) -> int | str:
    try:
        executables = package_executables(args.package_name)
    except (PackageNotFoundError, ValueError):
        near = near_matches(args.package_name, get_packages_with_prefixes())
        return f"Package '{args.package_name}' not found{near}"
    if args.executable_name not in executables:
        near = near_matches(args.executable_name, executables)
        return f"No executable '{args.executable_name}' found in '{args.package_name}'{near}"
    prefix = shlex.split(args.prefix or '')
    return _run([*prefix, executables[args.executable_name], *args.argv])


def _run(command: list[str]) -> int:
    """Run a command to its end; Ctrl-C is for the command."""
    process = subprocess.Popen(command, preexec_fn=end_with_this_process())
    previous = signal.signal(signal.SIGTERM, lambda number, _: process.send_signal(number))
    while process.returncode is None:
        try:
            process.wait()
        except KeyboardInterrupt:
            continue
    signal.signal(signal.SIGTERM, previous)
    code = process.returncode
    if code < 0:
        print(f'[ros2run]: {signal.strsignal(-code)}')
    elif code > 0:
        print(f'[ros2run]: Process exited with failure {code}')
    return code
