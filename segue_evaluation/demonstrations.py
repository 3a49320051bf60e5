"""Demonstrations of the scripted expert: what it saw and what it would do, under disturbances."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy_node.policies.expert.goal import parse_goal
from policy_node.server import PolicyServer
from segue_core.chunk import Chunk, Request
from segue_evaluation.disturbance import Disturbance, Disturbed
from segue_evaluation.rollout import Outcome, Rollout
from segue_evaluation.student import Student

DISTURBANCES = (
    Disturbance(),
    Disturbance(drift=0.05, kicks=0.01),
    Disturbance(drift=0.1, kicks=0.015, slips=0.001),
    Disturbance(drift=0.15, kicks=0.02, slips=0.001),
)
"""From nothing to strong; episodes go round."""


@dataclass(slots=True)
class Recorder:
    """Stands between bridge and policy and keeps what passes.

    Attributes:
        server: The expert's.
        images: Image features to keep.
        student: Drives at first, when there is one; what is kept are the expert's rows all along.
    """

    server: PolicyServer
    images: tuple[str, ...]
    student: Student | None = None
    _kept: list[dict[str, NDArray[Any]]] = field(default_factory=list)

    def infer(self, request: Request, features: Mapping[str, Any], prompt: str) -> Chunk:
        """Ask the expert, keep observation and answer; what is executed may be the student's."""
        chunk = self.server.infer(request, features, prompt)
        poses = features['object_poses']
        placements = parse_goal(str(features['goal']))
        current = next((p for p in placements if p.text == chunk.subtask), placements[-1])
        self._kept.append({
            **{name: features[name] for name in self.images},
            'state': features['state'], 'actions': chunk.actions.astype(np.float32),
            'timestep': np.array(request.timestep), 'subtask': np.array(current.text),
            'landmarks': np.stack([poses[current.thing][:3], poses[current.target][:3]])})
        driven = self.student.drive(request, features, current.text) if self.student else None
        return chunk if driven is None else driven

    def take(self) -> dict[str, NDArray[Any]]:
        """What was kept since the last call, stacked: name -> (T, ...)."""
        kept, self._kept = self._kept, []
        return {name: np.stack([one[name] for one in kept]) for name in kept[0]}


def record(rollout: Rollout, robot: Disturbed, recorder: Recorder, seed: int, max_steps: int
           ) -> tuple[Outcome, dict[str, NDArray[Any]]]:
    """Record one episode with things placed anew.

    Args:
        rollout: Of ``robot`` and ``recorder``.
        robot: To be disturbed.
        recorder: Keeps the observations.
        seed: Of placement and disturbances.
        max_steps: Control steps of the expert after which the episode has failed.
    """
    robot.disturbance = DISTURBANCES[seed % len(DISTURBANCES)]
    if recorder.student:
        recorder.student.begin(seed)
        max_steps += recorder.student.rhythm.until
    outcome = rollout.run(-1, seed, max_steps)
    return outcome, recorder.take()


def save(path: Path, outcome: Outcome, kept: Mapping[str, NDArray[Any]], seed: int) -> None:
    """Write an episode as one npz file: whole or not at all."""
    partial = path.with_suffix('.partial')
    with partial.open('wb') as file:
        np.savez(file, **kept, task=np.array(outcome.start.task), seed=np.array(seed),
                 suite=np.array(outcome.start.suite), task_id=np.array(outcome.start.task_id))
    os.replace(partial, path)
