"""How the policy does: an entry on /diagnostics."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node
from rclpy.qos import QoSProfile

from segue_core.chunk import Chunk
from segue_core.ros_node import steady_timer

PERIOD = 1.0
"""Time between two entries [s]."""


class PolicyStatus:
    """Publishes ``/diagnostics``: ok after a chunk, an error after a refused request.

    It is told on the inference thread and on the executor's.

    Args:
        node: Owner of publisher and timer.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._policy = ''
        self._refusal = ''
        self._counts = {'chunks': 0, 'refused': 0}
        self._counting = Lock()
        self._times: Mapping[str, float] = {}
        self._publisher = node.create_publisher(DiagnosticArray, '/diagnostics',
                                                QoSProfile(depth=10))
        steady_timer(node, PERIOD, self._publish)

    def loaded(self, policy: str) -> None:
        """A policy was loaded."""
        self._policy, self._refusal = policy, ''

    def answered(self, chunk: Chunk, timings: Mapping[str, float]) -> None:
        """A request was answered with a chunk.

        Args:
            chunk: The chunk.
            timings: What the policy measured: name -> time [s].
        """
        self._count('chunks')
        self._refusal = ''
        self._times = {'inference_time': chunk.inference_ns / 1e9, **timings}

    def refused(self, reason: str) -> None:
        """A request was refused."""
        self._count('refused')
        self._refusal = reason

    def _count(self, what: str) -> None:
        with self._counting:
            self._counts[what] += 1

    def _publish(self) -> None:
        entry = DiagnosticStatus(
            level=DiagnosticStatus.ERROR if self._refusal else
            DiagnosticStatus.OK if self._policy else DiagnosticStatus.WARN,
            name=f'{self._node.get_fully_qualified_name().lstrip("/")}: policy',
            hardware_id=self._policy,
            message=self._refusal or ('ok' if self._policy else 'no policy is loaded'))
        values = {**{k: str(v) for k, v in self._counts.items()},
                  **{f'{k} [s]': f'{v:.4f}' for k, v in self._times.items()}}
        entry.values = [KeyValue(key=k, value=v) for k, v in values.items()]
        array = DiagnosticArray(status=[entry])
        array.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(array)
