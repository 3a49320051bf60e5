"""Helpers to define commands with verbs, such as `ros2 topic list`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

Main = Callable[[argparse.Namespace], int | str | None]


class Verbs:
    """The verbs of a command."""

    def __init__(self, command: argparse.ArgumentParser) -> None:
        self._command = command
        self._verbs = command.add_subparsers(title='Verbs', metavar='verb')

    def add(self, name: str, text: str, main: Main) -> argparse.ArgumentParser:
        """Add a verb.

        Args:
            name: Name of the verb.
            text: What it does, for the user.
            main: Does it; returns an exit code, an error message, or None.

        Returns:
            The parser for its arguments.
        """
        parser = self._verbs.add_parser(name, help=text, description=text)
        parser.set_defaults(main=main, help_parser=parser)
        return parser

    def add_missing(self, *names: str) -> None:
        """Add verbs of ROS 2 that embedded ROS does not have; using one is an error."""
        for name in names:
            parser = self._verbs.add_parser(name)
            parser.add_argument('rest', nargs=argparse.REMAINDER)
            parser.set_defaults(main=_refusal(f'{self._command.prog} {name}'))


def positive_int(text: str) -> int:
    """Type of arguments that are whole numbers from 1.

    Raises:
        argparse.ArgumentTypeError: The text is something else.
    """
    return _number(text, int, 'a positive integer', lambda value: value > 0)


def nonnegative_int(text: str) -> int:
    """Type of arguments that are whole numbers from 0.

    Raises:
        argparse.ArgumentTypeError: The text is something else.
    """
    return _number(text, int, 'zero or a positive integer', lambda value: value >= 0)


def positive_float(text: str) -> float:
    """Type of arguments that are numbers above 0.

    Raises:
        argparse.ArgumentTypeError: The text is something else.
    """
    return _number(text, float, 'a positive number', lambda value: value > 0)


def nonnegative_float(text: str) -> float:
    """Type of arguments that are numbers from 0.

    Raises:
        argparse.ArgumentTypeError: The text is something else.
    """
    return _number(text, float, 'zero or a positive number', lambda value: value >= 0)


def _number(text: str, kind: Any, wanted: str, accepts: Callable[[Any], bool]) -> Any:
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not accepts(value):
        raise argparse.ArgumentTypeError(f"value must be {wanted}, got '{text}'")
    return value


def _refusal(command: str) -> Main:
    def main(args: argparse.Namespace) -> None:
        raise NotImplementedError(f'{command} is not part of embedded ROS')

    return main
