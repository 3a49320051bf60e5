"""Message types of topics, as the verbs of `ros2 topic` find them."""

from __future__ import annotations

from typing import Any

import rclpy
from embedded_ros.polling import wait_until
from rclpy.node import Node
from ros2cli.node import interface_class, types_of


def topic_class(node: Node, topic: str, timeout: float, *, blocking: bool = False) -> Any:
    """Class of the messages on a topic, None if the topic does not appear.

    Args:
        node: Node that looks.
        topic: Name of the topic.
        timeout: Time to wait for the topic before the user is told [s].
        blocking: Whether to wait on, until shutdown.

    Raises:
        RuntimeError: The name is invalid, or the topic has several types, or an unknown one.
    """
    try:
        name = node.resolve_topic_name(topic)
    except ValueError as error:
        raise RuntimeError(str(error)) from error

    def look() -> list[str]:
        return types_of(node.get_topic_names_and_types(), name)

    types = wait_until(look, timeout, rclpy.ok)
    if not types:
        print(f'WARNING: topic [{topic}] does not appear to be published yet')
        types = wait_until(look, None, rclpy.ok) if blocking else []
    if len(types) > 1:
        raise RuntimeError(
            f"Cannot echo topic '{topic}', as it contains more than one type: [{', '.join(types)}]"
        )
    return interface_class('message', types[0]) if types else None
