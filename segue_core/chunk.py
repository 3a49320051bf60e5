"""Action chunks and requests for them, as values. Pure: numpy only, time is integer nanoseconds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segue_core.arrays import all_finite


class ChunkError(ValueError):
    """A chunk or request broke its promise; the message names the field and what was received."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Chunk:
    """Actions for H consecutive control steps.

    Attributes:
        session_id: Run of one bridge that the chunk answers.
        request_id: Request that the chunk answers.
        stamp_ns: The instant that was observed [ns, the bridge's clock].
        first_timestep: Control step that row 0 belongs to.
        step_ns: Row spacing [ns], > 0.
        names: D column names, unique.
        units: D units, one for each column.
        actions: Shape (H, D), H >= 1, finite, unit of each column in ``units``. Copied, read-only.
        chunk_number: Counts the chunks of a session from 0.
        frozen_rows: How many of the first rows repeat the request's prefix.
        inference_ns: Wall time spent in the policy [ns].
        subtask: Subtask the chunk was made for; empty when the policy has none.

    Raises:
        ChunkError: A field does not hold what is said above.
    """

    session_id: str
    request_id: int
    stamp_ns: int
    first_timestep: int
    step_ns: int
    names: tuple[str, ...]
    units: tuple[str, ...]
    actions: NDArray[np.float64]
    chunk_number: int = 0
    frozen_rows: int = 0
    inference_ns: int = 0
    subtask: str = ''

    def __post_init__(self) -> None:
        actions = _rows('actions', self.actions, len(self.names))
        if len(actions) == 0:
            raise ChunkError('actions must have at least one row, got none')
        if len(set(self.names)) != len(self.names):
            raise ChunkError(f'names must be unique, got {list(self.names)}')
        if len(self.units) != len(self.names):
            raise ChunkError(f'units must have one entry for each of the {len(self.names)} names, '
                             f'got {len(self.units)}')
        if self.step_ns <= 0:
            raise ChunkError(f'step must be > 0 ns, got {self.step_ns}')
        if not 0 <= self.frozen_rows <= len(actions):
            raise ChunkError(f'frozen_rows must be within 0..{len(actions)}, '
                             f'got {self.frozen_rows}')
        object.__setattr__(self, 'actions', actions)

    @property
    def horizon(self) -> int:
        """Number of rows H."""
        return len(self.actions)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Request:
    """What the bridge asks of a policy.

    Attributes:
        session_id: Run of one bridge; a new one makes the policy reset.
        session_start_ns: Older samples belong to another run [ns, the bridge's clock].
        request_id: Increases by one for each request of a session.
        stamp_ns: Observe as of this instant [ns, the bridge's clock].
        timestep: Control step executed next at ``stamp_ns``; row 0 of the answer belongs to it.
        task: Instruction; empty for the policy_node's own.
        must_go: Nothing is left to execute, the policy may not skip this request.
        queue_size: Rows that the bridge holds.
        estimated_delay: Control steps expected to be executed before the answer arrives, >= 0.
        deadline_ns: How long the bridge waits for the answer [ns], > 0.
        names: D action column names, in the bridge's order.
        prefix: Rows held for ``timestep``, ``timestep + 1``, ...; shape (P, D). Read-only.

    Raises:
        ChunkError: A field does not hold what is said above.
    """

    session_id: str
    session_start_ns: int
    request_id: int
    stamp_ns: int
    timestep: int
    task: str
    must_go: bool
    queue_size: int
    estimated_delay: float
    deadline_ns: int
    names: tuple[str, ...]
    prefix: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.deadline_ns <= 0:
            raise ChunkError(f'deadline must be > 0 ns, got {self.deadline_ns}')
        if not self.estimated_delay >= 0:
            raise ChunkError(f'estimated_delay must be >= 0 steps, got {self.estimated_delay}')
        object.__setattr__(self, 'prefix', _rows('prefix', self.prefix, len(self.names)))


def _rows(field: str, value: object, columns: int) -> NDArray[np.float64]:
    """Copy ``value`` to a read-only, finite (N, columns) array or say what is wrong with it."""
    rows = np.array(value, dtype=np.float64)
    if columns == 0 or rows.ndim != 2 or rows.shape[1] != columns:
        raise ChunkError(f'{field} must have shape (rows, {columns} names), got {rows.shape}')
    if not all_finite(rows):
        row, column = np.argwhere(~np.isfinite(rows))[0]
        raise ChunkError(f'{field} must be finite, row {row} column {column} is '
                         f'{rows[row, column]}')
    rows.setflags(write=False)
    return rows
