"""`ros2 run segue gateway`: policy_node with its gateway open."""

from __future__ import annotations

from functools import partial

from policy_node.gateway.parameters import OpenParams
from policy_node.node import PolicyNode
from segue_core.parameters import ParameterError
from segue_core.plugins import PluginError
from segue_core.ros_node import run


def main(args: list[str] | None = None) -> int:
    """Run policy_node."""
    return run(partial(PolicyNode, OpenParams), args, (ParameterError, PluginError))
