"""Figures of an evaluation over the delay, one line for each mode. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segue_evaluation.modes import MODES
from segue_evaluation.stats import CellFigures, Mean

COLORS = ('#000000', '#0072b2', '#56b4e9', '#009e73', '#b8a800', '#cc79a7', '#e69f00', '#d55e00')
"""Okabe and Ito's, told apart by colour-blind readers too, the yellow darker; one for each mode."""
MARKERS = ('s', 'o', '^', 'v', 'D', 'P', 'X', '*')
_GAP = 0.052
"""Smallest distance of two labels, in heights of the axes."""


@dataclass(frozen=True, slots=True)
class Line:
    """One mode in one figure.

    Attributes:
        mode: Its name.
        x: Places of its delays.
        y: Values there.
        low: Lower ends of the 95 % intervals; nan where unknown.
        high: Their upper ends.
    """

    mode: str
    x: list[float]
    y: list[float]
    low: list[float]
    high: list[float]

    @property
    def color(self) -> str:
        """The mode's, in every figure."""
        return COLORS[list(MODES).index(self.mode)]

    @property
    def marker(self) -> str:
        """The mode's, in every figure."""
        return MARKERS[list(MODES).index(self.mode)]

    def draw(self, axis: Axes, *, band: bool) -> None:
        """Draw the line in full."""
        axis.plot(self.x, self.y, color=self.color, marker=self.marker, markersize=5.5,
                  linewidth=1.8, zorder=3)
        if band:
            axis.fill_between(self.x, self.low, self.high, color=self.color, alpha=0.2, linewidth=0)


@dataclass(frozen=True, slots=True)
class _Delays:
    """Where delays are on the axis: to scale if all are fixed, else evenly spaced."""

    texts: list[str]

    @property
    def places(self) -> dict[str, float]:
        if all(text.isdecimal() for text in self.texts):
            return {text: float(text) for text in self.texts}
        return {text: float(k) for k, text in enumerate(self.texts)}

    def label(self, axis: Axes) -> None:
        axis.set_xticks(list(self.places.values()), list(self.places))
        axis.set_xlabel('delay [control steps]')


def write_plots(folder: Path, cells: Sequence[CellFigures], title: str) -> list[Path]:
    """Draw success, steps to success, idle share, seam jump and jerk.

    Args:
        folder: It exists.
        cells: At least one.
        title: What was evaluated.

    Returns:
        The files.
    """
    fixed = {cell.delay for cell in cells if cell.delay.isdecimal()}
    others = dict.fromkeys(cell.delay for cell in cells if cell.delay not in fixed)
    delays = _Delays([*sorted(fixed, key=int), *others])
    success = folder / 'success.png'
    _panels(success, _lines(cells, delays, lambda c: Mean(100 * c.rate, math.nan),
                            lambda c: (100 * c.low, 100 * c.high)), delays, title)
    made = [success]
    for name, figure, label, heading in (
            ('steps', lambda c: c.steps, 'control steps',
             'Control steps to success, those included in which the robot held still'),
            ('idle', lambda c: Mean(100 * c.idle_share.value, 100 * c.idle_share.half_width),
             'control steps [%]', 'Control steps without an action after the first chunk'),
            ('seam_jump', lambda c: c.seam_jump_mean, "mean jump [column's unit]",
             'Seam jump: change of the command where a new chunk begins'),
            ('jerk', lambda c: c.jerk, "rms jerk [column's unit / s$^3$]",
             'Jerk of the commanded path')):
        made.append(folder / f'{name}.png')
        _one(made[-1], _lines(cells, delays, figure), delays, label, f'{heading}\n{title}')
    return made


def _lines(cells: Sequence[CellFigures], delays: _Delays, figure: Callable[[CellFigures], Mean],
           interval: Callable[[CellFigures], tuple[float, float]] | None = None) -> list[Line]:
    lines = []
    for mode in dict.fromkeys(cell.mode for cell in cells):
        points = []
        for cell in cells:
            value = figure(cell)
            if cell.mode == mode and not math.isnan(value.value):
                low, high = interval(cell) if interval else (value.value - value.half_width,
                                                             value.value + value.half_width)
                points.append((delays.places[cell.delay], value.value, low, high))
        if points:
            x, y, low_ends, high_ends = (list(column) for column in zip(*sorted(points),
                                                                        strict=True))
            lines.append(Line(mode, x, y, low_ends, high_ends))
    return lines


def _panels(path: Path, lines: Sequence[Line], delays: _Delays, title: str) -> None:
    """A panel for each mode, with all others behind it in grey."""
    columns = min(4, len(lines))
    rows = math.ceil(len(lines) / columns)
    figure = Figure(figsize=(1.2 + 3.0 * columns, 0.9 + 2.7 * rows), layout='constrained')
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for k, axis in enumerate(axes.flat):
        if k >= len(lines):
            axis.set_visible(False)
            continue
        for other in lines:
            if other is not lines[k]:
                axis.plot(other.x, other.y, color='0.82', linewidth=1.2, zorder=1)
        lines[k].draw(axis, band=True)
        axis.set_title(lines[k].mode, color=lines[k].color, fontsize=11, fontweight='bold')
        axis.set_ylim(-4, 104)
        axis.grid(alpha=0.3)
        delays.label(axis)
        axis.label_outer()
        if k % columns == 0:
            axis.set_ylabel('success [%]')
        if k + columns >= len(lines):       # the lowest panel of its column
            axis.tick_params(labelbottom=True)
            axis.set_xlabel('delay [control steps]')
    figure.suptitle(f'Success over the delay, with Wilson 95 % intervals; grey: the other modes\n'
                    f'{title}', fontsize=11)
    figure.savefig(path, dpi=110)


def _one(path: Path, lines: Sequence[Line], delays: _Delays, label: str, title: str) -> None:
    """All modes in one panel, each labelled where its line ends."""
    figure = Figure(figsize=(8.6, 4.8), layout='constrained')
    axis = figure.subplots()
    for line in lines:
        line.draw(axis, band=False)
        axis.errorbar(line.x, line.y, yerr=[np.subtract(line.y, line.low),
                                            np.subtract(line.high, line.y)],
                      color=line.color, linewidth=0, elinewidth=0.9, alpha=0.5, zorder=2)
    values = [value for line in lines for value in line.y]
    if values and min(values) < max(values) / 2:    # near to zero: show how near
        axis.set_ylim(bottom=0)
    axis.set(ylabel=label)
    delays.label(axis)
    axis.grid(alpha=0.3)
    axis.spines[['top', 'right']].set_visible(False)
    axis.set_title(title, fontsize=11)
    _label(axis, lines)
    figure.savefig(path, dpi=110)


def _label(axis: Axes, lines: Sequence[Line]) -> None:
    """Names of the modes at the right, at the height of their lines' ends, without overlap."""
    if not lines:
        axis.text(0.5, 0.5, 'no episode succeeded', transform=axis.transAxes, ha='center')
        return
    bottom, top = axis.get_ylim()
    ends = [(line.y[-1] - bottom) / ((top - bottom) or 1.0) for line in lines]
    for line, height in zip(lines, spread(ends, _GAP), strict=True):
        axis.annotate(line.mode, xy=(line.x[-1], line.y[-1]), xytext=(1.03, height),
                      textcoords='axes fraction', color=line.color, va='center', fontsize=9.5,
                      arrowprops={'arrowstyle': '-', 'color': line.color, 'alpha': 0.5,
                                  'linewidth': 0.8, 'shrinkA': 0, 'shrinkB': 4, 'relpos': (0, 0.5)})


def spread(places: Sequence[float], gap: float) -> list[float]:
    """Places moved as little as needed so that no two are nearer than a gap; order is kept.

    Neighbours that are too near form a group around the mean of where its members want to be.
    """
    order = sorted(range(len(places)), key=lambda k: places[k])
    groups: list[list[int]] = []
    for k in order:
        groups.append([k])
        while len(groups) > 1 and _start(groups[-1], places, gap) < _start(
                groups[-2], places, gap) + len(groups[-2]) * gap:
            last = groups.pop()
            groups[-1] += last
    moved = list(places)
    for group in groups:
        for n, k in enumerate(group):
            moved[k] = _start(group, places, gap) + n * gap
    return moved


def _start(group: Sequence[int], places: Sequence[float], gap: float) -> float:
    middle = sum(places[k] for k in group) / len(group)
    return middle - gap * (len(group) - 1) / 2
