"""Episodes in a simulator: which ones, when each ends, and what it amounted to. Pure: no ROS."""

from __future__ import annotations

from dataclasses import dataclass

from robot_bridge.driver import EpisodeStart, Simulator
from segue_core.parameters import param


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeParams:
    """Parameters ``episodes.*`` of the bridge, used with simulators."""

    count: int = param(1, 'How many episodes to run; the initial states follow one another.',
                       low=1, high=1_000_000)
    first_init_state: int = param(0, 'Initial state of the first episode.', low=0, high=1_000_000)
    max_steps: int = param(300, 'Control steps after which an episode has failed.',
                           unit='control steps', low=1, high=1_000_000)
    seed: int = param(0, 'Seed of the simulator and of inference_delays; episode k uses seed + k.',
                      low=0, high=2**31 - 1)


@dataclass(frozen=True, slots=True)
class EpisodeResult:
    """What an episode amounted to.

    Attributes:
        start: What the simulator was reset to.
        number: Counts the episodes of the run from 0.
        success: The task's own goal check was true in time.
        steps: Control steps simulated.
        wall_ns: Wall time spent [ns].
    """

    start: EpisodeStart
    number: int
    success: bool
    steps: int
    wall_ns: int


class EpisodeRunner:
    """Begins episodes and tells when they are over.

    Args:
        simulator: Connected.
        params: Which episodes.
    """

    def __init__(self, simulator: Simulator, params: EpisodeParams) -> None:
        self.params = params
        self._simulator = simulator
        self._number = -1
        self._steps = 0
        self._began_ns = 0
        self._start: EpisodeStart | None = None

    @property
    def finished(self) -> bool:
        """Whether all episodes are done."""
        return self._number + 1 >= self.params.count and self._start is None

    @property
    def number(self) -> int:
        """Number of the current episode, from 0; -1 before the first."""
        return self._number

    @property
    def seed(self) -> int:
        """Seed of the current episode."""
        return self.params.seed + self._number

    @property
    def goal(self) -> str:
        """Goal predicates of the current episode; empty between episodes."""
        return self._start.goal if self._start else ''

    def begin(self, now_ns: int) -> EpisodeStart:
        """Reset the simulator to the next episode; the caller starts the session."""
        self._number += 1
        self._start = self._simulator.reset(self.params.first_init_state + self._number, self.seed)
        self._steps, self._began_ns = 0, now_ns
        return self._start

    def abort(self, now_ns: int) -> EpisodeResult | None:
        """End the current episode without success; None between episodes."""
        if self._start is None:
            return None
        result = EpisodeResult(self._start, self._number, False, self._steps,
                               now_ns - self._began_ns)
        self._start = None
        return result

    def advanced(self, now_ns: int) -> EpisodeResult | None:
        """Count one control step; the result if it was the last one."""
        assert self._start is not None
        self._steps += 1
        success = self._simulator.success()
        if not success and self._steps < self.params.max_steps:
            return None
        result = EpisodeResult(self._start, self._number, success, self._steps,
                               now_ns - self._began_ns)
        self._start = None
        return result
