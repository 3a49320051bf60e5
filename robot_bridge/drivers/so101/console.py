"""What the SO101's tools share: arguments, questions, one line for an error."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from robot_bridge.driver import DriverError
from robot_bridge.drivers.so101.parameters import Params


class Stopped(Exception):
    """The person who was asked is gone."""


def parser(description: str) -> argparse.ArgumentParser:
    """Arguments of a tool."""
    return argparse.ArgumentParser(description=description,
                                   formatter_class=argparse.ArgumentDefaultsHelpFormatter)


def add_port(of: argparse.ArgumentParser) -> None:
    """The serial port, as an argument."""
    of.add_argument('--port', default=Params().port, help='serial port of the arm')
    of.add_argument('--reply-timeout', type=float, default=Params().reply_timeout,
                    help='how long a reply of a servo may take [s]')


def say(text: str) -> None:
    """Print at once, also into a pipe."""
    print(text, flush=True)


def wait_for_enter(question: str) -> None:
    """Ask, and wait until Enter is pressed.

    Raises:
        Stopped: The input has ended.
    """
    say(f'{question}, then press Enter ...')
    if not sys.stdin.readline():
        raise Stopped


def run(tool: Callable[[], None]) -> int:
    """Run a tool; return its exit code."""
    try:
        tool()
    except DriverError as error:
        print(f'error: {error}', file=sys.stderr, flush=True)
        return 1
    except (KeyboardInterrupt, Stopped):
        say('stopped')
        return 1
    return 0
