"""Entry point of the `ros2` command."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Sequence

from ros2cli.near_matches import near_matches
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
ALIASES = {'wtf': 'doctor'}
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
        return _end_after_closed_pipe()
    except (NotImplementedError, RuntimeError, OSError, ValueError) as error:
        result = str(error)
    if isinstance(result, str):
        print(result, file=sys.stderr)
        return 1
    return result or 0


def _run(arguments: list[str]) -> int | str | None:
    position = next((i for i, word in enumerate(arguments) if not word.startswith('-')), None)
    name = None
    if position is not None:
        name = arguments[position] = ALIASES.get(arguments[position], arguments[position])
    if name in MISSING:
        raise NotImplementedError(
            f'ros2 {name} is not part of embedded ROS, which has: {", ".join(COMMANDS)}'
        )
    if name is not None and name not in COMMANDS:
        return f"ros2: unknown command '{name}'{near_matches(name, COMMANDS)}; try ros2 --help"
    parser = _parser(name)
    args = parser.parse_args(arguments)
    if not hasattr(args, 'main'):
        args.help_parser.print_help()
        return 0
    return args.main(args)


def _parser(called: str | None) -> argparse.ArgumentParser:
    """Parser with the arguments of the command that is called; of others just the name."""
    parser = argparse.ArgumentParser(
        prog='ros2',
        description='ros2 is an extensible command-line tool for ROS 2. This is the one of '
        'embedded ROS.',
    )
    parser.set_defaults(help_parser=parser)
    parser.add_argument(
        '--use-python-default-buffering',
        action='store_true',
        help='Accepted for compatibility; the output is line buffered',
    )
    commands = parser.add_subparsers(title='Commands', metavar='command')
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        if name == called:
            command.set_defaults(help_parser=command)
            importlib.import_module(f'ros2cli.command.{name}').add_arguments(command)
    return parser


def _end_after_closed_pipe() -> int:
    """Nobody reads the output any more, as after `| head`; this is no error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
