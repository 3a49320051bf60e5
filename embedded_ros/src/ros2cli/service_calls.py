"""Calls of the services that belong to a node."""

from __future__ import annotations

from typing import Any

import rclpy
from rclpy.node import Node

_TIMEOUT = 5.0  # [s]
_CHECK_PERIOD = 1.0  # [s]


def call(node: Node, service: Any, name: str, request: Any) -> Any:
    """Call a service and wait for the response, as long as the service is there.

    Args:
        node: Node that calls.
        service: Class of the service.
        name: Name of the service.
        request: The request.

    Raises:
        RuntimeError: The service does not exist or ends without an answer, or the call failed.
    """
    client = node.create_client(service, name)
    try:
        if not client.wait_for_service(timeout_sec=_TIMEOUT):
            raise RuntimeError(f"Wait for service timed out waiting for '{name}'")
        future = client.call_async(request)
        while not future.done():
            if not client.service_is_ready():
                raise RuntimeError(f"The service '{name}' ended without an answer")
            rclpy.spin_until_future_complete(node, future, timeout_sec=_CHECK_PERIOD)
        if future.result() is None:
            raise RuntimeError(f"Exception while calling service '{name}': {future.exception()}")
        return future.result()
    finally:
        node.destroy_client(client)
