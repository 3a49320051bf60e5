"""Calls of the services that belong to a node."""

from __future__ import annotations

from typing import Any

import rclpy
from rclpy.node import Node

_TIMEOUT = 5.0  # [s]


def call(node: Node, service: Any, name: str, request: Any, timeout: float = _TIMEOUT) -> Any:
    """Call a service and wait for the response.

    Args:
        node: Node that calls.
        service: Class of the service.
        name: Name of the service.
        request: The request.
        timeout: How long to wait for the service, and again for the response [s].

    Raises:
        RuntimeError: The service does not exist, does not answer, or the call failed.
    """
    client = node.create_client(service, name)
    try:
        if not client.wait_for_service(timeout_sec=timeout):
            raise RuntimeError(f"Wait for service timed out waiting for '{name}'")
        future = client.call_async(request)
        rclpy.spin_until_future_complete(node, future, timeout_sec=timeout)
        if not future.done():
            raise RuntimeError(f"The service '{name}' did not answer within {timeout:g} s")
        if future.result() is None:
            raise RuntimeError(f"Exception while calling service '{name}': {future.exception()}")
        return future.result()
    finally:
        node.destroy_client(client)
