"""The topics of one robot: its inputs, its requests, and the answers to them."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from rosidl_runtime_py.utilities import get_message
from segue.msg import ActionChunk, ChunkRequest, Subtask
from std_msgs.msg import String

from policy_node.decode import DecodeError, decode, stamp_of
from policy_node.observation import ObservationBuffer, Sampled
from policy_node.parameters import PolicyParams
from policy_node.policy import Observation, PolicyError
from policy_node.server import Asked
from policy_node.subtasks import CurrentSubtask, View
from policy_node.tally import Tally
from segue_core.chunk import Chunk, ChunkError
from segue_core.contract import Contract, Input
from segue_core.ros_messages import (
    chunk_to_msg,
    error_msg,
    request_from_msg,
    time_to_msg,
    to_ns,
)
from segue_core.ros_node import LATCHED_QOS, under

RELIABLE = QoSProfile(depth=10)
INPUT_QOS = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)
"""As sensors publish, but twice as deep: a moment without CPU must not lose the samples that the
requests of that moment are about. Deeper, a machine that is too slow would only see the past."""


class RobotPort:
    """Answers each `ChunkRequest` on ``chunk_request`` with an `ActionChunk` on ``action_chunk``.

    A request waits here until the samples of its instant are there, then ``ready`` is called. Text
    on ``task`` replaces the prompt. What the robot pursues is latched on ``subtask``.

    Args:
        node: Owner of the topics.
        robot: Namespace of the topics; empty for the node's own. A topic of the contract that
            starts with a slash is the same for all robots.
        contract: What is observed.
        params: Parameters as they are now.
        tally: Told of each request and answer.
        ready: Told of each request whose samples are there.
    """

    def __init__(self, node: Node, robot: str, contract: Contract,
                 params: Callable[[], PolicyParams], tally: Tally,
                 ready: Callable[[ReadyRequest], None]) -> None:
        self.robot = robot
        self.task = ''
        self.observations = ObservationBuffer(contract.inputs, decode,
                                              round(params().max_observation_age * 1e9))
        self._node, self._log, self._params = node, node.get_logger(), params
        self._tally, self._ready = tally, ready
        self._pending: tuple[ChunkRequest, int] | None = None
        self._newest: ChunkRequest | None = None
        self._listening: Subscription | None = None
        self._tasks: Publisher | None = None
        self._chunks = node.create_publisher(ActionChunk, self._under('action_chunk'), RELIABLE)
        self._subtasks = node.create_publisher(Subtask, self._under('subtask'), LATCHED_QOS)
        node.create_subscription(String, self._under('task'), self._on_task, LATCHED_QOS)
        self._inputs = {i.name: node.create_subscription(
            get_message(i.type), self._under(i.topic), partial(self._on_sample, i),
            LATCHED_QOS if i.latched else INPUT_QOS) for i in contract.inputs}

    @property
    def unseen(self) -> list[str]:
        """Topics that the policy needs and nobody publishes."""
        return [self._under(i.topic) for i in self.observations.inputs
                if not self._inputs[i.name].get_publisher_count()]

    @property
    def listening(self) -> bool:
        """Whether requests are taken."""
        return self._listening is not None

    @property
    def session_id(self) -> str:
        """Session that asked last; empty before the first."""
        return self._newest.session_id if self._newest else ''

    def view(self) -> View | None:
        """What the session that asked last sees now; None while something is missing."""
        msg, stamp_ns = self._newest, self.observations.newest_ns
        if msg is None or not self.listening:
            return None
        sampled = self.observations.sample(stamp_ns, to_ns(msg.session_start))
        if sampled.missing:
            return None
        return View(stamp_ns, lambda: Observation(
            stamp_ns, msg.timestep, self.prompt(msg), self.observations.features(sampled),
            msg.session_id))

    def listen(self) -> None:
        """Take requests; a bridge sees the subscription and begins to ask."""
        self._listening = self._node.create_subscription(
            ChunkRequest, self._under('chunk_request'), self._on_request, RELIABLE)
        self._log.info(f'{self.robot}: ready' if self.robot else 'ready')

    def stop(self, reason: str) -> None:
        """Take no more requests, and refuse the one that waits."""
        if self._listening is not None:
            self._node.destroy_subscription(self._listening)
            self._listening = None
        if self._pending is not None:
            self.refuse(self._pending[0], reason)
            self._pending = None

    def dispatch(self) -> None:
        """Pass the waiting request on if its samples are there, refuse it if it waited too long."""
        if self._pending is None:
            return
        msg, received_ns = self._pending
        sampled = self.observations.sample(to_ns(msg.header.stamp), to_ns(msg.session_start))
        waited = (time.monotonic_ns() - received_ns) / 1e9
        if not sampled.missing:
            self._pending = None
            self._ready(ReadyRequest(self, msg, sampled, received_ns + to_ns(msg.deadline)))
        elif sampled.hopeless or waited > self._params().observation_timeout:
            self._pending = None
            self.refuse(msg, f'no observation after {waited:.1f} s: ' + '; '.join(sampled.missing))

    def instruct(self, prompt: str) -> None:
        """Take a prompt, and tell it on ``task``: logs and bags listen there."""
        self.task = prompt
        if self._tasks is None:
            self._tasks = self._node.create_publisher(String, self._under('task'), LATCHED_QOS)
        self._tasks.publish(String(data=prompt))

    def instruct_later(self, prompt: str) -> None:
        """As `instruct`, on the node's executor; from any thread."""
        if executor := self._node.executor:
            executor.create_task(self.instruct, prompt)

    def replaced(self) -> None:
        """A newer request made one useless before it was inferred; its bridge gave it up."""
        self._tally.replaced(self.robot)

    def prompt(self, msg: ChunkRequest) -> str:
        """Instruction that a request is inferred with."""
        return self.task or msg.task or self._params().prompt

    def answer(self, msg: ChunkRequest, answer: Chunk | Exception) -> None:
        """Answer a request; an error that nobody foresaw is also told in full."""
        if isinstance(answer, Chunk):
            self._tally.answered(self.robot)
            self._publish(chunk_to_msg(answer))
        elif isinstance(answer, (PolicyError, ChunkError, DecodeError)):
            self.refuse(msg, str(answer))
        else:
            self._log.error(''.join(traceback.format_exception(answer)))
            self.refuse(msg, f'{type(answer).__name__}: {answer}')

    def refuse(self, msg: ChunkRequest, reason: str) -> None:
        """Answer with an error."""
        self._tally.refused(self.robot, reason)
        self._log.warning(f'request {msg.request_id} of {msg.session_id}: {reason}',
                          throttle_duration_sec=2.0)
        self._publish(error_msg(msg, reason))

    def tell(self, session_id: str, new: CurrentSubtask) -> None:
        """Publish what a session pursues from now on."""
        msg = Subtask(session_id=session_id, prompt=new.prompt, text=new.text,
                      tokens=list(new.tokens), refresh_count=new.refresh_count,
                      provenance=int(new.provenance))
        msg.header.stamp = time_to_msg(new.stamp_ns)
        if self._node.context.ok():
            self._subtasks.publish(msg)

    def _publish(self, msg: ActionChunk) -> None:
        """Publish, unless the node is being shut down."""
        if self._node.context.ok():
            self._chunks.publish(msg)

    def _on_sample(self, i: Input, msg: Any) -> None:
        self.observations.add(i.name, stamp_of(msg), msg)
        self.dispatch()

    def _on_task(self, msg: String) -> None:
        if self._tasks is not None and msg.data != self.task:   # ours must not stay latched
            self._node.destroy_publisher(self._tasks)
            self._tasks = None
        self.task = msg.data
        self._log.info(f'{self.robot} task: {msg.data!r}'.lstrip())

    def _on_request(self, msg: ChunkRequest) -> None:
        self._tally.asked(self.robot)
        if self._pending is not None:
            self.replaced()
        self._newest, self._pending = msg, (msg, time.monotonic_ns())
        self.dispatch()

    def _under(self, topic: str) -> str:
        return under(self.robot, topic)


@dataclass(frozen=True, slots=True, eq=False)
class ReadyRequest:
    """A request whose samples are there; a `policy_node.inference.Job`.

    Attributes:
        port: Where it came from.
        msg: The request.
        sampled: Its samples, not decoded.
        expires_ns: From when on nobody waits for its answer [ns, steady clock].
    """

    port: RobotPort
    msg: ChunkRequest
    sampled: Sampled
    expires_ns: int

    def asked(self) -> Asked:
        """Decode the samples; on the inference thread, so that no robot's images delay others."""
        return Asked(request_from_msg(self.msg), self.port.observations.features(self.sampled),
                     self.port.prompt(self.msg))

    def answer(self, answer: Chunk | Exception) -> None:
        """Publish the answer."""
        self.port.answer(self.msg, answer)
