"""Rows waiting to be executed, aligned by timestep. Pure: numpy only, no clock, no ROS."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_bridge.aggregation import OWN, Aggregate, Rows, merged_rows, name_of
from segue_core.arrays import all_true, within
from segue_core.chunk import Chunk, ChunkError

RANGE_SLACK = 1e-5
"""Share of a column's range by which a value may pass its limit: rounding to float32 does."""
PREFIX_SLACK = 1e-3
"""Share of a column's range by which frozen rows may differ from queued ones: policies round."""


class Merge(NamedTuple):
    """What happened to the rows of one chunk; the three counts add up to its horizon.

    Attributes:
        late_rows: Dropped: their timestep had been executed.
        merged_rows: Aggregated with a row that was queued.
        new_rows: Appended.
        seam_jump: Largest |new - old| over the merged rows' columns [column's unit], 0 without.
        prefix_broken: The policy says that it froze rows of the prefix, but they are others.
    """

    late_rows: int
    merged_rows: int
    new_rows: int
    seam_jump: float
    prefix_broken: bool

    @property
    def usable_rows(self) -> int:
        """Rows that came in time."""
        return self.merged_rows + self.new_rows


class ChunkBuffer:
    """The queue of a session: row k is executed at ``timestep + k``.

    Rows are read-only, and a merge makes new ones: what was popped or looked at stays what it was.

    Args:
        names: D action columns, in the order of the rows; chunks are reordered by name.
        lower: Smallest value of each column, shape (D,).
        upper: Largest value of each column, shape (D,).
        aggregate: How overlapping rows merge.
    """

    def __init__(self, names: tuple[str, ...], lower: NDArray[np.float64],
                 upper: NDArray[np.float64], aggregate: Aggregate) -> None:
        self.names = names
        self.aggregate = aggregate
        self.lower, self.upper = lower, upper
        self._range = upper - lower
        self._lowest, self._highest = lower[np.newaxis], upper[np.newaxis]
        self.clear()

    def clear(self) -> None:
        """Begin a new session: nothing queued, timestep 0."""
        self.timestep = 0
        self.horizon = 0
        self._rows = np.empty((0, len(self.names)))
        self._counts = np.empty(0, dtype=np.int64)

    def flush(self) -> None:
        """Drop what is queued; the timestep stays."""
        self._rows, self._counts = self._rows[:0], self._counts[:0]

    def __len__(self) -> int:
        """Rows that wait to be executed."""
        return len(self._rows)

    @property
    def level(self) -> float:
        """Queued rows over the longest horizon seen, 0 before the first chunk."""
        return len(self) / self.horizon if self.horizon else 0.0

    def queued(self) -> NDArray[np.float64]:
        """Rows for ``timestep``, ``timestep + 1``, ...; shape (len, D), read-only."""
        return self._rows

    def pop(self) -> NDArray[np.float64] | None:
        """Take the action for the next timestep, shape (D,); None when nothing is queued."""
        if not len(self._rows):
            return None
        row = self._rows[0]
        self._rows, self._counts = self._rows[1:], self._counts[1:]
        self.timestep += 1
        return row

    def merge(self, chunk: Chunk, prefix: Rows | None = None) -> Merge:
        """Queue the rows of a chunk.

        Args:
            chunk: Its ``first_timestep`` is at most the end of the queue.
            prefix: Rows that were queued from ``first_timestep`` on when the chunk was asked for,
                shape (P, D); None for none.

        Returns:
            The fate of each row.

        Raises:
            ChunkError: The chunk has other columns, values out of range, or would leave a gap, or
                the aggregation made nothing usable; nothing was changed.
        """
        rows = self._ordered(chunk)
        horizon, queued = len(rows), len(self._rows)
        start = chunk.first_timestep - self.timestep
        if start > queued:
            raise ChunkError(f'first_timestep {chunk.first_timestep} leaves a gap after the queue, '
                             f'which ends before {self.timestep + queued}')
        broken = not self._repeats(rows[:chunk.frozen_rows], prefix)
        late, start = min(max(-start, 0), horizon), max(start, 0)
        rows = rows[late:]
        merged = min(queued - start, len(rows))
        jump = self._insert(rows, start, merged)
        self.horizon = max(self.horizon, horizon)
        return Merge(late_rows=late, merged_rows=merged, new_rows=horizon - late - merged,
                     seam_jump=jump, prefix_broken=broken)

    def _insert(self, rows: Rows, start: int, merged: int) -> float:
        """Put rows into the queue from ``start`` on and return the seam jump.

        Args:
            rows: Of one's own, shape (K, D).
            start: How many queued rows stay before them.
            merged: How many of them overlap queued ones.
        """
        counts, jump, end = np.ones(len(rows), dtype=np.int64), 0.0, start + len(rows)
        if merged:
            new, old, old_counts = rows[:merged], self._rows[start:end], self._counts[start:end]
            change = new - old
            np.abs(change, out=change)
            jump = change.item(change.argmax())     # faster than max()
            if self.aggregate in OWN:       # a mean of rows in range is in range
                new[:] = self.aggregate(old, new, old_counts)
            else:
                new[:] = self._within(merged_rows(self.aggregate, old, new, old_counts),
                                      f'aggregation {name_of(self.aggregate)}: ')
            counts[:merged] += old_counts
        if start or end < len(self._rows):
            rows = np.concatenate([self._rows[:start], rows, self._rows[end:]])
            counts = np.concatenate([self._counts[:start], counts, self._counts[end:]])
        rows.setflags(write=False)
        counts.setflags(write=False)
        self._rows, self._counts = rows, counts
        return jump

    def _repeats(self, frozen: Rows, prefix: Rows | None) -> bool:
        """Whether the rows that a policy froze are the first ones of the prefix."""
        if not len(frozen):
            return True
        if prefix is None or len(frozen) > len(prefix):
            return False
        return bool((np.abs(frozen - prefix[:len(frozen)]) <= PREFIX_SLACK * self._range).all())

    def _ordered(self, chunk: Chunk) -> NDArray[np.float64]:
        if chunk.names == self.names:
            rows = chunk.actions
        elif set(chunk.names) == set(self.names):
            rows = chunk.actions[:, [chunk.names.index(name) for name in self.names]]
        else:
            raise ChunkError(f'names must be {list(self.names)}, got {list(chunk.names)}')
        return self._within(rows)

    def _within(self, rows: Rows, source: str = '') -> Rows:
        """A copy within the columns' ranges; a refusal begins with ``source``."""
        lowest, highest = self._bounds(len(rows))
        clipped = within(rows, lowest, highest)
        if all_true(clipped == rows):
            return clipped
        outside = np.abs(clipped - rows) > RANGE_SLACK * self._range
        if outside.any():
            row, column = np.argwhere(outside)[0]
            raise ChunkError(
                f'{source}{self.names[column]} must be within {self.lower[column]:g}..'
                f'{self.upper[column]:g}, row {row} is {rows[row, column]:g}')
        return clipped

    def _bounds(self, rows: int) -> tuple[Rows, Rows]:
        """Smallest and largest values, each of shape (rows, D): broadcasting takes longer."""
        if rows > len(self._lowest):
            self._lowest, self._highest = (np.tile(b, (rows, 1)) for b in (self.lower, self.upper))
        return self._lowest[:rows], self._highest[:rows]
