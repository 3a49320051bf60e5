"""Matchers of nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from launch_ros.actions import Node


def matches_node_name(node_name: str) -> Callable[[Node], bool]:
    """Matcher of the node with a full name."""
    absolute = node_name if node_name.startswith('/') else f'/{node_name}'
    return lambda action: action.node_name == absolute
