"""Command line arguments as values, and commands with verbs, such as `ros2 topic list`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

Main = Callable[[argparse.Namespace], 'int | str | None']


class Argument(NamedTuple):
    """Names and options for `ArgumentParser.add_argument`."""

    names: tuple[str, ...]
    options: dict[str, Any]


def argument(*names: str, **options: Any) -> Argument:
    """An argument with a value; see `ArgumentParser.add_argument`."""
    return Argument(names, options)


def flag(*names: str, **options: Any) -> Argument:
    """An option without a value."""
    return Argument(names, {'action': 'store_true', **options})


def ignored(*names: str) -> Argument:
    """An option of ROS 2, without a value, that means nothing here."""
    return flag(*names, help='Accepted for compatibility')


def add_arguments(
    parser: argparse.ArgumentParser, main: Main, arguments: Iterable[Argument | list[Argument]]
) -> None:
    """Define what a command does, and what it takes.

    Args:
        parser: Parser of the command.
        main: Does it; returns an exit code, an error message, or None.
        arguments: What it takes; those in a list exclude each other.
    """
    for item in arguments:
        exclude_each_other = isinstance(item, list)
        group = parser.add_mutually_exclusive_group() if exclude_each_other else parser
        for names, options in item if exclude_each_other else [item]:
            group.add_argument(*names, **options)
    parser.set_defaults(main=main, command=parser)


class Verbs:
    """The verbs of a command."""

    def __init__(self, *missing: str) -> None:
        """Make a command without verbs.

        Args:
            missing: Verbs of ROS 2 that embedded ROS does not have; using one is an error.
        """
        self._verbs = [
            (name, None, _refuse, (argument('rest', nargs=argparse.REMAINDER),)) for name in missing
        ]

    def add(
        self, name: str, text: str, *arguments: Argument | list[Argument]
    ) -> Callable[[Main], Main]:
        """Make a function a verb; see `add_arguments` for what it takes."""

        def register(main: Main) -> Main:
            self._verbs.append((name, text, main, arguments))
            return main

        return register

    def add_arguments(self, command: argparse.ArgumentParser) -> None:
        """Add the verbs to the parser of their command."""
        parsers = command.add_subparsers(title='Verbs', metavar='verb')
        for name, text, main, arguments in sorted(self._verbs, key=lambda verb: verb[0]):
            help_text = {'help': text} if text else {}
            parser = parsers.add_parser(name, description=text, **help_text)
            add_arguments(parser, main, arguments)


def _refuse(args: argparse.Namespace) -> str:
    return f'{args.command.prog} is not part of embedded ROS'


def _number(kind: type, wanted: str, accepts: Callable[[Any], bool]) -> Callable[[str], Any]:
    """Type of arguments that are numbers of some kind."""

    def convert(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not accepts(value):
            raise argparse.ArgumentTypeError(f"value must be {wanted}, got '{text}'")
        return value

    return convert


positive_int = _number(int, 'a positive integer', lambda value: value > 0)
nonnegative_int = _number(int, 'zero or a positive integer', lambda value: value >= 0)
positive_float = _number(float, 'a positive number', lambda value: value > 0)
nonnegative_float = _number(float, 'zero or a positive number', lambda value: value >= 0)

SPIN_TIME = 3.0  # [s] that discovery is given at most
# Arguments of all verbs that look at the graph.
NODE_ARGUMENTS = (
    argument(
        '--spin-time',
        type=float,
        default=SPIN_TIME,
        help=f'Most time to wait for discovery [s], default {SPIN_TIME}; less if nothing is new',
    ),
    flag('-s', '--use-sim-time', help='Enable ROS simulation time'),
    ignored('--no-daemon'),
)
HIDDEN_NODES = flag('--include-hidden-nodes', help='Consider hidden nodes as well')
