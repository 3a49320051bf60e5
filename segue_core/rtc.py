"""Weights of Real-Time Chunking: how firmly a new chunk must agree with the rows in the queue."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SCHEDULES = ('exp', 'linear')


def soft_mask(horizon: int, delay: int, execution_horizon: int,
              schedule: str = 'exp') -> NDArray[np.float64]:
    """Weight of each row of the previous chunk in the guidance of the next one.

    The first ``delay`` rows will have been executed when the chunk arrives: weight 1. The last
    ``execution_horizon`` rows are new: weight 0. The weights fall in between.

    Args:
        horizon: H, rows of a chunk.
        delay: d, control steps from observation to usable chunk, >= 0.
        execution_horizon: s, control steps from one chunk to the next; d <= s <= H - d.
        schedule: ``exp`` or ``linear``: how the weights fall.

    Returns:
        Weights [-], 0..1, shape (H,).

    Raises:
        ValueError: An argument is out of its range; the message names it.

    Source:
        Black, Galliker and Levine 2025, arXiv:2506.07339 (Real-Time Execution of Action Chunking
        Flow Policies).
    """
    if horizon < 1:
        raise ValueError(f'horizon must be >= 1, got {horizon}')
    if delay < 0:
        raise ValueError(f'delay must be >= 0 control steps, got {delay}')
    if not delay <= execution_horizon <= horizon - delay:
        raise ValueError(f'execution_horizon must be within delay..horizon - delay = '
                         f'{delay}..{horizon - delay}, got {execution_horizon}')
    if schedule not in SCHEDULES:
        raise ValueError(f'schedule must be one of {", ".join(SCHEDULES)}; got {schedule!r}')
    end = horizon - execution_horizon
    falling = (end - np.arange(horizon)) / (end - delay + 1)
    if schedule == 'exp':
        falling = falling * np.expm1(falling) / np.expm1(1.0)
    rows = np.arange(horizon)
    return np.where(rows < delay, 1.0, np.where(rows < end, falling, 0.0))
