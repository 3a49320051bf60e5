"""ROS shell of the policy: observations and requests in, action chunks out.

A request waits in `_pending` until the samples of its instant are there; then it is inferred on the
one inference thread, while observations keep arriving on the executor's.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

from rclpy.lifecycle import LifecycleNode, State, TransitionCallbackReturn
from rclpy.qos import QoSProfile, qos_profile_sensor_data
from rclpy.subscription import Subscription
from rclpy.task import Future
from rclpy.timer import Timer
from rosidl_runtime_py.utilities import get_message
from segue.msg import ActionChunk, ChunkRequest
from segue.srv import Infer, LoadPolicy
from std_msgs.msg import String

from policy_node.decode import DecodeError, decode, stamp_of
from policy_node.loading import LoadingStatus
from policy_node.observation import ObservationBuffer
from policy_node.parameters import PolicyParams
from policy_node.policy import PolicyConfig, PolicyError
from policy_node.server import GROUP, PolicyServer, changed
from policy_node.status import PolicyStatus
from segue_core.chunk import ChunkError
from segue_core.contract import Input
from segue_core.parameters import ParameterError
from segue_core.plugins import PluginError, load_plugin, plugin_names
from segue_core.ros_messages import chunk_to_msg, error_msg, request_from_msg, time_to_msg, to_ns
from segue_core.ros_node import LATCHED_QOS, autostart, run, steady_timer
from segue_core.ros_parameters import ParameterTables

RELIABLE = QoSProfile(depth=10)
RECHECK_PERIOD = 0.05
"""How often a waiting request is checked for its timeout [s]."""


class PolicyNode(LifecycleNode):
    """Answers each `ChunkRequest` on ``chunk_request`` with an `ActionChunk` on ``action_chunk``.

    Services: ``~/load_policy``, ``~/infer``. Text on ``task`` replaces the prompt.
    """

    def __init__(self) -> None:
        super().__init__('policy_node', automatically_declare_parameters_from_overrides=True)
        self._tables = tables = ParameterTables(self)
        self._params = tables.declare(PolicyParams, on_change=self._on_params)
        self._contract = tables.declare_contract()
        self._server, self._loading = PolicyServer(self._config()), LoadingStatus(self)
        tables.refuse_unknown(tuple(f'{name}.' for name in plugin_names(GROUP)
                                    if name != self._params.policy))
        self._observations = ObservationBuffer(self._contract.inputs, decode,
                                               round(self._params.max_observation_age * 1e9))
        self._pending: dict[str, tuple[ChunkRequest, float]] = {}
        self._task = ''
        self._waiting: Timer | None = None
        self._listening: Subscription | None = None
        self._inference = ThreadPoolExecutor(1, thread_name_prefix='inference')
        self._chunks = self.create_publisher(ActionChunk, 'action_chunk', RELIABLE)
        self.create_subscription(String, 'task', self._on_task, LATCHED_QOS)
        for i in self._contract.inputs:
            self.create_subscription(get_message(i.type), i.topic, partial(self._on_sample, i),
                                     LATCHED_QOS if i.latched else qos_profile_sensor_data)
        self.create_service(LoadPolicy, '~/load_policy', self._on_load)
        self.create_service(Infer, '~/infer', self._on_infer)
        steady_timer(self, RECHECK_PERIOD, self._dispatch)
        self._status = PolicyStatus(self)
        if self._params.autostart:
            autostart(self)

    # ---- lifecycle ----
    def on_configure(self, state: State) -> TransitionCallbackReturn:
        """Load the policy that the parameters name, or stay idle without one."""
        if not self._params.policy:
            self._loading.tell(self._server)
            return TransitionCallbackReturn.SUCCESS
        try:
            self._load(self._server.config)
        except PolicyError as error:
            self.get_logger().error(str(error))
            return TransitionCallbackReturn.FAILURE
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: State) -> TransitionCallbackReturn:
        """Listen to requests as soon as somebody publishes each input that the policy needs."""
        self._waiting = steady_timer(self, RECHECK_PERIOD, self._listen_when_seeing)
        return super().on_activate(state)

    def on_deactivate(self, state: State) -> TransitionCallbackReturn:
        """Refuse what waits and stop listening."""
        self._stop_listening()
        return super().on_deactivate(state)

    def on_cleanup(self, state: State) -> TransitionCallbackReturn:
        """Unload the policy, after the inference that runs."""
        self._inference.submit(self._server.close)
        self._server = PolicyServer(self._config())
        self._loading.tell(self._server)
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: State) -> TransitionCallbackReturn:
        """Stop answering."""
        self._stop_listening()
        return TransitionCallbackReturn.SUCCESS

    def close(self) -> None:
        """Wait for the inference that runs, drop the others."""
        self._stop_listening()
        self._inference.shutdown(wait=True, cancel_futures=True)
        self._server.close()

    def _listen_when_seeing(self) -> None:
        """Begin to listen; a bridge sees the subscription and begins to ask.

        Samples that were published before their publisher was discovered are lost, so nothing is
        listened to until all publishers are known.
        """
        unseen = [i.topic for i in self._observations.inputs if not self.count_publishers(i.topic)]
        if unseen:
            self.get_logger().info(f'waiting for a publisher of {", ".join(unseen)}',
                                   throttle_duration_sec=5.0)
            return
        self._stop_waiting()
        self._listening = self.create_subscription(ChunkRequest, 'chunk_request',
                                                   self._on_request, RELIABLE)
        self.get_logger().info('ready')

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self.destroy_timer(self._waiting)
            self._waiting = None

    def _stop_listening(self) -> None:
        self._stop_waiting()
        if self._listening is not None:
            self.destroy_subscription(self._listening)
            self._listening = None
        for msg, _ in self._pending.values():
            self._refuse(msg, 'policy_node was deactivated')
        self._pending.clear()

    # ---- observations and requests ----
    def _on_sample(self, i: Input, msg: Any) -> None:
        self._observations.add(i.name, stamp_of(msg), msg)
        if self._pending:
            self._dispatch()

    def _on_task(self, msg: String) -> None:
        self._task = msg.data
        self.get_logger().info(f'task: {msg.data!r}')

    def _on_request(self, msg: ChunkRequest) -> None:
        self._pending[msg.session_id] = msg, time.monotonic()
        self._dispatch()

    def _dispatch(self) -> None:
        """Infer the waiting requests whose samples are there, refuse those that waited too long."""
        for session_id, (msg, received) in list(self._pending.items()):
            waited = time.monotonic() - received
            try:
                sampled = self._observations.sample(to_ns(msg.header.stamp),
                                                    to_ns(msg.session_start))
            except DecodeError as error:
                del self._pending[session_id]
                self._refuse(msg, str(error))
                continue
            if not sampled.missing:
                del self._pending[session_id]
                self._inference.submit(self._answer, msg, received, sampled.features)
            elif sampled.hopeless or waited > self._params.observation_timeout:
                del self._pending[session_id]
                self._refuse(msg, f'no observation after {waited:.1f} s: '
                             + '; '.join(sampled.missing))

    def _refuse(self, msg: ChunkRequest, reason: str) -> None:
        self.get_logger().warning(f'request {msg.request_id} of {msg.session_id}: {reason}',
                                  throttle_duration_sec=2.0)
        self._status.refused(reason)
        self._send(error_msg(msg, reason))

    # ---- inference thread ----
    def _answer(self, msg: ChunkRequest, received: float, features: Mapping[str, Any]) -> None:
        """Infer and publish; whatever goes wrong becomes the answer."""
        try:
            if time.monotonic() - received > to_ns(msg.deadline) / 1e9 and not msg.must_go:
                raise PolicyError('the deadline passed while earlier requests were inferred')
            prompt = self._task or msg.task or self._params.prompt
            chunk = self._server.infer(request_from_msg(msg), features, prompt)
        except (PolicyError, ChunkError) as error:
            self._refuse(msg, str(error))
        except Exception as error:      # a model may raise anything; the robot needs an answer
            self.get_logger().error(traceback.format_exc())
            self._refuse(msg, f'{type(error).__name__}: {error}')
        else:
            self._status.answered(chunk, self._server.timings)
            self._send(chunk_to_msg(chunk))

    def _send(self, msg: ActionChunk) -> None:
        """Publish, unless the node is being shut down."""
        if self.context.ok():
            self._chunks.publish(msg)

    # ---- services ----
    def _load(self, config: PolicyConfig) -> None:
        with self._loading.of(config, self._server):
            metadata = self._server.load(config).metadata
        self._observations.inputs = self._contract.narrowed(metadata.features).inputs
        self._status.loaded(metadata.name)

    async def _on_load(self, request: LoadPolicy.Request, response: LoadPolicy.Response
                       ) -> LoadPolicy.Response:
        config = changed(self._server.config, policy=request.policy, config=request.config,
                         checkpoint=request.checkpoint, device=request.device)
        try:
            config = replace(config, params=self._policy_params(config.policy))
            error = await self._on_inference_thread(partial(self._load, config))
        except (ParameterError, PluginError) as refused:
            error = refused
        if error:
            self.get_logger().error(f'load_policy: {error}')
            response.message = str(error)
            return response
        if request.prompt:
            self._task = request.prompt
        policy = self._server.policy
        assert policy is not None
        response.success, response.message = True, f'loaded {policy.metadata.name}'
        response.action_names = list(policy.metadata.action_names)
        response.horizon = policy.metadata.horizon
        return response

    async def _on_infer(self, request: Infer.Request, response: Infer.Response) -> Infer.Response:
        stamp = self._observations.newest_ns
        msg = ChunkRequest(session_id=uuid4().hex, task=request.prompt or self._task,
                           must_go=True, names=list(self._contract.action_names))
        msg.header.stamp = time_to_msg(stamp)
        msg.deadline.sec = 60

        def infer() -> None:
            sampled = self._observations.sample(stamp, 0)
            if sampled.missing:
                raise PolicyError('; '.join(sampled.missing))
            chunk = self._server.infer(request_from_msg(msg), sampled.features,
                                       msg.task or self._params.prompt)
            response.chunk = chunk_to_msg(chunk)

        error = await self._on_inference_thread(infer)
        response.success = error is None
        if error:
            response.chunk = error_msg(msg, str(error))
        return response

    async def _on_inference_thread(self, work: Any) -> Exception | None:
        """Run ``work`` on the inference thread; the error it raised, or None."""
        done: Future = Future()

        def call() -> None:
            try:
                work()
                done.set_result(None)
            except Exception as error:      # reported to the caller of the service
                done.set_result(error)

        self._inference.submit(call)
        error: Exception | None = await done
        return error

    def _on_params(self, params: PolicyParams) -> None:
        self._params = params

    def _config(self) -> PolicyConfig:
        """What the parameters say."""
        p, c = self._params, self._contract
        return PolicyConfig(
            policy=p.policy, actions_per_chunk=p.actions_per_chunk, step_ns=c.step_ns,
            action_names=c.action_names, action_units=c.action_units, features=c.features,
            config=p.config, checkpoint=p.checkpoint, device=p.device,
            params=self._policy_params(p.policy))

    def _policy_params(self, policy: str) -> Any:
        """Parameters ``<policy>.*``, of a plug-in that has a table; None without one."""
        if policy not in plugin_names(GROUP):
            return None
        table = getattr(load_plugin(GROUP, policy), 'Params', None)
        return self._tables.declare(table, f'{policy}.') if table else None


def main(args: list[str] | None = None) -> int:
    """Run policy_node."""
    return run(PolicyNode, args, (ParameterError, PluginError))
