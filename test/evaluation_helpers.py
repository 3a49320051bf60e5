"""Rows, outcomes and cells as the tests of the evaluation need them."""

import numpy as np

from robot_bridge.chunk_stream import Counters
from robot_bridge.driver import EpisodeStart
from segue_evaluation.rollout import Outcome, Seam
from segue_evaluation.rows import Row


def row(**changes):
    values = dict(
        suite='libero_object', task_id=0, task='pick it up', init_state=40, seed=0,
        mode='latest_only', delay='8', threshold=0.5, actions_per_chunk=32, success=True,
        steps=120, idle_share=0.0, seam_jump_mean=0.25, seam_jump_max=0.5, jerk=500.0,
        starved_ticks=8, requests=7, queue_level=0.75, inference_ms_p50=12.5)
    return Row(**{**values, **changes})


def outcome(commands, *, starved=(), seams=(), positions=False):
    """Seams are (step, queued row or None)."""
    commands = np.array(commands, dtype=float)
    flags = np.zeros(len(commands), dtype=bool)
    flags[list(starved)] = True
    return Outcome(
        EpisodeStart('suite', 0, 'task', '', 0, {}), True, len(commands), commands, flags,
        tuple(Seam(step, None if queued is None else np.array(queued, dtype=float))
              for step, queued in seams),
        (1_000_000, 3_000_000), positions, Counters())
