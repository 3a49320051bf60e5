"""The control tick: ask for chunks, take the action that is due, drive the robot. Pure: no ROS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from robot_bridge.chunk_stream import ChunkStream
from robot_bridge.driver import Driver, DriverError, Reading
from segue_core.chunk import Chunk, Request


class State(IntEnum):
    """State of the bridge, as in BridgeStatus.msg."""

    IDLE = 0
    READY = 1
    RUNNING = 2
    STARVED = 3
    HOLDING = 4
    FAULT = 5
    E_STOPPED = 6


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


class Lockstep:
    """Makes a chunk usable exactly ``delay()`` control steps after its observation.

    Args:
        delay: Draws the delay of the next chunk [control steps], >= 0.
    """

    def __init__(self, delay: Callable[[], int]) -> None:
        self._delay = delay
        self.reset()

    def reset(self) -> None:
        """Begin a session."""
        self.next_delay = self._delay()
        self._due_tick = 0
        self._arrived: tuple[Chunk, int] | None = None

    def asked(self, tick: int) -> None:
        """A request was sent at this tick."""
        self._due_tick = tick + self.next_delay
        self.next_delay = self._delay()

    def keep(self, chunk: Chunk, now_ns: int) -> None:
        """A chunk arrived at ``now_ns`` [steady clock]; it waits until it is due."""
        self._arrived = chunk, now_ns

    def due(self, tick: int) -> bool:
        """Whether the chunk that was asked for belongs into the buffer at this tick."""
        return tick >= self._due_tick

    def take(self, tick: int) -> tuple[Chunk, int] | None:
        """The chunk that arrived, once and when due, with its arrival [ns, steady clock]."""
        if not self.due(tick):
            return None
        arrived, self._arrived = self._arrived, None
        return arrived


class ControlLoop:
    """Joins one robot and one chunk stream.

    Args:
        driver: A connected robot.
        stream: Requests and chunks.
        lockstep: For simulated time; None when the world does not wait.
    """

    def __init__(self, driver: Driver, stream: ChunkStream, lockstep: Lockstep | None) -> None:
        self.driver = driver
        self.stream = stream
        self.state = State.IDLE
        self.last_fault = ''
        self._lockstep = lockstep
        self._tick = 0

    def start(self, session_id: str, stamp_ns: int, task: str) -> None:
        """Begin a session; the robot holds until the first chunk.

        Args:
            session_id: Unlike any other.
            stamp_ns: Now [ns, the bridge's clock].
            task: Instruction for the policy; empty for the policy_node's own.
        """
        self.stream.start(session_id, stamp_ns, task)
        self._tick = 0
        if self._lockstep:
            self._lockstep.reset()
        self.state = State.READY

    def stop(self, state: State, reason: str = '') -> None:
        """Stop the robot now and end the session.

        Args:
            state: Where to go: IDLE, FAULT or E_STOPPED.
            reason: Shown as the last fault.
        """
        self.state = state
        self.last_fault = reason or self.last_fault
        self.stream.start('', 0, '')
        try:
            self.driver.stop()
        except DriverError as error:
            self.state, self.last_fault = State.FAULT, str(error)

    @property
    def active(self) -> bool:
        """Whether ticks drive the robot."""
        return self.state in (State.READY, State.RUNNING, State.STARVED, State.HOLDING)

    def on_chunk(self, chunk: Chunk, now_ns: int) -> None:
        """A chunk arrived at ``now_ns`` [steady clock]."""
        if self._lockstep and self.stream.awaits(chunk.session_id, chunk.request_id):
            self._lockstep.keep(chunk, now_ns)
        else:
            self.stream.accept(chunk, now_ns)

    def policy_lost(self) -> None:
        """The policy went away: its answer will not come."""
        self.stream.give_up()
        self.last_fault = 'policy_node is gone'

    def tick(self, now_ns: int, stamp_ns: int, policy_present: bool) -> Tick:
        """Do one control step, or wait for a chunk in lockstep.

        Args:
            now_ns: Steady clock [ns].
            stamp_ns: The bridge's clock [ns].
            policy_present: Whether somebody listens to requests.

        Raises:
            DriverError: The robot failed; the caller stops the loop.
        """
        admitted = self._admit()
        request = None
        if policy_present and not (admitted and self._lockstep and not self._lockstep.next_delay):
            request = self.stream.request_due(now_ns, stamp_ns)
        if request and self._lockstep:
            self._lockstep.asked(self._tick)
        waits = self._waits(admitted)
        reading = None
        if request or not waits:
            reading = self.driver.read(cameras=bool(self._lockstep and request))
        if waits and not policy_present and self.state is not State.READY:
            self.state = State.HOLDING
        action = None if waits else self._act()
        return Tick(stamp_ns, reading, request, action, advanced=not waits)

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

    def _act(self) -> NDArray[np.float64] | None:
        """Write the action of this tick, or hold without one."""
        action = self.stream.pop()
        self._tick += 1
        if action is None:
            self.driver.hold()
            if self.state is not State.READY:
                self.state = State.STARVED
        else:
            self.driver.write(action)
            self.state = State.RUNNING
        return action
