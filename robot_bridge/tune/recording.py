"""Recorded chunks as values, and as an .npz file. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from robot_bridge.tune.errors import TuneError
from robot_bridge.tune.sources import RecordedPolicy

REQUIRED = ('actions', 'first_timestep', 'rate')


@dataclass(frozen=True, slots=True)
class Recording:
    """What was recorded of a run.

    Attributes:
        sessions: One for each session, the earliest first.
        step_ns: Row spacing of the chunks [ns].
        delays: Measured from request to chunk [control steps], shape (N,); empty if unknown.
        refused: Chunks that were left out, since the bridge refuses them.
    """

    sessions: tuple[RecordedPolicy, ...]
    step_ns: int
    delays: NDArray[np.int64]
    refused: int = 0

    @property
    def horizon(self) -> int:
        """Rows of the longest chunk."""
        return max(session.horizon for session in self.sessions)

    @property
    def chunks(self) -> int:
        """Recorded chunks of all sessions."""
        return sum(map(len, self.sessions))


def read_npz(path: Path) -> Recording:
    """Read chunks from a NumPy archive.

    Args:
        path: File with the arrays ``actions`` (N, H, D), ``first_timestep`` (N,) and ``rate``
            [Hz]; optional ``session`` (N,), ``names`` (D,), ``units`` (D,) and ``delay`` (M,)
            [control steps].

    Raises:
        TuneError: The file cannot be read, or an array is missing or cannot be used.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
    except Exception as error:      # a broken file makes numpy and zipfile raise almost anything
        raise TuneError(f'cannot read {path} as an .npz archive: {" ".join(str(error).split())}'
                        ) from error
    missing = [key for key in REQUIRED if key not in arrays]
    if missing:
        raise TuneError(f'{path} must have the arrays {", ".join(REQUIRED)}; '
                        f'{", ".join(missing)} is missing')
    try:
        return _from_arrays(arrays)
    except TuneError as error:
        raise TuneError(f'{path}: {error}') from error


def _from_arrays(arrays: Mapping[str, NDArray]) -> Recording:
    actions = arrays['actions']
    if actions.ndim != 3 or 0 in actions.shape:
        raise TuneError('actions must have shape (chunks, rows, columns), each >= 1; got '
                        f'{actions.shape}')
    if not np.issubdtype(actions.dtype, np.number) or not np.isfinite(actions).all():
        raise TuneError('actions must be finite numbers')
    rate = arrays['rate']
    if rate.shape != () or not np.issubdtype(rate.dtype, np.number) or not rate > 0:
        raise TuneError(f'rate must be > 0 Hz, got {rate}')
    count, _, columns = actions.shape
    defaults = {'session': np.zeros(count, dtype=np.int64), 'units': np.full(columns, 'unit'),
                'names': np.array([f'action_{k + 1}' for k in range(columns)]),
                'delay': np.empty(0, dtype=np.int64)}
    named = {**defaults, **arrays}
    for key, length in (('first_timestep', count), ('session', count), ('names', columns),
                        ('units', columns)):
        if named[key].shape != (length,):
            raise TuneError(f'{key} must have shape ({length},), got {named[key].shape}')
    for key in ('first_timestep', 'delay'):
        if not np.issubdtype(named[key].dtype, np.integer):
            raise TuneError(f'{key} must be whole numbers, got {named[key].dtype}')
    if (named['delay'] < 0).any():
        raise TuneError(f'delay must be >= 0 control steps, got {named["delay"].min()}')
    return Recording(_sessions(named), round(1e9 / float(rate)), named['delay'].ravel())


def _sessions(arrays: Mapping[str, NDArray]) -> tuple[RecordedPolicy, ...]:
    names, units = tuple(arrays['names'].astype(str)), tuple(arrays['units'].astype(str))
    chunks = [np.flatnonzero(arrays['session'] == value)
              for value in dict.fromkeys(arrays['session'].tolist())]
    return tuple(RecordedPolicy(names, units, arrays['first_timestep'][k].tolist(),
                                list(arrays['actions'][k])) for k in chunks)
