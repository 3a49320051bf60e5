"""ROS shell of the policy: observations and requests in, action chunks out.

Each robot has a `RobotPort`; requests whose samples are there wait for their turn on the one
inference thread, while observations keep arriving on the executor's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.lifecycle import LifecycleNode, State, TransitionCallbackReturn
from rclpy.task import Future
from rclpy.timer import Timer
from segue.msg import ChunkRequest
from segue.srv import Infer, LoadPolicy

from policy_node.gateway.door import Door
from policy_node.gateway.parameters import Params as GatewayParams
from policy_node.inference import InferenceThread
from policy_node.loading import LoadingStatus
from policy_node.parameters import PolicyParams
from policy_node.policy import PolicyConfig, PolicyError
from policy_node.ranges import DatasetRanges
from policy_node.robot_port import RELIABLE, ReadyRequest, RobotPort
from policy_node.scheduler import Waiting
from policy_node.server import GROUP, PolicyServer, requested
from policy_node.status import diagnostics, summary
from policy_node.subtask_link import SubtaskLink
from policy_node.tally import Tally
from segue_core.parameters import ParameterError
from segue_core.paths import resolve
from segue_core.plugins import PluginError, load_plugin, plugin_names
from segue_core.ros_messages import chunk_to_msg, error_msg, request_from_msg, time_to_msg
from segue_core.ros_node import autostart, run, steady_timer
from segue_core.ros_parameters import ParameterTables

RECHECK_PERIOD = 0.05
"""How often waiting requests are checked for their timeout, and robots for being there [s]."""
STATUS_PERIOD = 1.0
"""Time between two messages on /diagnostics [s]."""
SUBTASK_PERIOD = 0.2
"""How often the robots that ask for nothing are looked at for a refresh of their subtask [s]."""
MODEL = ('policy', 'config', 'checkpoint', 'device')
"""What names a model in a `LoadPolicy` request."""
SHOWN_TOPICS = 5
"""Topics without a publisher that are named in the log."""


class PolicyNode(LifecycleNode):
    """Answers the requests of one or more robots with one policy, see `RobotPort`.

    Services: ``~/load_policy``, ``~/infer``. Shows itself on ``/diagnostics``.
    """

    def __init__(self, gateway: type[GatewayParams] = GatewayParams) -> None:
        super().__init__('policy_node', automatically_declare_parameters_from_overrides=True)
        self._tables = tables = ParameterTables(self)
        self._params = tables.declare(PolicyParams, on_change=self._on_params)
        self._contract = tables.declare_contract()
        path = self._params.lerobot_dataset_path
        self._ranges = DatasetRanges.read(resolve(path), self._contract) if path else None
        self._subtasks = SubtaskLink(self, self._contract, lambda: self._ports.values(),
                                     lambda session_id: self._door.session(session_id))
        server, door = self._new_server(), tables.declare(gateway, 'gateway.')
        tables.refuse_unknown(tuple(f'{name}.' for name in plugin_names(GROUP)
                                    if name != self._params.policy))
        robots = self._params.robots or ('',)
        self._tally, self._loading = Tally(robots), LoadingStatus(self, robots)
        self._inference = InferenceThread(server, self._params.max_batch_size,
                                          round(self._params.batch_wait * 1e9), self._tally)
        self._door = Door(door, self._inference, self._contract.features,
                          lambda: self._params.prompt, self.get_logger(), lambda: self._ports)
        self._ports = {robot: RobotPort(self, robot, self._contract, lambda: self._params,
                                        self._tally, self._on_ready) for robot in robots}
        self._waiting: Timer | None = None
        self._diagnostics = self.create_publisher(DiagnosticArray, '/diagnostics', RELIABLE)
        self.create_service(LoadPolicy, '~/load_policy', self._on_load)
        self.create_service(Infer, '~/infer', self._on_infer)
        steady_timer(self, RECHECK_PERIOD, self._recheck)
        steady_timer(self, STATUS_PERIOD, self._tell)
        steady_timer(self, SUBTASK_PERIOD, lambda: self._inference.server.subtasks.poll())
        if self._params.autostart:
            autostart(self)

    # ---- lifecycle ----
    def on_configure(self, state: State) -> TransitionCallbackReturn:
        """Load the policy that the parameters name, or stay idle without one."""
        if not self._params.policy:
            self._loading.tell(self._inference.server)
            return TransitionCallbackReturn.SUCCESS
        try:
            self._load(self._inference.server.config)
        except PolicyError as error:
            self.get_logger().error(str(error))
            return TransitionCallbackReturn.FAILURE
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: State) -> TransitionCallbackReturn:
        """Listen as soon as somebody publishes each input; the gateway's clients bring theirs."""
        if not self._door.open():
            return TransitionCallbackReturn.FAILURE
        self._waiting = steady_timer(self, RECHECK_PERIOD, self._listen_when_seeing)
        return super().on_activate(state)

    def on_deactivate(self, state: State) -> TransitionCallbackReturn:
        """Refuse what waits and stop listening."""
        self._stop_listening()
        return super().on_deactivate(state)

    def on_cleanup(self, state: State) -> TransitionCallbackReturn:
        """Unload the policy, after the inference that runs."""
        self._inference.call(self._inference.server.close)
        self._inference.server = self._new_server()
        self._loading.tell(self._inference.server)
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: State) -> TransitionCallbackReturn:
        """Stop answering."""
        self._stop_listening()
        return TransitionCallbackReturn.SUCCESS

    def close(self) -> None:
        """Wait for the inference that runs, drop the others."""
        self._stop_listening()
        self._inference.close()
        self._inference.server.close()

    def _listen_when_seeing(self) -> None:
        """Begin to listen to each robot all of whose inputs are published.

        Samples that were published before their publisher was discovered are lost, so nothing is
        listened to until all publishers are known.
        """
        waiting = [port for port in self._ports.values() if not port.listening]
        unseen = []
        for port in waiting:
            if topics := port.unseen:
                unseen += topics
            else:
                port.listen()
        if not unseen:
            self._stop_waiting()
            return
        more = f' and {len(unseen) - SHOWN_TOPICS} more' if len(unseen) > SHOWN_TOPICS else ''
        self.get_logger().info(
            f'waiting for a publisher of {", ".join(unseen[:SHOWN_TOPICS])}{more}',
            throttle_duration_sec=5.0)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self.destroy_timer(self._waiting)
            self._waiting = None

    def _stop_listening(self) -> None:
        self._stop_waiting()
        reason = 'policy_node was deactivated'
        self._door.close(reason)
        for port in self._ports.values():
            port.stop(reason)
        for job in self._inference.clear():
            job.answer(PolicyError(reason))

    # ---- requests and status ----
    def _on_ready(self, ready: ReadyRequest) -> None:
        """The samples of a request are there: it waits for its turn."""
        old = self._inference.add(Waiting(ready.port.robot, ready, ready.msg.must_go,
                                          ready.expires_ns))
        if old is not None:
            ready.port.replaced()

    def _recheck(self) -> None:
        """Refuse the requests that waited too long."""
        for port in self._ports.values():
            port.dispatch()

    def _tell(self) -> None:
        """Publish how it goes."""
        server = self._inference.server
        alive = self._inference.scheduler.alive(time.monotonic_ns())
        self._diagnostics.publish(diagnostics(
            self._tally, server, alive, self.get_clock().now().to_msg(),
            self.get_fully_qualified_name(), self._door.figures()))
        if server.doubt:
            self.get_logger().warning(f'{server.doubt}: are units and zero those of '
                                      f'{self._params.lerobot_dataset_path}?',
                                      throttle_duration_sec=10.0)
            server.doubt = ''
        if error := server.batch_error:
            self.get_logger().error(f'the policy could not infer a batch, so requests are inferred '
                                    f'one by one: {type(error).__name__}: {error}',
                                    throttle_duration_sec=10.0)
        if self._params.summary_period:
            self.get_logger().info(summary(self._tally.figures(), alive),
                                   throttle_duration_sec=self._params.summary_period)

    # ---- services ----
    def _load(self, config: PolicyConfig) -> None:
        with self._loading.of(config, self._inference.server):
            metadata = self._inference.server.load(config).metadata
        for port in self._ports.values():
            port.observations.inputs = self._contract.narrowed(metadata.features).inputs
        self._tally.forgive()
        self._subtasks.warn(self._params, self._inference.server.policy)

    async def _on_load(self, request: LoadPolicy.Request, response: LoadPolicy.Response
                       ) -> LoadPolicy.Response:
        given = {name: getattr(request, name) for name in MODEL}
        if any(given.values()) or self._inference.server.policy is None:
            try:
                config = requested(self._inference.server.config, self._config(), **given)
                config = replace(config, params=self._policy_params(config.policy))
                error = await self._on_inference_thread(partial(self._load, config))
            except (ParameterError, PluginError) as refused:
                error = refused
            if error:
                self.get_logger().error(f'load_policy: {error}')
                response.message = str(error)
                return response
        if request.prompt:
            for port in self._ports.values():
                port.instruct(request.prompt)
        policy = self._inference.server.policy
        assert policy is not None
        response.success, response.message = True, f'loaded {policy.metadata.name}'
        response.action_names = list(policy.metadata.action_names)
        response.horizon = policy.metadata.horizon
        return response

    async def _on_infer(self, request: Infer.Request, response: Infer.Response) -> Infer.Response:
        port = self._ports.get(request.robot or next(iter(self._ports)))
        msg = ChunkRequest(session_id=uuid4().hex, must_go=True,
                           names=list(self._contract.action_names))
        if port is None:
            response.chunk = error_msg(msg, f'robot must be one of {", ".join(self._ports)}, got '
                                       f'{request.robot!r}')
            return response
        stamp = port.observations.newest_ns
        msg.header.stamp = time_to_msg(stamp)
        msg.deadline.sec = 60

        def infer() -> None:
            sampled = port.observations.sample(stamp, 0)
            if sampled.missing:
                raise PolicyError('; '.join(sampled.missing))
            chunk = self._inference.server.infer(
                request_from_msg(msg), port.observations.features(sampled),
                request.prompt or port.prompt(msg))
            response.chunk = chunk_to_msg(chunk)

        error = await self._on_inference_thread(infer)
        response.success = error is None
        if error:
            response.chunk = error_msg(msg, str(error))
        return response

    async def _on_inference_thread(self, work: Callable[[], None]) -> Exception | None:
        """Run ``work`` on the inference thread; the error it raised, or None."""
        done: Future = Future()
        self._inference.call(work, done.set_result)
        error: Exception | None = await done
        return error

    def _on_params(self, params: PolicyParams) -> None:
        self._subtasks.check(params)
        if not self._params.generate_subtask:
            self._subtasks.warn(params, self._inference.server.policy)
        self._params = params
        self._inference.server.subtasks.settings = params
        self._inference.max_batch_size = params.max_batch_size
        self._inference.scheduler.batch_wait_ns = round(params.batch_wait * 1e9)

    def _new_server(self) -> PolicyServer:
        return PolicyServer(self._config(), self._subtasks.keeper(self._params), self._ranges)

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
