"""ROS shell of the bridge: drives one robot with the action chunks that it asks for."""

from __future__ import annotations

import gc
from functools import partial
from types import ModuleType

from rclpy.lifecycle import LifecycleNode, State, TransitionCallbackReturn
from std_srvs.srv import SetBool, Trigger

from robot_bridge.aggregation import find_aggregate
from robot_bridge.assembly import assemble
from robot_bridge.clock import BridgeClock
from robot_bridge.control_loop import ControlLoop
from robot_bridge.driver import Driver, DriverError, RosDriver
from robot_bridge.episodes import EpisodeParams
from robot_bridge.parameters import BridgeParams
from robot_bridge.plan import PlanPublisher
from robot_bridge.policy_choice import LoadPolicyParams, PolicyChoice
from robot_bridge.policy_link import PolicyLink
from robot_bridge.publish import WORLD, EpisodePublisher, ReadingPublisher
from robot_bridge.sessions import EMERGENCY_STOP, SessionRunner, Topics, text_of
from robot_bridge.shaping.parameters import ShapingParams
from robot_bridge.states import Event
from robot_bridge.states import State as BridgeState
from robot_bridge.status import StatusPublisher
from segue_core.parameters import ParameterError
from segue_core.plugins import PluginError, load_plugin
from segue_core.ros_node import autostart, run
from segue_core.ros_parameters import ParameterTables

GROUP = 'segue.drivers'


class RobotBridge(LifecycleNode):
    """Asks on ``chunk_request``, listens on ``action_chunk``, shows itself on ``bridge_status``.

    Services: ``~/e_stop``, ``~/reset_e_stop``, ``~/hold``. Simulators also publish ``episode``
    and, in lockstep, ``/clock``. What an open robot does is in `SessionRunner`.
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
        self._wanted = tables.declare(LoadPolicyParams, 'load_policy.')
        tables.refuse_unknown()
        self._make_driver = partial(module.create, driver_params)
        self._attached: RosDriver | None = None
        self._runner: SessionRunner | None = None
        self._e_stopped = False     # outlasts the runner, which configuring makes anew
        step_ns = self._contract.step_ns
        self._topics = Topics(
            clock=BridgeClock(self, step_ns, self._params.lockstep),
            policy=PolicyLink(self, self._loop), readings=ReadingPublisher(self),
            plans=PlanPublisher(self, WORLD, step_ns), status=StatusPublisher(self),
            episode=EpisodePublisher(self, self._episode_params.count, step_ns))
        self._choice = PolicyChoice(self, self._wanted)
        self.create_service(Trigger, '~/e_stop', self._on_e_stop)
        self.create_service(Trigger, '~/reset_e_stop', self._on_reset_e_stop)
        self.create_service(SetBool, '~/hold', self._on_hold)
        if self._params.autostart:
            autostart(self)

    # ---- lifecycle ----
    def on_configure(self, state: State) -> TransitionCallbackReturn:
        """Open the robot."""
        for doubt in self._contract.doubts:
            self.get_logger().warning(doubt)
        try:
            loop, episodes = assemble(self._new_driver(), self._params, self._contract,
                                      self._shaping, self._episode_params)
            runner = SessionRunner(self, self._topics, loop, episodes, self._params,
                                   self._wanted.prompt)
            self._runner = runner
            runner.open()
        except (DriverError, ParameterError) as error:
            self.get_logger().error(str(error))
            return TransitionCallbackReturn.FAILURE
        except Exception as error:      # a vendor's SDK or a simulator may raise anything
            self.get_logger().error(f'cannot open {self._params.driver}: '
                                    f'{type(error).__name__}: {error}')
            return TransitionCallbackReturn.FAILURE
        if self._e_stopped:
            loop.stop(Event.E_STOP, EMERGENCY_STOP)
        runner.tell()
        spec = loop.driver.spec
        self.get_logger().info(f'{spec.name}: {len(spec.action_names)} action columns '
                               f'({" ".join(spec.action_names)}) at '
                               f'{spec.rate:g} Hz, policy steps at '
                               f'{1e9 / self._contract.step_ns:g} Hz')
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: State) -> TransitionCallbackReturn:
        """Start the control tick."""
        assert self._runner is not None
        if self._e_stopped:
            self.get_logger().error('emergency stop: call ~/reset_e_stop, then activate again')
            return TransitionCallbackReturn.FAILURE
        try:
            self._runner.mend()
            self._runner.begin()
        except Exception as error:      # a vendor's SDK or a simulator may raise anything
            self.get_logger().error(text_of(error))
            return TransitionCallbackReturn.FAILURE
        gc.collect()
        gc.freeze()     # what is loaded stays: a full collection would stop the control tick for ms
        self._runner.start_ticking()
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
        if self._runner:
            self._runner.close()
        self._runner = None
        self._detach()
        gc.unfreeze()
        gc.collect()    # ruckig complains at exit of what is still there

    def _new_driver(self) -> Driver:
        """Make the driver; one that reaches its robot over ROS topics gets this node."""
        self._detach()
        driver = self._make_driver()
        if isinstance(driver, RosDriver):
            driver.attach(self)
            self._attached = driver
        return driver

    def _detach(self) -> None:
        if self._attached:
            self._attached.detach()
        self._attached = None

    def _halt(self, event: Event, reason: str = '') -> None:
        if self._runner:
            self._runner.halt(event, reason)

    def _loop(self) -> ControlLoop | None:
        return self._runner.loop if self._runner else None

    # ---- services ----
    def _on_e_stop(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._e_stopped = True
        self.get_logger().error(EMERGENCY_STOP)
        if self._runner:
            self._runner.e_stop()
        response.success = True
        response.message = ('stopped' if self._runner
                            else 'no robot is open; it cannot be activated')
        return response

    def _on_reset_e_stop(self, request: Trigger.Request, response: Trigger.Response
                         ) -> Trigger.Response:
        if not self._e_stopped:
            response.message = 'not stopped'
            return response
        self._e_stopped = False
        response.success, response.message = True, 'reset; activate the bridge to go on'
        if self._runner:
            try:
                response.message = self._runner.reset_e_stop()
            except Exception as error:      # as in the tick
                self._runner.fault(error)
                response.success, response.message = False, text_of(error)
        return response

    def _on_hold(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        if self._runner is None:
            response.message = 'no robot is open: configure first'
            return response
        try:
            self._runner.loop.hold(request.data)
        except Exception as error:      # as in the tick
            self._runner.fault(error)
            response.message = text_of(error)
        else:
            response.success = True
            response.message = 'holding' if request.data else 'going on'
            if self._runner.loop.state is BridgeState.E_STOPPED:
                response.message += ' after the emergency stop: call ~/reset_e_stop'
            self.get_logger().info(f'told to hold: {response.message}' if request.data else
                                   f'hold is released: {response.message}')
        return response

    # ---- parameters ----
    def _on_params(self, params: BridgeParams) -> None:
        aggregate = find_aggregate(params.aggregate_fn_name)
        self._params = params
        if self._runner:
            self._runner.params = params
            loop = self._runner.loop
            loop.stream.threshold = params.chunk_size_threshold
            loop.stream.similarity.threshold = params.similarity_threshold
            loop.watchdog_ns = round(params.watchdog_timeout * 1e9)
            loop.stream.buffer.aggregate = aggregate

    def _on_shaping(self, params: ShapingParams) -> None:
        if self._runner:
            self._runner.loop.shaper.update(params)
        self._shaping = params


def main(args: list[str] | None = None) -> int:
    """Run robot_bridge."""
    return run(RobotBridge, args, (ParameterError, PluginError))
