"""Runs the sessions of one robot: control ticks, episodes, faults, and what is told about them."""

from __future__ import annotations

import time
import traceback
from typing import NamedTuple
from uuid import uuid4

from builtin_interfaces.msg import Time
from rclpy.node import Node
from rclpy.timer import Timer

from robot_bridge.clock import BridgeClock
from robot_bridge.control_loop import ControlLoop, Tick
from robot_bridge.driver import DriverError
from robot_bridge.episodes import EpisodeResult, EpisodeRunner
from robot_bridge.parameters import BridgeParams
from robot_bridge.plan import PlanPublisher
from robot_bridge.policy_link import PolicyLink
from robot_bridge.publish import EpisodePublisher, ReadingPublisher
from robot_bridge.states import Event, State
from robot_bridge.status import StatusPublisher
from segue_core.ros_messages import time_to_msg
from segue_core.ros_node import steady_timer

EMERGENCY_STOP = 'emergency stop'
LOCKSTEP_PERIOD = 0.001
"""How often lockstep looks for the chunk it waits for [s]."""


class Topics(NamedTuple):
    """What the bridge says and hears; they outlast the robot, which configuring opens anew."""

    clock: BridgeClock
    policy: PolicyLink
    readings: ReadingPublisher
    plans: PlanPublisher
    status: StatusPublisher
    episode: EpisodePublisher


class SessionRunner:
    """Drives a control loop by timers from session to session.

    Args:
        node: Owner of the timers.
        topics: Where to tell what happens.
        loop: The control loop of the robot.
        episodes: Of a simulator; None for a robot.
        params: Of the bridge.
        prompt: Instruction of all sessions; empty for that of ``params`` or the episode.

    Attributes:
        params: May be replaced while it runs.
    """

    def __init__(self, node: Node, topics: Topics, loop: ControlLoop,
                 episodes: EpisodeRunner | None, params: BridgeParams, prompt: str) -> None:
        self.loop, self.params = loop, params
        self._node, self._log, self._topics = node, node.get_logger(), topics
        self._episodes, self._prompt = episodes, prompt
        self._run_id, self._sessions = uuid4().hex[:8], 0
        self._ticking: list[Timer] = []
        self._telling: Timer | None = None

    def open(self) -> None:
        """Open the robot and show it, so that every topic is known before the first request.

        Raises:
            DriverError: The robot cannot be opened.
        """
        self.loop.driver.connect()
        self._topics.readings.publish(self.loop.driver.read(cameras=True), self._stamp())

    def tell(self) -> None:
        """From now on publish the status periodically."""
        self._telling = steady_timer(self._node, 1 / self.params.status_rate, self.publish_status)

    def close(self) -> None:
        """Stop the robot and let go of it."""
        self.halt(Event.STOP)
        if self._telling:
            self._node.destroy_timer(self._telling)
            self._telling = None
        try:
            self.loop.driver.disconnect()
        except Exception as error:      # a vendor's SDK may raise anything
            self._log.error(text_of(error))

    # ---- start and stop ----
    def mend(self) -> None:
        """Open a robot anew that had failed."""
        if self.loop.state is State.FAULT and not self._episodes:
            self.loop.reconnect()

    def begin(self) -> None:
        """Start a session: the next episode of a simulator, or the robot as it stands."""
        self._sessions += 1
        session_id, task, seed = f'{self._run_id}-{self._sessions}', self.params.task, 0
        clock, topics = self._topics.clock, self._topics
        clock.begin_session()
        stamp_ns = clock.now_ns()
        if self._episodes:
            start = self._episodes.begin(time.monotonic_ns())
            stamp_ns, task, seed = clock.now_ns(), start.task, self._episodes.seed
            stamp = time_to_msg(stamp_ns)
            topics.readings.publish_scene(start, stamp)
            topics.readings.publish_goal(start.goal, stamp)
            topics.episode.begin(start, session_id, self._episodes.number, stamp)
        task = self._prompt or task
        self.loop.start(session_id, stamp_ns, task, seed)
        self._log.info(f'session {session_id} begins: {task or "no task given"}')
        if self.loop.state is State.HOLDING:
            self._log.info('nothing moves before ~/hold is called with false')
        if not topics.policy.heard:
            self._log.info('waiting for a policy_node that listens to chunk_request')

    def start_ticking(self) -> None:
        """Drive the robot from now on."""
        self._stop_ticking()
        period = LOCKSTEP_PERIOD if self.params.lockstep else 1 / self.loop.driver.spec.rate
        self._ticking = [steady_timer(self._node, period, self._on_tick)]
        if self._episodes and not self.params.lockstep:
            self._ticking.append(
                steady_timer(self._node, 1 / self.params.camera_rate, self._on_cameras))

    def halt(self, event: Event, reason: str = '') -> None:
        """Stop the robot, end the session.

        Args:
            event: STOP, FAIL or E_STOP.
            reason: Shown as the last fault.
        """
        self._stop_ticking()
        self.loop.stop(event, reason)
        self.publish_status(force=True)

    def fault(self, error: Exception) -> None:
        """The robot failed: stop it, tell everybody."""
        if not isinstance(error, DriverError):
            self._log.error(''.join(traceback.format_exception(error)))
        self._log.error(f'stopped: {text_of(error)}')
        self._abort_episode(text_of(error))
        self.halt(Event.FAIL, text_of(error))
        if self.params.fault_retry_period and not self._episodes:
            self._ticking = [
                steady_timer(self._node, self.params.fault_retry_period, self._on_retry)]

    def e_stop(self) -> None:
        """Stop the robot at once; the ticks go on, without effect, until the reset."""
        self._abort_episode(EMERGENCY_STOP)
        self.loop.stop(Event.E_STOP, EMERGENCY_STOP)
        self.publish_status(force=True)

    def reset_e_stop(self) -> str:
        """An emergency stop is over: a bridge that was active goes on with a new session.

        Returns:
            What happens now.
        """
        self.loop.reset_e_stop()
        if self.params.confirm_start:       # a reset permits a start and is none
            self.loop.hold(True)
        if not self._ticking:
            return 'reset; activate the bridge to go on'
        if self._episodes and self._episodes.finished:
            return 'reset; all episodes are done'
        self.begin()
        self.start_ticking()
        return 'a new session begins'

    def _stop_ticking(self) -> None:
        for timer in self._ticking:
            self._node.destroy_timer(timer)
        self._ticking = []

    def _on_retry(self) -> None:
        """The robot had failed: go on if it can be used again."""
        if self.loop.state is not State.FAULT:
            return
        try:
            self.mend()
            self.begin()
        except Exception as error:      # as when it failed
            self.loop.last_fault = text_of(error)
            self.publish_status()
        else:
            self._log.info('the robot can be used again')
            self.start_ticking()

    # ---- the control tick ----
    def _on_tick(self) -> None:
        if not self.loop.active:
            return
        policy_present = self._topics.policy.watch(self.loop, self.params.lockstep)
        try:
            tick = self.loop.tick(time.monotonic_ns(), self._topics.clock.now_ns(), policy_present)
            self._publish(tick)
            if tick.advanced:
                self._advance()
            elif not self.loop.active:
                self._log.info(f'the session is over: {self.loop.last_fault}; deactivate and '
                               'activate the bridge to go on')
        except Exception as error:      # whatever it is, a robot must not go on without its tick
            self.fault(error)
        self.publish_status()

    def _publish(self, tick: Tick) -> None:
        topics, stamp = self._topics, time_to_msg(tick.stamp_ns)
        if tick.reading:
            topics.readings.publish(tick.reading, stamp)
            if self._episodes:
                topics.readings.publish_goal(self._episodes.goal, stamp)
        if tick.action is not None:
            topics.plans.publish_command(self.loop.driver.spec.action_names, tick.action, stamp)
        topics.plans.publish_plan(self.loop, stamp)
        if tick.request:
            topics.policy.ask(tick.request)

    def _advance(self) -> None:
        """One control step was done: move simulated time, end the episode when it is over."""
        self._topics.status.count_tick()
        self._topics.clock.advance()
        result = self._episodes.advanced(time.monotonic_ns()) if self._episodes else None
        if result is None:
            return
        assert self._episodes is not None
        self._finish_episode(result)
        self.loop.stop(Event.STOP)
        if self._episodes.finished:
            self._log.info('all episodes are done')
        else:
            self.begin()

    def _finish_episode(self, result: EpisodeResult, abort_reason: str = '') -> None:
        """Tell what the episode amounted to, before its session is ended."""
        self.publish_status(force=True)
        self._topics.episode.finish(result, self.loop.stream, self._stamp(), abort_reason)

    def _abort_episode(self, reason: str) -> None:
        result = self._episodes.abort(time.monotonic_ns()) if self._episodes else None
        if result:
            self._finish_episode(result, reason)

    def _on_cameras(self) -> None:
        """Publish the images of a simulator that runs in real time."""
        if self.loop.active:
            try:
                reading = self.loop.driver.read(cameras=True)
            except Exception as error:      # as in the tick
                self.fault(error)
            else:
                self._topics.readings.publish(reading, self._stamp())

    def publish_status(self, *, force: bool = False) -> None:
        """Publish how the bridge does, if it is due.

        Args:
            force: Also if it is not.
        """
        if self._node.context.ok():
            self._topics.status.publish(self.loop, self.params, self._topics.clock.now_ns(),
                                        force=force)

    def _stamp(self) -> Time:
        return time_to_msg(self._topics.clock.now_ns())


def text_of(error: Exception) -> str:
    """What went wrong, for people."""
    return str(error) if isinstance(error, DriverError) else f'{type(error).__name__}: {error}'
