"""The cells as a table for a terminal. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from segue_evaluation.stats import CellFigures

HEADINGS = ('mode', 'delay', 'episodes', 'success', '95 %', 'steps', 'idle', 'seam mean',
            'seam max', 'jerk', 'requests', 'errors')


def table(cells: Sequence[CellFigures]) -> str:
    """One line for each mode at each delay."""
    lines = [HEADINGS, *(cell_texts(cell) for cell in cells)]
    widths = [max(len(line[k]) for line in lines) for k in range(len(HEADINGS))]
    first, *others = ['  '.join(text.ljust(width) if k == 0 else text.rjust(width) for k, (
        text, width) in enumerate(zip(line, widths, strict=True))) for line in lines]
    return '\n'.join([first, '-' * len(first), *others])


def cell_texts(cell: CellFigures) -> tuple[str, ...]:
    """Texts under `HEADINGS`."""
    return (cell.mode, cell.delay, str(cell.n), percent(cell.rate),
            f'{100 * cell.low:.0f}..{100 * cell.high:.0f} %', number(cell.steps.value, '.1f'),
            percent(cell.idle_share.value), number(cell.seam_jump_mean.value, '.3f'),
            number(cell.seam_jump_max, '.3f'), number(cell.jerk.value, '.0f'),
            number(cell.requests.value, '.1f'), str(cell.errors))


def percent(share: float) -> str:
    """0..1 as a percentage."""
    return number(100 * share, '.0f', ' %')


def number(value: float, form: str, unit: str = '') -> str:
    """A number, or a dash for nan."""
    return '-' if math.isnan(value) else f'{value:{form}}{unit}'
