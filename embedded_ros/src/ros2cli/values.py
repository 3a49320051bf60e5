"""Values of a message or request, given as YAML on the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

import yaml

from embedded_ros import yaml_text
from ros2cli.arguments import argument, flag
from rosidl_runtime_py import set_message_fields

VALUES = [
    argument('values', nargs='?', default='{}', help="Values in YAML format (e.g. '{a: 1, b: 2}')"),
    flag('--stdin', help='Read values from standard input'),
]


def fill(
    message: Any, args: argparse.Namespace, *, stamps: bool = False
) -> list[Callable[[Any], None]]:
    """Set the fields of a message to the values of a command line.

    Args:
        message: The message.
        args: The command line.
        stamps: Whether the values 'auto' and 'now' stand for the current time.

    Returns:
        Functions to call with the current time, for 'auto' and 'now'.

    Raises:
        RuntimeError: The values are no YAML dictionary, or do not fit the message.
    """
    try:
        values = yaml_text.load(sys.stdin.read() if args.stdin else args.values) or {}
    except yaml.YAMLError as error:
        raise RuntimeError(f'The passed value is not valid YAML: {error}') from error
    if not isinstance(values, dict):
        raise RuntimeError('The passed value needs to be a dictionary in YAML format')
    try:
        return set_message_fields(message, values, stamps, stamps)
    except (AssertionError, AttributeError, TypeError, ValueError) as error:
        raise RuntimeError(f'Failed to populate field: {error}') from error
