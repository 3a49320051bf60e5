"""The matrix as one figure. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

from robot_bridge.tune.measures import Measures
from robot_bridge.tune.recommend import Demand

COLORS = ('#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00')
"""Okabe and Ito's, told apart by colour-blind readers too; one for each horizon."""
MARKERS = ('o', 's', '^', 'D', 'v', 'P')
"""One for each threshold."""


@dataclass(frozen=True, slots=True)
class _Style:
    """How settings are drawn: colour by horizon, shape by threshold, hollow when not feasible."""

    colors: dict[int, str]
    markers: dict[float, str]

    def mark(self, axis: Axes, x: float, y: float, m: Measures, best: Measures | None) -> None:
        color = self.colors[m.setting.actions_per_chunk]
        axis.plot(x, y, self.markers[m.setting.chunk_size_threshold], color=color,
                  markerfacecolor=color if m.feasible else 'white', markersize=6.5,
                  markeredgewidth=1.4, zorder=3)
        if best and m is best:
            axis.plot(x, y, '*', color='black', markeredgecolor='white', markersize=16, zorder=5)


def write_plot(path: Path, results: Sequence[Measures], best: Measures | None, demand: Demand,
               title: str) -> None:
    """Draw starvation and requests over the threshold, seam jump and jerk over the aggregation.

    Args:
        path: PNG file to write; its folder exists.
        results: Figures of the matrix, at least one setting.
        best: The recommended setting, drawn as a star; None for none.
        demand: What a feasible setting stands.
        title: What was replayed.
    """
    horizons = sorted({m.setting.actions_per_chunk for m in results})
    thresholds = sorted({m.setting.chunk_size_threshold for m in results})
    style = _Style({h: COLORS[k % len(COLORS)] for k, h in enumerate(horizons)},
                   {t: MARKERS[k % len(MARKERS)] for k, t in enumerate(thresholds)})
    figure = Figure(figsize=(12, 8.6), layout='constrained')
    (starved, seam), (requests, jerk) = figure.subplots(2, 2, width_ratios=(1, 1.3))
    _draw_starvation(starved, results, style, best)
    _draw_load(requests, results, style, best)
    _over_aggregation(seam, results, style, best, 'seam_jump_mean')
    seam.set(xlabel=f'mean |new - old| at a merge [{demand.unit}]',
             title='Seam jump: how far predictions disagree')
    _over_aggregation(jerk, results, style, best, 'jerk_rms')
    jerk.set(xlabel=f'rms jerk of the executed actions [{demand.unit}/s$^3$]',
             title='Jerk: what the robot feels')
    if all(m.jerk_rms > 0 for m in results):
        jerk.set_xscale('log')
        jerk.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        jerk.xaxis.set_major_formatter(FormatStrFormatter('%g'))
        jerk.xaxis.set_minor_formatter(NullFormatter())
    figure.legend(handles=_legend(style, best), loc='outside lower center',
                  ncols=max(len(horizons), len(thresholds) + 2), frameon=False)
    figure.suptitle(f'{title}\n{demand.text}', fontsize=11)
    figure.savefig(path, dpi=110)


def _draw_starvation(axis: Axes, results: Sequence[Measures], style: _Style,
                     best: Measures | None) -> None:
    _over_threshold(axis, results, style, best, 'starved_share', 100.0)
    top = max(1.08 * 100 * max(m.starved_share for m in results), 1.0)
    axis.set(ylabel='control steps without an action [%]', title='Starvation',
             ylim=(-0.05 * top, top))
    if not any(m.starved_ticks for m in results):
        axis.text(0.5, 0.5, 'no setting starved', transform=axis.transAxes, ha='center',
                  color='0.4')


def _draw_load(axis: Axes, results: Sequence[Measures], style: _Style,
               best: Measures | None) -> None:
    _over_threshold(axis, results, style, best, 'requests_per_second', 1.0)
    axis.set(ylabel='requests per second', title='Load', ylim=(0, None),
             xlabel='chunk_size_threshold (higher asks earlier)')


def _over_threshold(axis: Axes, results: Sequence[Measures], style: _Style,
                    best: Measures | None, figure: str, scale: float) -> None:
    """One line for each horizon; of the aggregations the recommended one, else the worst."""
    for horizon, color in style.colors.items():
        shown: dict[float, Measures] = {}
        for m in (m for m in results if m.setting.actions_per_chunk == horizon):
            held = shown.setdefault(m.setting.chunk_size_threshold, m)
            if held is not best and (m is best or getattr(m, figure) > getattr(held, figure)):
                shown[m.setting.chunk_size_threshold] = m
        points = [(t, scale * getattr(shown[t], figure)) for t in sorted(shown)]
        axis.plot(*zip(*points, strict=True), color=color, linewidth=1.6)
        for threshold, value in points:
            style.mark(axis, threshold, value, shown[threshold], best)
    axis.set_xticks(list(style.markers))
    axis.grid(alpha=0.3)


def _over_aggregation(axis: Axes, results: Sequence[Measures], style: _Style,
                      best: Measures | None, figure: str) -> None:
    """A row for each aggregation, in it a lane for each horizon."""
    names = list(dict.fromkeys(m.setting.aggregate_fn_name for m in results))
    lanes = np.linspace(-0.3, 0.3, len(style.colors)) if len(style.colors) > 1 else np.zeros(1)
    lane = dict(zip(style.colors, lanes, strict=True))
    for m in results:
        row = names.index(m.setting.aggregate_fn_name) + lane[m.setting.actions_per_chunk]
        style.mark(axis, getattr(m, figure), row, m, best)
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(len(names) - 0.5, -0.5)
    for edge in range(1, len(names)):
        axis.axhline(edge - 0.5, color='0.8', linewidth=0.8)
    axis.grid(alpha=0.3, axis='x')


def _legend(style: _Style, best: Measures | None) -> list[Line2D]:
    handles = [Line2D([], [], color=color, linewidth=4, label=f'{horizon} actions_per_chunk')
               for horizon, color in style.colors.items()]
    handles += [Line2D([], [], color='0.35', linestyle='none', marker=marker,
                       label=f'threshold {threshold:g}')
                for threshold, marker in style.markers.items()]
    handles.append(Line2D([], [], color='0.35', linestyle='none', marker='o',
                          markerfacecolor='white', label='hollow: not feasible'))
    if best:
        handles.append(Line2D([], [], linestyle='none', marker='*', label='recommended',
                              color='black', markersize=12))
    return handles
