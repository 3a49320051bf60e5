"""The `ros2` command of a ROS 2 installation, if one is sourced."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ament_index_python import has_resource


def real_command() -> str | None:
    """Path of the `ros2` of the sourced ROS 2 installation, None if there is none."""
    prefix = has_resource('packages', 'ros2cli')
    if not prefix:
        return None
    command = Path(prefix, 'bin', 'ros2')
    if not os.access(command, os.X_OK) or _is_this_program(command):
        return None
    return str(command)


def hand_over(arguments: Sequence[str]) -> None:
    """Become the `ros2` of the sourced ROS 2 installation; returns if there is none."""
    command = real_command()
    if command is not None:
        os.execv(command, [command, *arguments])


def _is_this_program(command: Path) -> bool:
    own = Path(sys.argv[0])
    return own.exists() and command.samefile(own)
