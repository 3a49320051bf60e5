"""Arguments that the verbs of `ros2 bag` share."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from ros2cli.node import absolute_name


class _Refuse(argparse.Action):
    """An option of ROS 2 that embedded ROS does not have."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        raise NotImplementedError(f'{parser.prog} {option_string} is not part of embedded ROS')


def add_refused_arguments(parser: argparse.ArgumentParser, *names: str) -> None:
    """Add options of ROS 2 that are missing here; using one is an error that says so."""
    for name in names:
        parser.add_argument(name, nargs='*', action=_Refuse, help=argparse.SUPPRESS)


def add_overrides_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option that names a file with QoS profiles; see `read_overrides`."""
    parser.add_argument(
        '--qos-profile-overrides-path',
        metavar='FILE',
        help='Path to a yaml file defining overrides of the QoS profile for specific topics',
    )


def topic_list(names: Sequence[str]) -> list[str]:
    """Topics named on a command line, with a leading slash."""
    return [absolute_name(name) for name in names]
