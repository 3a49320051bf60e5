"""How an episode was driven: idle share, seam jumps, jerk. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segue_evaluation.rollout import Outcome


@dataclass(frozen=True, slots=True)
class Measures:
    """Figures of one episode.

    Attributes:
        idle_share: Control steps without a row to execute after the first chunk was there, over
            all control steps [0..1].
        starved_ticks: Control steps without a row, those before the first chunk included.
        seam_jump_mean: Mean over the seams of the largest jump in a motion column [its unit].
        seam_jump_max: Largest of them [its unit].
        jerk: Root mean square of the third difference of the commanded path, over control steps
            and motion columns [column's unit / s^3].
        inference_ms: Median wall time of an inference [ms]; nan without any.
    """

    idle_share: float
    starved_ticks: int
    seam_jump_mean: float
    seam_jump_max: float
    jerk: float
    inference_ms: float


def measure(outcome: Outcome, motion: NDArray[np.bool_], rate: float) -> Measures:
    """Figures of an episode.

    Args:
        outcome: Of the episode.
        motion: Columns that move the robot, shape (D,); see `motion_columns`.
        rate: Control steps per second [Hz].
    """
    commands = filled(outcome.commands, positions=outcome.positions)[:, motion]
    jumps = seam_jumps(outcome, motion)
    path = commands if outcome.positions else np.cumsum(commands, axis=0)
    first = outcome.seams[0].step if outcome.seams else len(outcome.starved)
    return Measures(
        idle_share=float(outcome.starved[first:].sum() / len(outcome.starved)),
        starved_ticks=int(outcome.starved.sum()),
        seam_jump_mean=float(jumps.mean()) if len(jumps) else 0.0,
        seam_jump_max=float(jumps.max()) if len(jumps) else 0.0,
        jerk=jerk(path, rate),
        inference_ms=float(np.median(outcome.inference_ns)) / 1e6
        if outcome.inference_ns else float('nan'))


def motion_columns(names: tuple[str, ...], grippers: Collection[str]) -> NDArray[np.bool_]:
    """Columns that move the robot, shape (D,): a gripper that opens and shuts hides the others.

    Args:
        names: Action columns.
        grippers: Those that are known to be grippers; so is whatever has gripper in its name.
    """
    return np.array([name not in grippers and 'gripper' not in name for name in names])


def filled(commands: NDArray[np.float64], *, positions: bool) -> NDArray[np.float64]:
    """Commands with what the robot does where it holds: zero motion, or its last position.

    Args:
        commands: Shape (N, D); nan where it holds.
        positions: They are positions; before the first one the robot is taken to be there.
    """
    known = np.isfinite(commands).all(axis=1)
    if not positions or not known.any():
        return np.where(known[:, None], commands, 0.0)
    last = np.maximum.accumulate(np.where(known, np.arange(len(commands)), -1))
    return commands[np.where(last < 0, np.argmax(known), last)]


def seam_jumps(outcome: Outcome, motion: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How far the command at each seam is from what the robot was about to do.

    That is the row that was queued for this step, or, when nothing was queued, what the robot did
    in the step before. The first chunk of an episode has no seam.

    Returns:
        Shape (S,), the largest absolute difference in a motion column [its unit].
    """
    commands = filled(outcome.commands, positions=outcome.positions)
    expected = [commands[seam.step - 1] if seam.queued is None else seam.queued
                for seam in outcome.seams[1:]]
    return np.array([np.abs(commands[seam.step] - before)[motion].max()
                     for seam, before in zip(outcome.seams[1:], expected, strict=True)])


def jerk(path: NDArray[np.float64], rate: float) -> float:
    """Root mean square of the third difference of a path, times ``rate``^3.

    Args:
        path: Shape (N, M), one row for each control step.
        rate: Control steps per second [Hz].

    Returns:
        [column's unit / s^3]; 0 when the path is shorter than 4 steps.
    """
    third = np.diff(path, n=3, axis=0) * rate**3
    return float(np.sqrt(np.mean(third**2))) if third.size else 0.0
