"""Entry point of the `ros2` command."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Sequence

from embedded_ros.near_matches import near_matches
from ros2cli.arguments import ignored
from ros2cli.real_ros import hand_over

COMMANDS = {
    'bag': 'Various rosbag related sub-commands',
    'doctor': 'Check what runs: middleware, domain, network',
    'interface': 'Show information about ROS interfaces',
    'launch': 'Run a launch file',
    'lifecycle': 'Various lifecycle related sub-commands',
    'node': 'Various node related sub-commands',
    'param': 'Various param related sub-commands',
    'pkg': 'Various package related sub-commands',
    'run': 'Run a package specific executable',
    'service': 'Various service related sub-commands',
    'topic': 'Various topic related sub-commands',
}
# Commands of a ROS 2 installation that embedded ROS does not have.
MISSING = ('action', 'component', 'control', 'daemon', 'multicast', 'plugin', 'security')


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    hand_over(arguments)
    if hasattr(sys.stdout, 'reconfigure'):
        sys.stdout.reconfigure(line_buffering=True)
    try:
        result = _run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return signal.SIGINT
    except BrokenPipeError:
        # Nobody reads the output any more, as after `| head`; this is no error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (RuntimeError, OSError, ValueError) as error:
        result = str(error)
    if isinstance(result, str):
        print(result, file=sys.stderr)
        return 1
    return result or 0


def _run(arguments: list[str]) -> int | str | None:
    name = next((word for word in arguments if not word.startswith('-')), None)
    if name in MISSING:
        return f'ros2 {name} is not part of embedded ROS, which has: {", ".join(COMMANDS)}'
    if name is not None and name not in COMMANDS:
        return f"ros2: unknown command '{name}'{near_matches(name, COMMANDS)}; try ros2 --help"
    args, unknown = _parser(name).parse_known_args(arguments)
    prog = args.command.prog
    if unknown:
        print(f'{prog}: embedded ROS has no {" ".join(unknown)}; see {prog} -h', file=sys.stderr)
        return 2
    if not hasattr(args, 'main'):
        args.command.print_help()
        return 0
    return args.main(args)


def _parser(called: str | None) -> argparse.ArgumentParser:
    """Parser with the arguments of the command that is called; of others just the name."""
    text = 'ros2 is an extensible command-line tool for ROS 2. This is the one of embedded ROS.'
    parser = argparse.ArgumentParser(prog='ros2', description=text)
    parser.set_defaults(command=parser)
    names, options = ignored('--use-python-default-buffering')
    parser.add_argument(*names, **options)
    commands = parser.add_subparsers(title='Commands', metavar='command')
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        if name == called:
            command.set_defaults(command=command)
            importlib.import_module(f'ros2cli.command.{name}').add_arguments(command)
    return parser
