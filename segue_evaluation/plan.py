"""What is evaluated: the grid of episodes, and the parameters of each. Pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segue_evaluation.delays import Delay
from segue_evaluation.modes import Chunking, Mode, overrides
from segue_evaluation.rows import Key

BLOCK = 20
"""Episodes of one task that a worker runs before it opens another task, which takes seconds."""


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode of the grid.

    Attributes:
        suite: Benchmark suite.
        task_id: Task within it.
        init_state: Initial state within the task.
        seed: Of simulator, delays and policy.
        mode: How chunks are executed.
        delay: Of the chunks.
        film: File to write its film to; None for none.
    """

    suite: str
    task_id: int
    init_state: int
    seed: int
    mode: Mode
    delay: Delay
    film: Path | None = None

    @property
    def key(self) -> Key:
        """What tells it apart from others, as `Row.key`."""
        return (self.suite, self.task_id, self.init_state, self.seed, self.mode.name,
                self.delay.text)


@dataclass(frozen=True, slots=True)
class Plan:
    """What all episodes have in common.

    Attributes:
        params_file: Contract and nodes' parameters.
        given: Parameters that replace those of the file: full name -> value; names the policy.
        policy: Kind of policy.
        policy_parameters: Its own parameters: name -> default.
        driver: Kind of simulator.
        chunking: How long chunks are.
        max_steps: Control steps after which an episode has failed.
        checkpoint_sha256: Of the policy's weights; empty for none.
    """

    params_file: Path
    given: Mapping[str, Any]
    policy: str
    policy_parameters: Mapping[str, Any]
    driver: str
    chunking: Chunking
    max_steps: int
    checkpoint_sha256: str = ''

    def parameters(self, episode: Episode) -> dict[str, Any]:
        """Parameters of an episode that replace those of the file: full name -> value.

        Raises:
            ParameterError: The policy cannot do what the mode needs.
        """
        made: dict[str, Any] = {
            **self.given,
            f'{self.driver}.suite': episode.suite, f'{self.driver}.task_id': episode.task_id,
            'inference_delays': episode.delay.steps,
            **overrides(episode.mode, self.chunking, self.policy, self.policy_parameters)}
        if 'seed' in self.policy_parameters:
            made[f'{self.policy}.seed'] = episode.seed
        return made


def episodes(suite: str, tasks: Iterable[int], init_states: Iterable[int], seeds: Iterable[int],
             modes: Iterable[Mode], delays: Iterable[Delay]) -> list[Episode]:
    """The grid. Modes and delays change fastest, so that early results compare them."""
    return [Episode(suite, task, init, seed, mode, delay) for init, task, seed, mode, delay
            in itertools.product(init_states, tasks, seeds, modes, delays)]


def blocks(missing: Sequence[Episode], processes: int) -> list[list[Episode]]:
    """Episodes of one task each, for one worker; the tasks take turns.

    Args:
        missing: Episodes to run.
        processes: Workers that should all have something to do.
    """
    size = max(1, min(BLOCK, math.ceil(len(missing) / processes)))
    by_task: dict[int, list[Episode]] = {}
    for episode in missing:
        by_task.setdefault(episode.task_id, []).append(episode)
    pieces = [[members[k:k + size] for k in range(0, len(members), size)]
              for members in by_task.values()]
    return [piece for turn in itertools.zip_longest(*pieces) for piece in turn if piece]


def without(grid: Iterable[Episode], done: Collection[Key]) -> list[Episode]:
    """Episodes whose rows are not there yet."""
    return [episode for episode in grid if episode.key not in done]
