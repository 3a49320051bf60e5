"""Recorded chunks as values, and as an .npz file. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from robot_bridge.tune.errors import TuneError
from robot_bridge.tune.sources import RecordedPolicy

NPZ_KEYS = ('actions', 'first_timestep', 'rate')


@dataclass(frozen=True, slots=True)
class Recording:
    """What was recorded of a run.

    Attributes:
        sessions: One for each session, the earliest first.
        step_ns: Row spacing of the chunks [ns].
        delays: Measured from request to chunk [control steps], shape (N,); empty if unknown.
    """

    sessions: tuple[RecordedPolicy, ...]
    step_ns: int
    delays: NDArray[np.int64]

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
        TuneError: The file cannot be read, or an array is missing or has another shape.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
    except (OSError, ValueError, BadZipFile, AttributeError) as error:
        raise TuneError(f'cannot read {path} as an .npz archive: {error}') from error
    missing = [key for key in NPZ_KEYS if key not in arrays]
    if missing:
        raise TuneError(f'{path} must have the arrays {", ".join(NPZ_KEYS)}; '
                        f'{", ".join(missing)} is missing')
    try:
        return _from_arrays(arrays)
    except TuneError as error:
        raise TuneError(f'{path}: {error}') from error


def _from_arrays(arrays: Mapping[str, NDArray]) -> Recording:
    actions = np.asarray(arrays['actions'])
    if actions.ndim != 3 or 0 in actions.shape:
        raise TuneError('actions must have shape (chunks, rows, columns), each >= 1; got '
                        f'{actions.shape}')
    count, _, columns = actions.shape
    names = arrays.get('names', np.array([f'action_{k + 1}' for k in range(columns)]))
    units = arrays.get('units', np.array(['unit'] * columns))
    session = arrays.get('session', np.zeros(count, dtype=np.int64))
    for key, array, length in (('first_timestep', arrays['first_timestep'], count),
                               ('session', session, count), ('names', names, columns),
                               ('units', units, columns)):
        if array.shape != (length,):
            raise TuneError(f'{key} must have shape ({length},), got {array.shape}')
    rate = float(arrays['rate'])
    if not rate > 0:
        raise TuneError(f'rate must be > 0 Hz, got {rate:g}')
    delays = np.asarray(arrays.get('delay', np.empty(0)), dtype=np.int64).ravel()
    if (delays < 0).any():
        raise TuneError(f'delay must be >= 0 control steps, got {delays.min()}')
    policies = []
    for value in dict.fromkeys(session.tolist()):
        chosen = np.flatnonzero(session == value)
        policies.append(RecordedPolicy(
            tuple(map(str, names)), tuple(map(str, units)),
            arrays['first_timestep'][chosen].tolist(), list(actions[chosen])))
    return Recording(tuple(policies), round(1e9 / rate), delays)
