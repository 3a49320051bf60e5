"""The control tick: ask for chunks, take the action that is due, drive the robot. Pure: no ROS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_bridge.approach import Approach
from robot_bridge.chunk_stream import ChunkStream
from robot_bridge.driver import Driver, DriverError, Reading, Reconnecting
from robot_bridge.lockstep import Lockstep
from robot_bridge.shaping.errors import ShapingError
from robot_bridge.shaping.resample import RowSource
from robot_bridge.shaping.shaper import MotionShaper, ShapedTick
from robot_bridge.states import ACTIVE, Event, State, following
from segue_core.chunk import Chunk, Request

PATIENCE_NS = 1_000_000_000
"""How long a lockstep world waits for an answer before the bridge says that it holds [ns]."""


@dataclass(frozen=True, slots=True)
class Tick:
    """What one control tick did.

    Attributes:
        stamp_ns: The instant before the action [ns, the bridge's clock].
        reading: State of the robot at ``stamp_ns``.
        request: What to ask of the policy, or None.
        action: What was written to the robot, shape (D,); None when it held still or waits.
        advanced: False when the tick waits for a chunk: the simulated world stands still.
    """

    stamp_ns: int
    reading: Reading | None
    request: Request | None
    action: NDArray[np.float64] | None
    advanced: bool


class ControlLoop:
    """Joins one robot and one chunk stream.

    Args:
        driver: A connected robot.
        stream: Requests and chunks.
        shaper: From the rows of the stream to commands.
        lockstep: For simulated time; None when the world does not wait.
        watchdog_ns: Without a fresh chunk for so long, what is queued is no longer executed
            [ns, steady clock]; 0 for never.
        approach: The way to the ready pose, gone at the start of each session; None for none.
        max_steps: The session ends after so many control steps; 0 for never.
    """

    def __init__(self, driver: Driver, stream: ChunkStream, shaper: MotionShaper,
                 lockstep: Lockstep | None, watchdog_ns: int = 0,
                 approach: Approach | None = None, max_steps: int = 0) -> None:
        self.driver = driver
        self.stream = stream
        self.shaper = shaper
        self.watchdog_ns = watchdog_ns
        self.state = State.IDLE
        self.last_fault = ''
        self._lockstep, self._approach, self._max_steps = lockstep, approach, max_steps
        self._tick = 0
        self._told_to_hold = False
        self._joint_of: list[int] | None = None

    @property
    def active(self) -> bool:
        """Whether ticks drive the robot."""
        return self.state in ACTIVE

    def start(self, session_id: str, stamp_ns: int, task: str, seed: int = 0) -> None:
        """Begin a session; the robot holds until the first chunk.

        Args:
            session_id: Unlike any other.
            stamp_ns: Now [ns, the bridge's clock].
            task: Instruction for the policy; empty for the policy_node's own.
            seed: Of what is drawn at random in lockstep.

        Raises:
            DriverError: The robot's pose cannot be read or used, or it is emergency-stopped.
        """
        if self.state is State.E_STOPPED:
            raise DriverError('emergency stop: reset it first')
        self.stream.start(session_id, stamp_ns, task)
        pose = self._reset_shaper()
        self._tick = 0
        if self._lockstep:
            self._lockstep.reset(seed)
        if self._approach:
            self._approach.start(pose)
        self._on(Event.START)
        if self._approach:
            self._on(Event.APPROACH)
        if self._told_to_hold:
            self._on(Event.HOLD)

    def reset_e_stop(self) -> None:
        """An emergency stop is over; `start` may follow."""
        self._on(Event.RESET)

    def reconnect(self) -> None:
        """Open the robot anew after it failed; `start` may follow.

        Raises:
            DriverError: It still fails.
        """
        if isinstance(self.driver, Reconnecting):
            self.driver.reconnect()
        else:
            self.driver.disconnect()
            self.driver.connect()

    def stop(self, event: Event, reason: str = '') -> None:
        """Stop the robot now and end the session.

        Args:
            event: STOP, FAIL or E_STOP.
            reason: Shown as the last fault.
        """
        self.stream.start('', 0, '')
        self._on(event)
        self.last_fault = reason or self.last_fault
        try:
            self.driver.stop()
        except Exception as error:      # a vendor's SDK may raise anything; the loop has ended
            self._on(Event.FAIL)
            self.last_fault = f'cannot be stopped: {error}'

    def hold(self, held: bool) -> None:
        """Hold the robot still, or go on; what was asked for before is not executed afterwards.

        A hold outlasts faults and sessions.

        Raises:
            DriverError: The robot cannot hold, or its pose cannot be read.
        """
        released, self._told_to_hold = self._told_to_hold and not held, held
        if not held and not released:
            return
        self.stream.buffer.flush()
        if not self._lockstep:      # the robot may be moved by hand: answers are of another pose
            self.stream.forget()
            if held and self.active:    # now: it may be released before the next tick
                self.driver.hold()
        if released and self.active:
            self._go_on_from_rest()
        self._on(Event.HOLD if held else Event.RELEASE)

    def _go_on_from_rest(self) -> None:
        """It stood still: whatever comes begins at rest, a way that was not gone begins anew."""
        approach = self._approach if self._approach and self._approach.pending else None
        if not self._lockstep:
            pose = self._reset_shaper()
            if approach:
                approach.start(pose)
        if approach:
            self._on(Event.APPROACH)

    def policy_lost(self) -> None:
        """The policy went away: its answer will not come."""
        self.stream.give_up()
        self.last_fault = 'policy_node is gone'

    def policy_joined(self) -> None:
        """A policy came: what was asked before it was there will not be answered by it."""
        self.stream.give_up()

    def on_chunk(self, chunk: Chunk, now_ns: int) -> None:
        """A chunk arrived at ``now_ns`` [steady clock]."""
        if self._lockstep and self.stream.awaits(chunk.session_id, chunk.request_id):
            self._lockstep.keep(chunk, now_ns)
        else:
            self.stream.accept(chunk, now_ns)

    def tick(self, now_ns: int, stamp_ns: int, policy_present: bool) -> Tick:
        """Do one control step, or wait for a chunk in lockstep.

        Args:
            now_ns: Steady clock [ns].
            stamp_ns: The bridge's clock [ns].
            policy_present: Whether somebody listens to requests.

        Raises:
            DriverError: The robot failed; the caller stops the loop.
        """
        if self._max_steps and self.stream.buffer.timestep >= self._max_steps:
            self.stop(Event.STOP, f'max_steps: {self._max_steps} control steps are done')
            return Tick(stamp_ns, None, None, None, advanced=False)
        if self._told_to_hold:
            return self._held(stamp_ns)
        if self.state is State.APPROACHING:
            return self._go_to_ready(stamp_ns)
        admitted = self._admit()
        request = None
        if policy_present and not (admitted and self._lockstep and not self._lockstep.next_delay):
            request = self.stream.request_due(now_ns, stamp_ns)
        if request and self._lockstep:
            self._lockstep.asked(self._tick)
        waits = self._waits(admitted)
        if waits and self.state is not State.READY and (
                not policy_present or self.stream.waited_ns(now_ns) > PATIENCE_NS):
            self._on(Event.HOLD)
        reading = None
        if request or not waits:
            reading = self.driver.read(cameras=bool(self._lockstep and request))
        if waits or reading is None:
            return Tick(stamp_ns, reading, request, None, advanced=False)
        return Tick(stamp_ns, reading, request, self._act(now_ns, reading), advanced=True)

    def _held(self, stamp_ns: int) -> Tick:
        """Told to hold: a lockstep world stands still, a robot keeps its pose."""
        if self._lockstep:
            return Tick(stamp_ns, None, None, None, advanced=False)
        self.driver.hold()
        self.stream.count_tick(starved=False)
        return Tick(stamp_ns, self.driver.read(cameras=False), None, None, advanced=True)

    def _go_to_ready(self, stamp_ns: int) -> Tick:
        """One step on the way to the ready pose; nothing is asked of the policy."""
        assert self._approach is not None
        reading = self.driver.read(cameras=False)
        command = self._drive(self._approach, self._measured(reading)).command
        if command is not None:
            self._approach.commanded(self.shaper.position)
        self.last_fault = self._approach.stuck or self.last_fault
        if not self._approach.pending:
            self._reset_shaper()
            self._on(Event.ARRIVE)
        return Tick(stamp_ns, reading, None, command, advanced=True)

    def _admit(self) -> bool:
        """Queue the chunk of this tick in lockstep; True if there was one."""
        arrived = self._lockstep.take(self._tick) if self._lockstep else None
        return arrived is not None and self.stream.accept(*arrived) is not None

    def _waits(self, admitted: bool) -> bool:
        """Whether the simulated world must stand still until an answer comes."""
        if not self._lockstep or admitted:
            return False
        if self.stream.in_flight:
            return self._lockstep.due(self._tick)
        return self.stream.asking

    def _act(self, now_ns: int, reading: Reading) -> NDArray[np.float64] | None:
        """Write the action of this tick, or hold without one."""
        if self.watchdog_ns and not self._lockstep:
            self.stream.expire(now_ns, self.watchdog_ns)
        pose = self._measured(reading)
        self.stream.similarity.see(pose)
        shaped = self._drive(self.stream.buffer, pose)
        self.stream.count_tick(shaped.starved)
        self._tick += 1
        self._on(Event.STARVE if shaped.starved else Event.ACTION)
        return shaped.command

    def _drive(self, source: RowSource, pose: NDArray[np.float64] | None) -> ShapedTick:
        """Write the command of this tick, or hold without one."""
        try:
            shaped = self.shaper.tick(source, pose)
        except ShapingError as error:
            raise DriverError(str(error)) from error
        if shaped.command is None:
            self.driver.hold()
        else:
            self.driver.write(shaped.command)
        return shaped

    def _reset_shaper(self) -> NDArray[np.float64] | None:
        """Shaping begins where the robot is; return its pose."""
        self._joint_of = None
        pose = self._measured(self.driver.read(cameras=False))
        try:
            self.shaper.reset(pose, np.array(self._joint_of) >= 0)
        except ShapingError as error:
            raise DriverError(str(error)) from error
        return pose

    def _measured(self, reading: Reading) -> NDArray[np.float64] | None:
        """Pose in the action columns, nan where it is not measured; None if no column is a joint.

        The joint names of a reading do not change within a session: they are looked up once.
        """
        if self._joint_of is None:
            self._joint_of = [reading.joint_names.index(name) if name in reading.joint_names
                              else -1 for name in self.driver.spec.action_names]
        if max(self._joint_of) < 0 or not self.driver.spec.commands_positions:
            return None
        positions = np.append(reading.positions, np.nan)    # index -1 is the nan
        return positions[self._joint_of]

    def _on(self, event: Event) -> None:
        self.state = following(self.state, event)
