"""A recorded sequence of actions, made to fit a contract. Pure: numpy only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

SAME_RATE = 1e-3
"""Rates that differ by less than this share are the same: bags of real robots jitter."""


class RecordingError(ValueError):
    """A recording cannot be read or does not fit; the message names what and the remedy."""


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Actions of one episode.

    Attributes:
        title: For people: where it comes from.
        names: D column names.
        units: D units; empty when the recording does not say.
        times_ns: When each row was due [ns], shape (N,), N >= 1, increasing.
        rows: Shape (N, D), unit of each column in ``units``.
    """

    title: str
    names: tuple[str, ...]
    units: tuple[str, ...]
    times_ns: NDArray[np.int64]
    rows: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.rows.shape != (len(self.times_ns), len(self.names)) or not len(self.rows):
            raise RecordingError(f'{self.title} has actions of shape {self.rows.shape}; needed is '
                                 f'at least one row of {len(self.names)} columns')
        if not np.isfinite(self.rows).all():
            row, column = np.argwhere(~np.isfinite(self.rows))[0]
            raise RecordingError(f'{self.title}: action {row} has {self.rows[row, column]} in '
                                 f'column {self.names[column]!r}')

    def with_columns(self, names: Sequence[str], units: Sequence[str]) -> Recording:
        """The columns of those names, in that order.

        Args:
            names: Columns of this recording.
            units: What they must be in.

        Raises:
            RecordingError: A column is missing or in another unit.
        """
        missing = [name for name in names if name not in self.names]
        if missing:
            raise RecordingError(
                f'{self.title} has no action column {missing[0]!r}; it has '
                f'{", ".join(self.names)}: set replay.columns to its name for each of '
                'contract.actions')
        picked = [self.names.index(name) for name in names]
        recorded = tuple(self.units[k] for k in picked) if self.units else ()
        for name, has, wants in zip(names, recorded, units, strict=False):
            if has != wants:
                raise RecordingError(f'{self.title}: column {name!r} is in {has}, '
                                     f'contract.action_units wants {wants}: record or convert it '
                                     'in that unit')
        return replace(self, names=tuple(names), units=recorded, rows=self.rows[:, picked])

    def resampled(self, step_ns: int) -> NDArray[np.float64]:
        """One row for each control step, linear between those recorded.

        Args:
            step_ns: One control step [ns].

        Returns:
            Shape (M, D); M covers the recorded time.
        """
        times = self.times_ns - self.times_ns[0]
        if len(times) == 1 or abs(times[-1] / (len(times) - 1) - step_ns) <= SAME_RATE * step_ns:
            return self.rows
        due = np.arange(0, times[-1] + 1, step_ns)
        return np.stack([np.interp(due, times, column) for column in self.rows.T], axis=1)
