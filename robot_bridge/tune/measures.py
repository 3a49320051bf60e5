"""Figures of a replay: starvation, seams, smoothness, load. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_bridge.tune.replay import Setting, Trace
from robot_bridge.tune.rule import tolerated_delay


@dataclass(frozen=True, slots=True)
class Measures:
    """Figures of one setting; starvation is counted from the first action on.

    Attributes:
        setting: What was tried.
        tolerated_delay: Longest delay that never starves the setting [control steps].
        feasible: Whether that covers the delay at the chosen percentile.
        starved_ticks: Control steps without an action.
        starved_share: Their share of the control steps [0..1].
        seam_jump_mean: Mean over the merges of the largest |new - old| [column's unit].
        seam_jump_max: Largest of them [column's unit].
        jerk_rms: Of the executed actions, over steps and columns [column's unit / s^3].
        requests_per_second: Of control time [1/s].
        queue_level: Mean of queued / horizon over the control steps [0..1].
        late_rows: Rows dropped because their timestep had been executed.
        observation_age: Mean age of the newest observation behind an action [s].
    """

    setting: Setting
    tolerated_delay: int
    feasible: bool
    starved_ticks: int
    starved_share: float
    seam_jump_mean: float
    seam_jump_max: float
    jerk_rms: float
    requests_per_second: float
    queue_level: float
    late_rows: int
    observation_age: float


def measure(setting: Setting, traces: Sequence[Trace], *, rate: float, delay: int) -> Measures:
    """Figures over all replays of a setting.

    Args:
        setting: What was tried.
        traces: One for each session, at least one.
        rate: Control steps per second [Hz].
        delay: Which a feasible setting tolerates [control steps].
    """
    starved = np.concatenate([t.starved for t in traces])
    jumps = np.concatenate([t.seam_jumps for t in traces])
    counters = [t.counters for t in traces]
    ticks = sum(c.ticks for c in counters)
    tolerated = tolerated_delay(setting.chunk_size_threshold, setting.actions_per_chunk)
    return Measures(
        setting=setting, tolerated_delay=tolerated, feasible=delay <= tolerated,
        starved_ticks=int(starved.sum()), starved_share=float(starved.mean()),
        seam_jump_mean=float(jumps.mean()) if len(jumps) else 0.0,
        seam_jump_max=float(jumps.max()) if len(jumps) else 0.0,
        jerk_rms=jerk_rms([t.actions for t in traces], rate),
        requests_per_second=sum(c.requests for c in counters) * rate / ticks,
        queue_level=sum(c.level_sum for c in counters) / ticks,
        late_rows=sum(c.late_rows for c in counters),
        observation_age=float(np.concatenate([t.ages for t in traces]).mean()) / rate)


def jerk_rms(sequences: Sequence[NDArray[np.float64]], rate: float) -> float:
    """Root mean square of the third difference of action sequences.

    Args:
        sequences: Arrays of shape (T, D), one row for each control step.
        rate: Control steps per second [Hz].

    Returns:
        [unit / s^3] over all steps and columns; 0 when every sequence is shorter than 4 steps.
    """
    jerks = np.concatenate([np.diff(rows, n=3, axis=0).ravel() for rows in sequences]) * rate**3
    return float(np.sqrt(np.mean(jerks**2))) if len(jerks) else 0.0
