"""Which nodes answer requests for chunks."""

from __future__ import annotations

import time

from rclpy.node import Node
from rclpy.publisher import Publisher

RECOUNT_NS = 200_000_000
"""How often they are counted anew when nothing seems to have changed [ns]."""


class Answering:
    """Nodes that listen to requests and publish chunks: recorders and loggers only listen.

    Args:
        node: Looks at the graph.
        requests: Publisher of the requests.
        chunks: Name of the topic of the answers.
    """

    def __init__(self, node: Node, requests: Publisher, chunks: str) -> None:
        self._node, self._requests, self._chunks = node, requests, chunks
        self._listeners = self._counted_ns = 0
        self._known: frozenset[tuple[str, str]] = frozenset()

    def nodes(self) -> frozenset[tuple[str, str]]:
        """Name and namespace of each."""
        listeners, now = self._requests.get_subscription_count(), time.monotonic_ns()
        if listeners != self._listeners or now - self._counted_ns > RECOUNT_NS:
            self._listeners, self._counted_ns = listeners, now
            listening, answering = (
                {(e.node_name, e.node_namespace) for e in found} for found in (
                    self._node.get_subscriptions_info_by_topic(self._requests.topic_name),
                    self._node.get_publishers_info_by_topic(self._chunks)))
            self._known = frozenset(listening & answering) if listeners else frozenset()
        return self._known
