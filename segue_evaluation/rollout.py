"""One episode of a simulator under the bridge's own control loop, in lockstep. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from policy_node.policy import PolicyError
from robot_bridge.assembly import assemble
from robot_bridge.chunk_stream import ChunkStream, Counters
from robot_bridge.control_loop import ControlLoop
from robot_bridge.driver import EpisodeStart, Simulator
from robot_bridge.episodes import EpisodeParams, EpisodeResult
from robot_bridge.parameters import BridgeParams
from robot_bridge.shaping.parameters import ShapingParams
from robot_bridge.states import Event
from segue_core.chunk import Chunk, Request
from segue_core.contract import Contract
from segue_evaluation.features import observe

MEMORY = 51
"""Known delays for the estimator: what it remembers, and the first one, which it leaves out."""
Infer = Callable[[Request, Mapping[str, Any], str], Chunk]
"""Answers a request from features and instruction, e.g. `PolicyServer.infer`."""


@dataclass(frozen=True, slots=True, eq=False)
class Seam:
    """Where a chunk came into the queue.

    Attributes:
        step: Control step before which it came, from 0.
        queued: Row that was queued for this step until then, shape (D,); None without one.
    """

    step: int
    queued: NDArray[np.float64] | None


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What an episode amounted to.

    Attributes:
        start: What the simulator was reset to.
        success: The task's own goal check was true in time.
        steps: Control steps simulated, those without an action included.
        commands: What was written to the robot, shape (N, D); nan where it held still.
        starved: Control steps without a row to execute, shape (N,).
        seams: One for each chunk that was used.
        inference_ns: Wall time of each inference [ns].
        positions: The columns are joint positions, not increments or velocities.
        counters: Of the chunk stream.
    """

    start: EpisodeStart
    success: bool
    steps: int
    commands: NDArray[np.float64]
    starved: NDArray[np.bool_]
    seams: tuple[Seam, ...]
    inference_ns: tuple[int, ...]
    positions: bool
    counters: Counters


class _Log:
    """Notes what the control loop does, tick by tick."""

    def __init__(self, stream: ChunkStream) -> None:
        self._stream = stream
        self.commands: list[NDArray[np.float64] | None] = []
        self.starved: list[bool] = []
        self.seams: list[Seam] = []
        self.inference_ns: list[int] = []
        self._chunks = self._starved_ticks = 0

    def ticked(self, queued: NDArray[np.float64], command: NDArray[np.float64] | None) -> None:
        """A control step was done.

        Args:
            queued: Rows that were queued before it, shape (K, D).
            command: What was written, shape (D,); None when it held still.
        """
        counters = self._stream.counters
        if counters.chunks > self._chunks:
            self.seams.append(Seam(len(self.commands), queued[0] if len(queued) else None))
        self.commands.append(command)
        self.starved.append(counters.starved_ticks > self._starved_ticks)
        self._chunks, self._starved_ticks = counters.chunks, counters.starved_ticks


class Rollout:
    """Runs episodes as robot_bridge and policy_node do, in one process and without waiting.

    Args:
        simulator: Connected.
        infer: The policy.
        contract: What the policy observes and which columns it gives.
        params: The bridge's; ``lockstep`` is taken as true.
        shaping: From rows to commands.
        known_delays: What the bridge measured before, as it has when it ran for a while: its
            estimate for the first requests follows from them [control steps].
    """

    def __init__(self, simulator: Simulator, infer: Infer, contract: Contract,
                 params: BridgeParams, shaping: ShapingParams,
                 known_delays: Sequence[int] = ()) -> None:
        self._simulator, self._infer, self._contract = simulator, infer, contract
        self._params, self._shaping, self._known_delays = params, shaping, known_delays

    def run(self, init_state: int, seed: int, max_steps: int) -> Outcome:
        """Run one episode.

        Args:
            init_state: Which of the task's initial states.
            seed: Of the simulator and the session, so of a policy that samples.
            max_steps: Control steps after which it has failed.

        Raises:
            DriverError: The simulator cannot be used.
            PolicyError: The policy cannot infer, or its chunk cannot be executed.
        """
        episodes = EpisodeParams(count=1, first_init_state=init_state, max_steps=max_steps,
                                 seed=seed)
        loop, runner = assemble(self._simulator, self._params, self._contract, self._shaping,
                                episodes)
        assert runner is not None
        step_ns = self._contract.step_ns
        now = step_ns
        start = runner.begin(now)
        name = session_name(start, seed)
        loop.start(name, now, start.task, crc32(name.encode()))     # each its own drawn delays
        self._warm(loop)
        log = _Log(loop.stream)
        while True:
            queued = loop.stream.buffer.queued()
            tick = loop.tick(now, now, policy_present=True)
            if loop.stream.counters.refused_chunks:     # asked again it would be the same
                raise PolicyError('the bridge refuses what the policy gives: '
                                  f'{loop.stream.counters.last_refusal}')
            if tick.request and tick.reading:
                features = observe(self._contract.inputs, tick.reading, start)
                chunk = self._infer(tick.request, features, start.task)
                log.inference_ns.append(chunk.inference_ns)
                loop.on_chunk(chunk, now)
            if not tick.advanced:
                continue
            log.ticked(queued, tick.action)
            now += step_ns
            result = runner.advanced(now)
            if result:
                return self._outcome(result, loop, log)

    def _warm(self, loop: ControlLoop) -> None:
        """Let the bridge know delays.

        The first chunk of an episode is used before anything was executed, so its delay counts as
        0 steps; among many known ones it hardly changes the estimate.
        """
        if self._known_delays:
            for delay in islice(cycle(self._known_delays), MEMORY):
                loop.stream.delay_steps.add(delay)

    def _outcome(self, result: EpisodeResult, loop: ControlLoop, log: _Log) -> Outcome:
        counters, spec = loop.stream.counters, loop.driver.spec
        joints = loop.driver.read(cameras=False).joint_names
        loop.stop(Event.STOP)
        held = np.full(len(spec.action_names), np.nan)
        return Outcome(
            result.start, result.success, result.steps,
            np.stack([held if c is None else c for c in log.commands]), np.array(log.starved),
            tuple(log.seams), tuple(log.inference_ns),
            spec.commands_positions and not set(spec.action_names).isdisjoint(joints), counters)


def session_name(start: EpisodeStart, seed: int) -> str:
    """Session of an episode: the same on every machine, so a policy may seed its noise with it."""
    return f'{start.suite}-{start.task_id}-{start.init_state}-{seed}'
