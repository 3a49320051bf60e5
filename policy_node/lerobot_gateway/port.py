"""The way from one robot's clients to policy_node: the contract's topics, requests, answers."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from threading import Condition
from typing import Any

import numpy as np
from cv_bridge import CvBridge
from diagnostic_msgs.msg import DiagnosticStatus
from numpy.typing import NDArray
from rclpy.client import Client
from rclpy.node import Node
from rclpy.qos import QoSProfile, qos_profile_sensor_data
from segue.msg import ActionChunk, ChunkRequest
from segue.srv import LoadPolicy
from sensor_msgs.msg import CompressedImage, Image, JointState

from policy_node.lerobot_gateway.fitting import Sample
from policy_node.lerobot_gateway.session import Refused
from segue_core.answering import Answering
from segue_core.chunk import Chunk, ChunkError, Request
from segue_core.contract import COMPRESSED_IMAGE, IMAGE, JOINT_STATE, Contract
from segue_core.ros_messages import chunk_from_msg, request_to_msg, time_to_msg
from segue_core.ros_node import LATCHED_QOS, under

RELIABLE = QoSProfile(depth=10)
TYPES = {IMAGE: (Image, qos_profile_sensor_data),
         COMPRESSED_IMAGE: (CompressedImage, qos_profile_sensor_data),
         JOINT_STATE: (JointState, RELIABLE)}
LEROBOT = 'lerobot'
"""Policy of policy_node that loads what LeRobot's clients name."""
ENDING = 'the gateway is being ended'


class RosPolicyPort:
    """A `policy_node.lerobot_gateway.service.PolicyPort` over topics.

    Args:
        node: Owner of the topics; calls `poll` again and again.
        robot: Namespace of the topics; empty for the node's own.
        contract: What is published, all of it of `TYPES`.
    """

    def __init__(self, node: Node, robot: str, contract: Contract) -> None:
        self._node = node
        self._pictures = CvBridge()
        self._changed = Condition()
        self._stamp_ns = 0
        self._status: DiagnosticStatus | None = None
        self._listens = self._closed = False
        self._asked: tuple[tuple[str, int], Future[Chunk]] | None = None
        self._load: LoadPolicy.Request | None = None
        self._loading: Future[Any] = Future()
        self._loader: Client | None = None
        self._service = ''
        self._topics = {i.topic: node.create_publisher(TYPES[i.type][0], under(robot, i.topic),
                                                       TYPES[i.type][1]) for i in contract.inputs}
        self._requests = node.create_publisher(ChunkRequest, under(robot, 'chunk_request'),
                                               RELIABLE)
        chunks = node.create_subscription(ActionChunk, under(robot, 'action_chunk'), self._on_chunk,
                                          RELIABLE)
        node.create_subscription(DiagnosticStatus, under(robot, 'policy_status'), self._on_status,
                                 LATCHED_QOS)
        self._answering = Answering(node, self._requests, chunks.topic_name)

    # ---- on any thread ----
    def now_ns(self) -> int:
        """An instant after all that were given before [ns, ROS time]."""
        with self._changed:
            self._stamp_ns = max(self._stamp_ns + 1, self._node.get_clock().now().nanoseconds)
            return self._stamp_ns

    def loaded(self) -> str:
        """What policy_node has loaded, for people."""
        values = self._values()
        return ' '.join(filter(None, (values.get('policy'), values.get('checkpoint')))) or 'nothing'

    def wait(self, seconds: float) -> None:
        """Wait until a policy_node with a policy listens.

        Raises:
            Refused: There is none in time.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._missing(), seconds)
            if missing := self._missing():
                raise Refused('FAILED_PRECONDITION', missing)

    def load(self, checkpoint: str, device: str, seconds: float) -> None:
        """Have policy_node load a LeRobot checkpoint, unless it has.

        Raises:
            Refused: It cannot, or not in time.
        """
        wanted = {'policy': LEROBOT, 'checkpoint': checkpoint, 'device': device}
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._status is not None, seconds)
            if self._status is None:
                raise Refused('FAILED_PRECONDITION', self._missing())
            if wanted.items() <= self._values().items():
                return
            if self._closed:
                raise Refused('UNAVAILABLE', ENDING)
            self._load, self._loading = LoadPolicy.Request(**wanted), Future()
            loading = self._loading
        try:
            answer = loading.result(seconds)
        except FutureTimeout as error:
            raise Refused('FAILED_PRECONDITION', f'policy_node did not load {checkpoint} within '
                          f'{seconds:g} s; see its log, and load_timeout of the gateway') from error
        if not answer.success:
            raise Refused('FAILED_PRECONDITION', f'policy_node did not load {checkpoint}: '
                          f'{answer.message}')

    def ask(self, sample: Sample, request: Request) -> Future[Chunk]:
        """Show what was seen and ask for a chunk; `ChunkError` in the future is the policy's.

        Raises:
            Refused: No policy_node listens.
        """
        answer: Future[Chunk] = Future()
        with self._changed:
            if self._closed or not self._node.context.ok():
                raise Refused('UNAVAILABLE', ENDING)
            if not self._listens:
                raise Refused('UNAVAILABLE', self._missing())
            self._asked = (request.session_id, request.request_id), answer
        stamp = time_to_msg(request.stamp_ns)
        for topic, joints in sample.joints.items():
            self._topics[topic].publish(_joint_state(joints, stamp))
        for topic, image in sample.images.items():
            self._topics[topic].publish(self._picture(topic, image, stamp))
        self._requests.publish(request_to_msg(request))
        return answer

    # ---- on the executor's ----
    def poll(self) -> None:
        """See whether a policy_node listens, and pass on what shall be loaded."""
        listens = bool(self._answering.nodes())
        with self._changed:
            gone, self._listens = self._listens and not listens, listens
            self._changed.notify_all()
        if gone and self._asked is not None:
            _fail(self._asked[1], Refused('UNAVAILABLE', self._missing()))
        if self._load is not None and self._loader is not None \
                and self._loader.service_is_ready():
            request, loading, self._load = self._load, self._loading, None
            self._loader.call_async(request).add_done_callback(
                lambda future: _settle(loading, future.result()))

    def close(self) -> None:
        """End every wait."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            _fail(self._loading, Refused('UNAVAILABLE', ENDING))
            if self._asked is not None:
                _fail(self._asked[1], Refused('UNAVAILABLE', ENDING))

    def _on_chunk(self, msg: ActionChunk) -> None:
        with self._changed:
            if self._asked is None or self._asked[0] != (msg.session_id, msg.request_id):
                return      # the answer to something that nobody waits for any more
            answer = self._asked[1]
        try:
            chunk = chunk_from_msg(msg)
        except ChunkError as error:
            _fail(answer, error)
            return
        _settle(answer, chunk)

    def _on_status(self, msg: DiagnosticStatus) -> None:
        service = f'{msg.name}/load_policy'
        if service != self._service:
            if self._loader is not None:
                self._node.destroy_client(self._loader)
            self._loader = self._node.create_client(LoadPolicy, service)
            self._service = service
        with self._changed:
            self._status = msg
            self._changed.notify_all()

    def _values(self) -> Mapping[str, str]:
        return {v.key: v.value for v in self._status.values} if self._status else {}

    def _missing(self) -> str:
        """What is missing for answers; empty when nothing is."""
        if not self._listens:
            return (f'no policy_node listens on {self._requests.topic_name}: start one with the '
                    'contract and the robots of this gateway')
        if self._status is None or not self._values().get('policy'):
            return f'policy_node: {self._status.message if self._status else "no status yet"}'
        return ''

    def _picture(self, topic: str, image: NDArray[np.uint8], stamp: Any) -> Image | CompressedImage:
        if self._topics[topic].msg_type is Image:
            msg = self._pictures.cv2_to_imgmsg(np.ascontiguousarray(image), 'rgb8')
        else:
            msg = self._pictures.cv2_to_compressed_imgmsg(np.ascontiguousarray(image[..., ::-1]))
        msg.header.stamp = stamp
        return msg


def _joint_state(joints: Mapping[str, Mapping[str, float]], stamp: Any) -> JointState:
    """A message of what is known of some joints; what of others is known is nan for the rest."""
    quantities = {quantity for known in joints.values() for quantity in known}
    msg = JointState(name=list(joints), **{
        quantity: [known.get(quantity, float('nan')) for known in joints.values()]
        for quantity in quantities})
    msg.header.stamp = stamp
    return msg


def _settle(answer: Future[Any], result: Any) -> None:
    """Tell whoever waits, unless he has given up or knows."""
    with suppress(InvalidStateError):
        answer.set_result(result)


def _fail(answer: Future[Any], error: Exception) -> None:
    with suppress(InvalidStateError):
        answer.set_exception(error)
