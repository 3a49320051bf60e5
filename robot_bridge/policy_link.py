"""The topics between bridge and policy_node."""

from __future__ import annotations

import time
from collections.abc import Callable

from rclpy.node import Node
from rclpy.qos import QoSProfile
from segue.msg import ActionChunk, ChunkRequest

from robot_bridge.control_loop import ControlLoop
from segue_core.answering import Answering
from segue_core.chunk import ChunkError, Request
from segue_core.ros_messages import chunk_from_msg, request_to_msg

RELIABLE = QoSProfile(depth=10)


class PolicyLink:
    """Asks on ``chunk_request``, listens on ``action_chunk``, and sees policies come and go.

    Args:
        node: Owner.
        loop: The control loop that chunks are for; None while there is none.
    """

    def __init__(self, node: Node, loop: Callable[[], ControlLoop | None]) -> None:
        self._node, self._log, self._loop = node, node.get_logger(), loop
        self._policies = 0
        self._requests = node.create_publisher(ChunkRequest, 'chunk_request', RELIABLE)
        self._chunks = node.create_subscription(ActionChunk, 'action_chunk', self._on_chunk,
                                                RELIABLE)
        self._answering = Answering(node, self._requests, self._chunks.topic_name)

    @property
    def heard(self) -> bool:
        """Whether a policy listens to requests now."""
        return bool(self._answering.nodes())

    def ask(self, request: Request) -> None:
        """Send a request."""
        self._requests.publish(request_to_msg(request))

    def watch(self, loop: ControlLoop, lockstep: bool) -> bool:
        """Say when the policy comes or goes; without one the robot executes what is queued.

        Returns:
            Whether there is one.
        """
        before, self._policies = self._policies, len(self._answering.nodes())
        if self._policies > before:
            loop.policy_joined()
            self._log.info('policy_node is there')
        elif before and not self._policies:
            loop.policy_lost()
            what = ('the simulated world stands still' if lockstep else
                    f'after the {len(loop.stream.buffer)} actions that are queued')
            self._log.error(f'policy_node is gone: holding, {what}; start policy_node again to '
                            'go on')
        return self._policies > 0

    def _on_chunk(self, msg: ActionChunk) -> None:
        loop = self._loop()
        if loop is None or not loop.active:
            return
        now, stream = time.monotonic_ns(), loop.stream
        refused = stream.counters.refused_chunks
        try:
            loop.on_chunk(chunk_from_msg(msg), now)
        except ChunkError as error:
            stream.fail(msg.session_id, msg.request_id, str(error), now)
        if stream.counters.refused_chunks > refused:
            self._log.warning(f'no usable chunk: {stream.counters.last_refusal}',
                              throttle_duration_sec=2.0)
