"""One episode of a simulator under the bridge's own control loop, in lockstep. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_bridge.assembly import assemble
from robot_bridge.chunk_stream import Counters
from robot_bridge.driver import EpisodeStart, Simulator
from robot_bridge.episodes import EpisodeParams
from robot_bridge.parameters import BridgeParams
from robot_bridge.shaping.parameters import ShapingParams
from robot_bridge.states import Event
from segue_core.chunk import Chunk, Request
from segue_core.contract import Contract
from segue_evaluation.features import observe

Infer = Callable[[Request, Mapping[str, Any], str], Chunk]
"""Answers a request from features and instruction, e.g. `PolicyServer.infer`."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What an episode amounted to.

    Attributes:
        start: What the simulator was reset to.
        success: The task's own goal check was true in time.
        steps: Control steps simulated, those without an action included.
        commands: What was written to the robot, shape (N, D); nan where it held still.
        counters: Of the chunk stream.
    """

    start: EpisodeStart
    success: bool
    steps: int
    commands: NDArray[np.float64]
    counters: Counters


class Rollout:
    """Runs episodes as robot_bridge and policy_node do, in one process and without waiting.

    Args:
        simulator: Connected.
        infer: The policy.
        contract: What the policy observes and which columns it gives.
        params: The bridge's; ``lockstep`` is taken as true.
        shaping: From rows to commands.
    """

    def __init__(self, simulator: Simulator, infer: Infer, contract: Contract,
                 params: BridgeParams, shaping: ShapingParams) -> None:
        self._simulator, self._infer, self._contract = simulator, infer, contract
        self._params, self._shaping = params, shaping

    def run(self, init_state: int, seed: int, max_steps: int) -> Outcome:
        """Run one episode.

        Args:
            init_state: Which of the task's initial states.
            seed: Of the simulator and the session, so of a policy that samples.
            max_steps: Control steps after which it has failed.

        Raises:
            DriverError: The simulator cannot be used.
            PolicyError: The policy cannot infer.
        """
        episodes = EpisodeParams(count=1, first_init_state=init_state, max_steps=max_steps,
                                 seed=seed)
        loop, runner = assemble(self._simulator, self._params, self._contract, self._shaping,
                                episodes)
        assert runner is not None
        step_ns = self._contract.step_ns
        now = step_ns
        start = runner.begin(now)
        loop.start(session_name(start, seed), now, start.task)
        commands: list[NDArray[np.float64] | None] = []
        while True:
            tick = loop.tick(now, now, policy_present=True)
            if tick.request and tick.reading:
                features = observe(self._contract.inputs, tick.reading, start)
                loop.on_chunk(self._infer(tick.request, features, start.task), now)
            if not tick.advanced:
                continue
            commands.append(tick.action)
            now += step_ns
            result = runner.advanced(now)
            if result:
                break
        counters = loop.stream.counters
        loop.stop(Event.STOP)
        held = np.full(len(loop.driver.spec.action_names), np.nan)
        return Outcome(start, result.success, result.steps,
                       np.stack([held if c is None else c for c in commands]), counters)


def session_name(start: EpisodeStart, seed: int) -> str:
    """Session of an episode: the same on every machine, so a policy may seed its noise with it."""
    return f'{start.suite}-{start.task_id}-{start.init_state}-{seed}'
