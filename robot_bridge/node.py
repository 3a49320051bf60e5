"""ROS shell of the bridge: drives one robot with the action chunks that it asks for."""

from __future__ import annotations

import gc
import time
import traceback
from functools import partial
from types import ModuleType
from uuid import uuid4

from rclpy.lifecycle import LifecycleNode, State, TransitionCallbackReturn
from rclpy.timer import Timer
from rosgraph_msgs.msg import Clock
from std_srvs.srv import SetBool, Trigger

from robot_bridge.aggregation import find_aggregate
from robot_bridge.assembly import assemble
from robot_bridge.control_loop import ControlLoop, Tick
from robot_bridge.driver import DriverError
from robot_bridge.episodes import EpisodeParams, EpisodeResult, EpisodeRunner
from robot_bridge.parameters import BridgeParams
from robot_bridge.plan import PlanPublisher
from robot_bridge.policy_link import RELIABLE, PolicyLink
from robot_bridge.publish import WORLD, EpisodePublisher, ReadingPublisher
from robot_bridge.shaping.parameters import ShapingParams
from robot_bridge.states import Event
from robot_bridge.states import State as BridgeState
from robot_bridge.status import StatusPublisher
from segue_core.parameters import ParameterError
from segue_core.plugins import PluginError, load_plugin
from segue_core.ros_messages import time_to_msg
from segue_core.ros_node import autostart, run, steady_timer
from segue_core.ros_parameters import ParameterTables

GROUP = 'segue.drivers'
LOCKSTEP_PERIOD = 0.001
"""How often lockstep looks for the chunk it waits for [s]."""
EMERGENCY_STOP = 'emergency stop'
SIM_START_NS = 1_000_000_000
"""Simulated time of the first tick [ns]; 0 means 'not set' in ROS."""


class RobotBridge(LifecycleNode):
    """Asks on ``chunk_request``, listens on ``action_chunk``, shows itself on ``bridge_status``.

    Services: ``~/e_stop``, ``~/reset_e_stop``, ``~/hold``. Simulators also publish ``episode``
    and, in lockstep, ``/clock``.
    """

    def __init__(self) -> None:
        super().__init__('robot_bridge', automatically_declare_parameters_from_overrides=True)
        tables = ParameterTables(self)
        self._params = tables.declare(BridgeParams, on_change=self._on_params)
        self._contract = tables.declare_contract()
        self._shaping = tables.declare(ShapingParams, 'shaping.', on_change=self._on_shaping)
        self._episode_params = tables.declare(EpisodeParams, 'episodes.')
        module: ModuleType = load_plugin(GROUP, self._params.driver,
                                         needs=('Params', 'create'))
        driver_params = tables.declare(module.Params, f'{self._params.driver}.')
        tables.refuse_unknown()
        self._make_driver = partial(module.create, driver_params)
        self._loop: ControlLoop | None = None
        self._episodes: EpisodeRunner | None = None
        self._sim_ns = SIM_START_NS
        self._run_id, self._sessions = uuid4().hex[:8], 0
        self._e_stopped = False     # outlasts the control loop, which configuring makes anew
        self._ticking: list[Timer] = []
        self._telling: Timer | None = None
        self._policy = PolicyLink(self, lambda: self._loop)
        self._status = StatusPublisher(self)
        self._episode_topic = EpisodePublisher(self, self._episode_params.count,
                                               self._contract.step_ns)
        self._clock_topic = (self.create_publisher(Clock, '/clock', RELIABLE)
                             if self._params.lockstep else None)
        self._readings = ReadingPublisher(self)
        self._plans = PlanPublisher(self, WORLD, self._contract.step_ns)
        self.create_service(Trigger, '~/e_stop', self._on_e_stop)
        self.create_service(Trigger, '~/reset_e_stop', self._on_reset_e_stop)
        self.create_service(SetBool, '~/hold', self._on_hold)
        if self._params.autostart:
            autostart(self)

    # ---- lifecycle ----
    def on_configure(self, state: State) -> TransitionCallbackReturn:
        """Open the robot."""
        try:
            self._loop, self._episodes = assemble(self._make_driver(), self._params,
                                                  self._contract, self._shaping,
                                                  self._episode_params)
            driver = self._loop.driver
            driver.connect()
            # Shows the robot, and makes every topic known before the first request counts on it.
            self._readings.publish(driver.read(cameras=True), time_to_msg(self._now_ns()))
        except (DriverError, ParameterError) as error:
            self.get_logger().error(str(error))
            return TransitionCallbackReturn.FAILURE
        except Exception as error:      # a vendor's SDK or a simulator may raise anything
            self.get_logger().error(f'cannot open {self._params.driver}: '
                                    f'{type(error).__name__}: {error}')
            return TransitionCallbackReturn.FAILURE
        if self._e_stopped:
            self._loop.stop(Event.E_STOP, EMERGENCY_STOP)
        self._telling = steady_timer(self, 1 / self._params.status_rate, self._publish_status)
        spec = driver.spec
        self.get_logger().info(f'{spec.name}: {len(spec.action_names)} action columns '
                               f'({" ".join(spec.action_names)}) at '
                               f'{spec.rate:g} Hz, policy steps at '
                               f'{1e9 / self._contract.step_ns:g} Hz')
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: State) -> TransitionCallbackReturn:
        """Start the control tick."""
        if self._e_stopped:
            self.get_logger().error('emergency stop: call ~/reset_e_stop, then activate again')
            return TransitionCallbackReturn.FAILURE
        try:
            self._begin()
        except Exception as error:      # a vendor's SDK or a simulator may raise anything
            self.get_logger().error(_text(error))
            return TransitionCallbackReturn.FAILURE
        gc.collect()
        gc.freeze()     # what is loaded stays: a full collection would stop the control tick for ms
        self._start_ticking()
        return super().on_activate(state)

    def on_deactivate(self, state: State) -> TransitionCallbackReturn:
        """Hold the robot still."""
        self._halt(Event.STOP)
        return super().on_deactivate(state)

    def on_cleanup(self, state: State) -> TransitionCallbackReturn:
        """Let go of the robot."""
        self.close()
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: State) -> TransitionCallbackReturn:
        """Stop the robot and let go of it."""
        self.close()
        return TransitionCallbackReturn.SUCCESS

    def on_error(self, state: State) -> TransitionCallbackReturn:
        """Leave the robot stopped."""
        self._halt(Event.FAIL, 'a lifecycle transition failed')
        return TransitionCallbackReturn.SUCCESS

    def close(self) -> None:
        """Stop the robot and let go of it; may be called twice."""
        self._halt(Event.STOP)
        if self._telling:
            self.destroy_timer(self._telling)
            self._telling = None
        if self._loop:
            try:
                self._loop.driver.disconnect()
            except Exception as error:      # a vendor's SDK may raise anything
                self.get_logger().error(_text(error))
        self._loop = self._episodes = None

    # ---- start and stop ----
    def _begin(self) -> None:
        """Start a session: the next episode of a simulator, or the robot as it stands."""
        assert self._loop is not None
        self._sessions += 1
        session_id, task, seed = f'{self._run_id}-{self._sessions}', self._params.task, 0
        self._sim_ns += self._contract.step_ns      # later than every sample of an older session
        stamp = self._now_ns()
        if self._episodes:
            start = self._episodes.begin(time.monotonic_ns())
            stamp, task, seed = self._now_ns(), start.task, self._episodes.seed
            self._readings.publish_scene(start, time_to_msg(stamp))
            self._readings.publish_goal(start.goal, time_to_msg(stamp))
            self._episode_topic.begin(start, session_id, self._episodes.number,
                                      time_to_msg(stamp))
        self._loop.start(session_id, stamp, task, seed)
        self.get_logger().info(f'session {session_id} begins: {task or "no task given"}')
        if not self._policy.heard:
            self.get_logger().info('waiting for a policy_node that listens to chunk_request')

    def _start_ticking(self) -> None:
        self._stop_ticking()
        lockstep = self._params.lockstep
        assert self._loop is not None
        period = LOCKSTEP_PERIOD if lockstep else 1 / self._loop.driver.spec.rate
        self._ticking = [steady_timer(self, period, self._on_tick)]
        if self._episodes and not lockstep:
            self._ticking.append(
                steady_timer(self, 1 / self._params.camera_rate, self._on_cameras))

    def _stop_ticking(self) -> None:
        for timer in self._ticking:
            self.destroy_timer(timer)
        self._ticking = []

    def _halt(self, event: Event, reason: str = '') -> None:
        self._stop_ticking()
        if self._loop:
            self._loop.stop(event, reason)
            self._publish_status(force=True)

    def _fault(self, error: Exception) -> None:
        """The robot failed: stop it, tell everybody."""
        if not isinstance(error, DriverError):
            self.get_logger().error(''.join(traceback.format_exception(error)))
        self.get_logger().error(f'stopped: {_text(error)}')
        self._abort_episode(_text(error))
        self._halt(Event.FAIL, _text(error))
        if self._params.fault_retry_period and not self._episodes:
            self._ticking = [
                steady_timer(self, self._params.fault_retry_period, self._on_retry)]

    def _on_retry(self) -> None:
        """The robot had failed: go on if it can be used again."""
        if self._loop is None or self._loop.state is not BridgeState.FAULT:
            return
        try:
            self._loop.reconnect()
            self._begin()
        except Exception as error:      # as when it failed
            self._loop.last_fault = _text(error)
            self._publish_status()
        else:
            self.get_logger().info('the robot can be used again')
            self._start_ticking()

    # ---- the control tick ----
    def _on_tick(self) -> None:
        loop = self._loop
        if loop is None or not loop.active:
            return
        policy_present = self._policy.watch(loop, self._params.lockstep)
        try:
            tick = loop.tick(time.monotonic_ns(), self._now_ns(), policy_present)
            self._publish(tick)
            if tick.advanced:
                self._advance()
        except Exception as error:      # whatever it is, a robot must not go on without its tick
            self._fault(error)
        self._publish_status()

    def _publish(self, tick: Tick) -> None:
        stamp = time_to_msg(tick.stamp_ns)
        if tick.reading:
            self._readings.publish(tick.reading, stamp)
            if self._episodes:
                self._readings.publish_goal(self._episodes.goal, stamp)
        assert self._loop is not None
        if tick.action is not None:
            self._plans.publish_command(self._loop.driver.spec.action_names, tick.action, stamp)
        self._plans.publish_plan(self._loop, stamp)
        if tick.request:
            self._policy.ask(tick.request)

    def _advance(self) -> None:
        """One control step was done: move simulated time, end the episode when it is over."""
        self._status.count_tick()
        if self._clock_topic:
            self._sim_ns += self._contract.step_ns
            self._clock_topic.publish(Clock(clock=time_to_msg(self._sim_ns)))
        result = self._episodes.advanced(time.monotonic_ns()) if self._episodes else None
        if result is None:
            return
        assert self._loop is not None and self._episodes is not None
        self._finish_episode(result)
        self._loop.stop(Event.STOP)
        if self._episodes.finished:
            self.get_logger().info('all episodes are done')
        else:
            self._begin()

    def _finish_episode(self, result: EpisodeResult, abort_reason: str = '') -> None:
        """Tell what the episode amounted to, before its session is ended."""
        assert self._loop is not None
        self._publish_status(force=True)
        self._episode_topic.finish(result, self._loop.stream, time_to_msg(self._now_ns()),
                                   abort_reason)

    def _abort_episode(self, reason: str) -> None:
        result = self._episodes.abort(time.monotonic_ns()) if self._episodes else None
        if result:
            self._finish_episode(result, reason)

    def _on_cameras(self) -> None:
        """Publish the images of a simulator that runs in real time."""
        if self._loop and self._loop.active:
            try:
                reading = self._loop.driver.read(cameras=True)
            except Exception as error:      # as in the tick
                self._fault(error)
            else:
                self._readings.publish(reading, time_to_msg(self._now_ns()))

    def _now_ns(self) -> int:
        """The bridge's clock [ns]: simulated in lockstep, else ROS time."""
        return self._sim_ns if self._params.lockstep else self.get_clock().now().nanoseconds

    # ---- services, parameters, status ----
    def _on_e_stop(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._e_stopped = True
        self.get_logger().error(EMERGENCY_STOP)
        if self._loop:
            self._abort_episode(EMERGENCY_STOP)
            self._loop.stop(Event.E_STOP, EMERGENCY_STOP)
            self._publish_status(force=True)
        response.success = True
        response.message = 'stopped' if self._loop else 'no robot is open; it cannot be activated'
        return response

    def _on_reset_e_stop(self, request: Trigger.Request, response: Trigger.Response
                         ) -> Trigger.Response:
        if not self._e_stopped:
            response.message = 'not stopped'
            return response
        self._e_stopped = False
        response.success, response.message = True, 'reset; activate the bridge to go on'
        if self._loop:
            self._loop.reset_e_stop()
        if not self._ticking:
            return response
        if self._episodes and self._episodes.finished:
            response.message = 'reset; all episodes are done'
            return response
        try:
            self._begin()
        except Exception as error:      # as in the tick
            self._fault(error)
            response.success, response.message = False, _text(error)
        else:
            self._start_ticking()
            response.message = 'a new session begins'
        return response

    def _on_hold(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        if self._loop is None:
            response.message = 'no robot is open: configure first'
            return response
        try:
            self._loop.hold(request.data)
        except Exception as error:      # as in the tick
            self._fault(error)
            response.message = _text(error)
        else:
            response.success = True
            response.message = 'holding' if request.data else 'going on'
        return response

    def _on_params(self, params: BridgeParams) -> None:
        aggregate = find_aggregate(params.aggregate_fn_name)
        self._params = params
        if self._loop:
            self._loop.stream.threshold = params.chunk_size_threshold
            self._loop.stream.similarity.threshold = params.similarity_threshold
            self._loop.watchdog_ns = round(params.watchdog_timeout * 1e9)
            self._loop.stream.buffer.aggregate = aggregate

    def _on_shaping(self, params: ShapingParams) -> None:
        if self._loop:
            self._loop.shaper.update(params)
        self._shaping = params

    def _publish_status(self, *, force: bool = False) -> None:
        if self._loop and self.context.ok():
            self._status.publish(self._loop, self._params, self._now_ns(), force=force)


def _text(error: Exception) -> str:
    """What went wrong, for people."""
    return str(error) if isinstance(error, DriverError) else f'{type(error).__name__}: {error}'


def main(args: list[str] | None = None) -> int:
    """Run robot_bridge."""
    return run(RobotBridge, args, (ParameterError, PluginError))
