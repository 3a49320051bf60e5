"""Where replayed chunks come from: a synthetic policy, or chunks that were recorded. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from robot_bridge.tune.errors import TuneError

IMMEDIATE_ERROR = 0.1
"""Prediction error of the very first row, as a share of the error one second ahead."""
COMPONENTS = 5
"""Sinusoids that make up the motion of a joint."""


class ChunkSource(Protocol):
    """A policy as the replay sees it.

    Attributes:
        names: D action columns.
        units: D units.
        steps: Control steps that it can be replayed for.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    steps: int

    def predict(self, timestep: int, horizon: int) -> NDArray[np.float64]:
        """What the policy says at ``timestep`` for it and the steps after it.

        Returns:
            Shape (horizon, D); the same arguments give the same rows.
        """


class SyntheticPolicy:
    """Predicts smooth motion of several joints with an error that each inference draws anew.

    The error of a prediction is smooth over the chunk. Its deviation grows linearly with how far
    ahead a row lies, so old rows and new ones for the same control step disagree.

    Args:
        joints: Action columns [-], >= 1.
        amplitude: Of the motion of each joint [rad].
        bandwidth: Highest frequency of the motion and of the errors [Hz], > 0.
        noise: Deviation of the error of a row one second ahead [rad]; at once it is a tenth.
        rate: Control steps per second [Hz].
        steps: Control steps that it can be replayed for.
        seed: Of motion and errors.
    """

    def __init__(self, *, joints: int, amplitude: float, bandwidth: float, noise: float,
                 rate: float, steps: int, seed: int) -> None:
        self.names = tuple(f'joint_{k + 1}' for k in range(joints))
        self.units = ('rad',) * joints
        self.steps = steps
        self._rate, self._seed = rate, seed
        self._noise, self._bandwidth = noise, bandwidth
        random = np.random.default_rng(seed)
        self._gain = amplitude / np.sqrt(COMPONENTS)
        self._frequencies = random.uniform(0.1, 1.0, (COMPONENTS, joints)) * bandwidth
        self._phases = random.uniform(0.0, 2 * np.pi, (COMPONENTS, joints))

    def motion(self, timesteps: NDArray[np.int64]) -> NDArray[np.float64]:
        """What a perfect prediction says for ``timesteps`` (N,): shape (N, D) [rad]."""
        seconds = timesteps[:, np.newaxis, np.newaxis] / self._rate
        angles = 2 * np.pi * self._frequencies * seconds + self._phases
        return self._gain * np.sin(angles).sum(axis=1)

    def predict(self, timestep: int, horizon: int) -> NDArray[np.float64]:
        """See `ChunkSource`."""
        random = np.random.default_rng((self._seed, timestep))
        joints = len(self.names)
        ahead = np.arange(horizon)[:, np.newaxis] / self._rate
        angles = 2 * np.pi * random.uniform(0.0, self._bandwidth, joints) * ahead
        error = (random.normal(size=joints) * np.cos(angles)
                 + random.normal(size=joints) * np.sin(angles))
        deviation = self._noise * (IMMEDIATE_ERROR + ahead)
        return self.motion(timestep + np.arange(horizon)) + deviation * error


class RecordedPolicy:
    """The chunks of one recorded session.

    A row for a control step is taken from the recorded chunk that has one for it and whose
    observation is nearest in time to the replayed one; past the recording the last row stays.

    Args:
        names: D action columns.
        units: D units.
        first_timesteps: Control step of each chunk's row 0, N >= 1 of them.
        actions: N arrays of shape (H, D).
    """

    def __init__(self, names: tuple[str, ...], units: tuple[str, ...],
                 first_timesteps: Sequence[int], actions: Sequence[NDArray[np.float64]]) -> None:
        order = np.argsort(np.asarray(first_timesteps), kind='stable')
        self.names, self.units = names, units
        self._actions = [np.asarray(actions[k], dtype=np.float64) for k in order]
        self._first = np.asarray(first_timesteps, dtype=np.int64)[order]
        self._ends = self._first + [len(rows) for rows in self._actions]
        self._first, self._ends = self._first - self._first[0], self._ends - self._first[0]
        self.steps = int(self._ends.max())
        self.horizon = max(len(rows) for rows in self._actions)

    def __len__(self) -> int:
        """Recorded chunks."""
        return len(self._actions)

    def columns(self, names: Sequence[str]) -> RecordedPolicy:
        """The same chunks with some of their columns.

        Raises:
            TuneError: A name is not a column.
        """
        for name in names:
            if name not in self.names:
                raise TuneError(f'column must be one of {", ".join(self.names)}; got {name!r}')
        kept = [self.names.index(name) for name in names]
        return RecordedPolicy(tuple(names), tuple(self.units[k] for k in kept),
                              self._first.tolist(), [rows[:, kept] for rows in self._actions])

    def predict(self, timestep: int, horizon: int) -> NDArray[np.float64]:
        """See `ChunkSource`."""
        wanted = timestep + np.arange(horizon)
        source = np.full(horizon, -1)
        rows = np.empty((horizon, len(self.names)))
        for k in self._nearest(timestep, horizon):
            use = (source < 0) & (wanted >= self._first[k]) & (wanted < self._ends[k])
            rows[use] = self._actions[k][wanted[use] - self._first[k]]
            source[use] = k
            if (source >= 0).all():
                return rows
        known = np.flatnonzero(source >= 0)
        if not len(known):
            past = int(np.flatnonzero(self._first <= timestep)[-1])
            return np.repeat(self._actions[past][-1:], horizon, axis=0)
        held = np.searchsorted(known, np.arange(horizon), side='right') - 1
        return rows[known[np.maximum(held, 0)]]

    def _nearest(self, timestep: int, horizon: int) -> Iterator[int]:
        """Chunks with a row for one of the steps, the nearest observation first."""
        overlap = np.flatnonzero((self._first < timestep + horizon) & (self._ends > timestep))
        order = np.argsort(np.abs(self._first[overlap] - timestep), kind='stable')
        return iter(overlap[order].tolist())
