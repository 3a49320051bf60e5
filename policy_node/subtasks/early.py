"""When to think again before the interval is over. Pure: time comes with the observations.

*Done*: a gripper was closed for this subtask and is opened again: what was held is let go of.
*Stalled*: no value of a state vector moved by more than a tolerance for a while.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy_node.subtasks.values import SubtaskSettings

CLOSED, OPEN = 0.25, 0.75
"""Share of the way from closed to open below which a gripper is closed, above which it is open."""


class Signs:
    """What was seen since a session got its subtask."""

    def __init__(self) -> None:
        self.begin(0)

    def begin(self, stamp_ns: int) -> None:
        """A subtask begins [ns, clock of the observations]."""
        self._still: NDArray[np.float64] | None = None
        self._still_since_ns = stamp_ns
        self._closed: set[str] = set()
        self._done = False

    def see(self, stamp_ns: int, features: Mapping[str, Any], commands: Mapping[str, float],
            settings: SubtaskSettings) -> None:
        """Look at one observation.

        Args:
            stamp_ns: When it was made [ns].
            features: As `policy_node.policy.Observation.features`; its vectors are the state.
            commands: Action column -> its value now; empty when nothing is being executed.
            settings: Thresholds.
        """
        vectors = [v for _, v in sorted(features.items())
                   if isinstance(v, np.ndarray) and v.ndim == 1]
        state = np.concatenate(vectors) if vectors else np.zeros(0)
        if self._still is None or self._still.shape != state.shape or not np.all(
                np.abs(state - self._still) <= settings.subtask_stall_tolerance):
            # The first look belongs to the instant at which the subtask began.
            self._still_since_ns = self._still_since_ns if self._still is None else stamp_ns
            self._still = state
        for column in settings.subtask_grippers:
            if column in commands:
                self._grip(column, commands[column], settings)

    def reason(self, stamp_ns: int, settings: SubtaskSettings) -> str:
        """Why to think again at an instant [ns]: done, stalled, or empty for not yet."""
        if self._done:
            return 'done'
        still_ns = stamp_ns - self._still_since_ns
        seen = self._still is not None and self._still.size > 0
        return 'stalled' if seen and still_ns >= settings.subtask_stall_time * 1e9 else ''

    def _grip(self, column: str, value: float, settings: SubtaskSettings) -> None:
        way = settings.subtask_gripper_open - settings.subtask_gripper_closed
        share = (value - settings.subtask_gripper_closed) / way if way else 0.5
        if share <= CLOSED:
            self._closed.add(column)
        elif share >= OPEN and column in self._closed:
            self._done = True
