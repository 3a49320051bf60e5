"""From episodes to the figures of a cell, with their uncertainty. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from segue_evaluation.modes import MODES
from segue_evaluation.rows import Row

Z = 1.959963984540054
"""Quantile of the normal distribution for intervals of 95 %."""


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean and what is known about it.

    Attributes:
        value: The mean; nan without samples.
        half_width: Half of its 95 % interval by the normal approximation; nan below two samples.
    """

    value: float
    half_width: float


@dataclass(frozen=True, slots=True)
class CellFigures:
    """Figures of one mode at one delay; units as in `Row`.

    Attributes:
        mode: Name of the mode.
        delay: As it was asked for.
        n: Episodes.
        successes: How many succeeded.
        errors: How many ended with an error; they count as failures.
        low: Lower end of the Wilson 95 % interval of the success rate.
        high: Its upper end.
        steps: Control steps of the episodes that succeeded.
        idle_share: Over all episodes without an error, as everything that follows.
        seam_jump_mean: Mean jump.
        seam_jump_max: Largest jump in any episode.
        jerk: Jerk.
        requests: Requests of an episode.
        tasks: Task number -> (successes, episodes).
    """

    mode: str
    delay: str
    n: int
    successes: int
    errors: int
    low: float
    high: float
    steps: Mean
    idle_share: Mean
    seam_jump_mean: Mean
    seam_jump_max: float
    jerk: Mean
    requests: Mean
    tasks: dict[int, tuple[int, int]]

    @property
    def rate(self) -> float:
        """Success rate [0..1]."""
        return self.successes / self.n


def wilson(successes: int, n: int) -> tuple[float, float]:
    """Wilson's score interval of a proportion, 95 %.

    Args:
        successes: 0..n.
        n: Trials, >= 1.

    Source:
        Wilson 1927, JASA 22; without continuity correction.
    """
    rate, z2 = successes / n, Z * Z
    middle = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = Z / (1 + z2 / n) * math.sqrt(rate * (1 - rate) / n + z2 / (4 * n * n))
    low = 0.0 if successes == 0 else middle - half
    return low, 1.0 if successes == n else middle + half


def mean(values: Iterable[float]) -> Mean:
    """Mean of samples; nan is left out."""
    kept = [v for v in values if not math.isnan(v)]
    if not kept:
        return Mean(math.nan, math.nan)
    middle = math.fsum(kept) / len(kept)
    if len(kept) < 2:
        return Mean(middle, math.nan)
    variance = math.fsum((v - middle) ** 2 for v in kept) / (len(kept) - 1)
    return Mean(middle, Z * math.sqrt(variance / len(kept)))


def summarize(rows: Sequence[Row]) -> list[CellFigures]:
    """Figures of each cell: the modes in their order, their delays in ascending order."""
    cells: dict[tuple[str, str], list[Row]] = {}
    for row in sorted(rows, key=_cell_order):
        cells.setdefault((row.mode, row.delay), []).append(row)
    return [_cell(mode, delay, members) for (mode, delay), members in cells.items()]


def in_order(rows: Sequence[Row]) -> list[Row]:
    """Rows by suite, task, initial state and seed, then as `summarize`."""
    return sorted(rows, key=lambda row: (*row.key[:4], _cell_order(row)))


def _cell_order(row: Row) -> tuple[int, bool, int, str]:
    """By mode; fixed delays by size, then the others by name."""
    fixed = row.delay.isdecimal()
    return (list(MODES).index(row.mode), not fixed, int(row.delay) if fixed else 0, row.delay)


def _cell(mode: str, delay: str, rows: Sequence[Row]) -> CellFigures:
    successes = sum(r.success for r in rows)
    whole = [r for r in rows if not r.error]
    low, high = wilson(successes, len(rows))

    def over(figure: Callable[[Row], float]) -> Mean:
        return mean(figure(r) for r in whole)
    return CellFigures(
        mode=mode, delay=delay, n=len(rows), successes=successes, errors=len(rows) - len(whole),
        low=low, high=high, steps=mean(r.steps for r in rows if r.success),
        idle_share=over(lambda r: r.idle_share),
        seam_jump_mean=over(lambda r: r.seam_jump_mean),
        seam_jump_max=max((r.seam_jump_max for r in whole), default=math.nan),
        jerk=over(lambda r: r.jerk), requests=over(lambda r: r.requests),
        tasks={task: (sum(r.success for r in rows if r.task_id == task),
                      sum(r.task_id == task for r in rows))
               for task in sorted({r.task_id for r in rows})})
