"""Message types of topics, as the verbs of `ros2 topic` find them."""

from __future__ import annotations

import argparse
from typing import Any

import rclpy
from rclpy.node import Node
from ros2cli.node import types_of, wait_until
from rosidl_runtime_py.utilities import get_message


def message_class(name: str) -> Any:
    """Class of a message type.

    Raises:
        RuntimeError: There is no such type.
    """
    try:
        return get_message(name)
    except (AttributeError, LookupError, ModuleNotFoundError, ValueError) as error:
        raise RuntimeError(f"The passed message type '{name}' is invalid: {error}") from error


def topic_class(node: Node, topic: str, timeout: float) -> Any:
    """Class of the messages on a topic, None if the topic does not appear.

    Args:
        node: Node that looks.
        topic: Name of the topic.
        timeout: Time to wait for the topic [s].

    Raises:
        RuntimeError: The name is invalid, or the topic has several types, or an unknown one.
    """
    try:
        name = node.resolve_topic_name(topic)
    except ValueError as error:
        raise RuntimeError(str(error)) from error
    wait_until(lambda: bool(types_of(node.get_topic_names_and_types(), name)), timeout)
    types = types_of(node.get_topic_names_and_types(), name)
    if not types:
        return None
    if len(types) > 1:
        raise RuntimeError(
            f"Cannot echo topic '{topic}', as it contains more than one type: [{', '.join(types)}]"
        )
    return message_class(types[0])


def topic_class_when_published(node: Node, topic: str, args: argparse.Namespace) -> Any:
    """Class of the messages on a topic, however long it takes; None on shutdown."""
    found = topic_class(node, topic, args.spin_time)
    if found is None:
        print(f'WARNING: topic [{topic}] does not appear to be published yet')
    while found is None and rclpy.ok():
        found = topic_class(node, topic, 1.0)
    return found
