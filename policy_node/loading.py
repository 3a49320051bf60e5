"""What policy_node has loaded: in its log, and latched on ``policy_status`` for bridges."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import uuid4

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from rclpy.node import Node

from policy_node.policy import PolicyConfig
from policy_node.server import PolicyServer
from segue_core.ros_node import LATCHED_QOS

TOLD = ('policy', 'config', 'checkpoint', 'device')


class LoadingStatus:
    """Publishes ``policy_status``: OK when a policy is loaded, WARN without, ERROR after a failure.

    Its values are the configuration that is loaded; ``loading`` is the policy that is being loaded
    and ``instance`` differs for each start of the node.

    Args:
        node: Owner of the publishers.
        robots: Namespaces of the bridges that it is told to; empty for the node's own.
    """

    def __init__(self, node: Node, robots: Sequence[str]) -> None:
        self._log, self._context = node.get_logger(), node.context
        self._name, self._instance = node.get_fully_qualified_name(), uuid4().hex
        self._publishers = [node.create_publisher(
            DiagnosticStatus, f'{robot}/policy_status' if robot else 'policy_status', LATCHED_QOS)
            for robot in robots]

    @contextmanager
    def of(self, config: PolicyConfig, server: PolicyServer) -> Iterator[None]:
        """Tell that a policy is being loaded, and what came of it."""
        began = time.monotonic()
        self._log.info(f'loading policy {config.policy!r} ...')
        self.tell(server, loading=config.policy)
        try:
            yield
        except Exception as error:
            self.tell(server, failure=f'{config.policy!r} was not loaded: {error}')
            raise
        if server.policy:
            m = server.policy.metadata
            self._log.info(f'loaded {m.name} in {time.monotonic() - began:.1f} s: {m.horizon} rows '
                           f'of {len(m.action_names)} columns ({" ".join(m.action_names)})')
        self.tell(server)

    def tell(self, server: PolicyServer, *, loading: str = '', failure: str = '') -> None:
        """Publish.

        Args:
            server: What it has loaded.
            loading: Policy that is being loaded; empty for none.
            failure: Why the last one could not be loaded; empty if it could.
        """
        if not self._context.ok():      # the node is being shut down
            return
        policy, config = server.policy, server.config
        text = f'{policy.metadata.name} is loaded' if policy else 'no policy is loaded'
        values = {'instance': self._instance, 'loading': loading,
                  **{name: getattr(config, name) if policy else '' for name in TOLD},
                  'horizon': str(policy.metadata.horizon if policy else 0)}
        msg = DiagnosticStatus(
            level=DiagnosticStatus.ERROR if failure else
            DiagnosticStatus.OK if policy else DiagnosticStatus.WARN,
            name=self._name, message='; '.join(filter(None, (
                failure, f'loading {loading!r}' if loading else '', text))),
            values=[KeyValue(key=k, value=v) for k, v in values.items()])
        for publisher in self._publishers:
            publisher.publish(msg)
        if not (policy or loading or failure):
            self._log.info('no policy is loaded yet; waiting for ~/load_policy')
