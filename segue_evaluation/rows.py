"""episodes.csv: one row for each episode, appended as it ends. A crash costs the last row only."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from pathlib import Path

from segue_core.parameters import ParameterError
from segue_evaluation.modes import MODES

Key = tuple[str, int, int, int, str, str]
"""What tells episodes apart: suite, task_id, init_state, seed, mode, delay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One episode.

    Attributes:
        suite: Benchmark suite.
        task_id: Task within it.
        task: Its instruction.
        init_state: Initial state within the task.
        seed: Of simulator, delays and policy.
        mode: How chunks were executed.
        delay: As it was asked for [control steps].
        threshold: The bridge's chunk_size_threshold [0..1].
        actions_per_chunk: Rows of a chunk.
        success: The task's own goal check was true in time.
        steps: Control steps, those included in which the robot held still.
        idle_share: See `segue_evaluation.measures.Measures`, as the others down to jerk.
        seam_jump_mean: [column's unit].
        seam_jump_max: [column's unit].
        jerk: [column's unit / s^3].
        starved_ticks: Control steps.
        requests: Requests to the policy.
        queue_level: Mean of queued / horizon over the control steps [0..1].
        inference_ms_p50: Median wall time of an inference [ms]; the one figure that differs from
            run to run.
        error: Why the simulator gave up; empty if it did not.
    """

    suite: str
    task_id: int
    task: str
    init_state: int
    seed: int
    mode: str
    delay: str
    threshold: float
    actions_per_chunk: int
    success: bool
    steps: int
    idle_share: float
    seam_jump_mean: float
    seam_jump_max: float
    jerk: float
    starved_ticks: int
    requests: int
    queue_level: float
    inference_ms_p50: float
    error: str = ''

    @property
    def key(self) -> Key:
        """What tells it apart from others."""
        return self.suite, self.task_id, self.init_state, self.seed, self.mode, self.delay


FIELDS = tuple(f.name for f in fields(Row))
_TYPES = {f.name: str(f.type) for f in fields(Row)}
_READ: dict[str, Callable[[str], object]] = {
    'str': str, 'int': int, 'float': float, 'bool': {'true': True, 'false': False}.__getitem__}


def append(path: Path, row: Row) -> None:
    """Add a row; it is on disk when this returns."""
    with path.open('a', newline='') as file:
        if file.tell() == 0:
            file.write(_line(FIELDS))
        file.write(_line(_texts(row)))
        file.flush()
        os.fsync(file.fileno())


def write(path: Path, rows: Iterable[Row]) -> None:
    """Replace the file, whole or not at all."""
    partial = path.with_suffix('.partial')
    partial.write_text(''.join([_line(FIELDS), *(_line(_texts(row)) for row in rows)]))
    os.replace(partial, path)


def read(path: Path) -> list[Row]:
    """Read all rows; a last line that was cut off by a crash is left out. No file has no rows.

    Raises:
        ParameterError: It is not such a file.
    """
    if not path.exists():
        return []
    try:
        text = path.read_text()
    except ValueError as error:
        raise ParameterError(f'{path} is damaged ({error}): use another --out') from error
    whole = text[:text.rfind('\n') + 1]
    reader = csv.DictReader(io.StringIO(whole))
    if reader.fieldnames is not None and tuple(reader.fieldnames) != FIELDS:
        raise ParameterError(f'{path} has other columns than this version writes: use another '
                             '--out')
    rows = []
    for number, values in enumerate(reader, start=2):
        try:
            rows.append(Row(**{name: _READ[_TYPES[name]](values[name])    # type: ignore[arg-type]
                               for name in FIELDS}))
            if rows[-1].mode not in MODES:
                raise ValueError(f'mode {rows[-1].mode}')
        except (KeyError, ValueError, TypeError) as error:
            raise ParameterError(f'{path} line {number} is damaged ({error!r}): delete the line, '
                                 'its episode is run again') from error
    return rows


def _texts(row: Row) -> list[str]:
    return [_text(getattr(row, name)) for name in FIELDS]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return 'true' if value else 'false'
    return f'{value:.6g}' if isinstance(value, float) else ' '.join(str(value).split())


def _line(values: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator='\n').writerow(values)
    return buffer.getvalue()
