"""metrics.json, plots and report.html, which needs no network. Pure."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Any

from segue_evaluation.modes import MODES
from segue_evaluation.plots import write_plots
from segue_evaluation.stats import CellFigures
from segue_evaluation.table import HEADINGS, cell_texts, percent

METRICS = 'metrics.json'
REPORT = 'report.html'
VIDEO = 'video.gif'

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1080px; margin: 2em auto; padding: 0 1em;
       color: #1a1a1a; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { padding: .3em .7em; text-align: right; border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { text-align: left; }
td small { color: #555; display: block; }
img { max-width: 100%; margin: .6em 0; }
pre { background: #f4f4f4; padding: .8em; overflow-x: auto; white-space: pre-wrap; }
dt { font-weight: 600; } dd { margin: 0 0 .4em 1.5em; }
"""
_WORDS = {
    'success': "the task's own goal check was true within max_steps; the interval is Wilson's",
    'steps': 'control steps of the episodes that succeeded, those included in which the robot held '
             'still: what a person with a watch sees',
    'idle': 'control steps without an action after the first chunk was there, over all control '
            'steps',
    'seam mean, seam max': 'where a new chunk begins, the largest difference in a motion column '
                           'between the command and what was queued for that step, or, with an '
                           'empty queue, what the robot did in the step before',
    'jerk': 'root mean square of the third difference of the commanded path, over control steps '
            'and motion columns',
    'requests': 'inferences of an episode',
}


def write_report(folder: Path, cells: Sequence[CellFigures], settings: Mapping[str, Any],
                 command: str) -> list[Path]:
    """Write everything that is made from the cells.

    Args:
        folder: It exists; a film in it is shown in the report.
        cells: At least one.
        settings: What all episodes have in common.
        command: What was called.

    Returns:
        The files.
    """
    metrics, page, video = folder / METRICS, folder / REPORT, folder / VIDEO
    metrics.write_text(json.dumps({
        'command': command, 'settings': settings, 'cells': [_figures(cell) for cell in cells]},
        indent=2, allow_nan=False) + '\n')
    policy = settings['policy']
    rows, horizon = settings['actions_per_chunk'], settings['execution_horizon']
    title = (f'{policy}, chunks of {rows} rows, threshold {settings["threshold"]:g}; '
             f'sync: {horizon} rows')
    pictures = write_plots(folder, cells, title)
    videos = [video] if video.exists() else []
    page.write_text(_page(cells, settings, command, [*pictures, *videos]))
    return [metrics, *pictures, *videos, page]


def _figures(cell: CellFigures) -> dict[str, Any]:
    """A cell as JSON has it: null instead of nan."""
    figures = _without_nan(asdict(cell))
    figures['success_rate'] = cell.rate
    figures['interval'] = [figures.pop('low'), figures.pop('high')]
    return {'mode': figures.pop('mode'), 'delay': figures.pop('delay'), **figures}


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _without_nan(part) for name, part in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value


def _page(cells: Sequence[CellFigures], settings: Mapping[str, Any], command: str,
          pictures: Sequence[Path]) -> str:
    used = dict.fromkeys(cell.mode for cell in cells)
    return '\n'.join([
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        f'<title>Evaluation of {escape(settings["policy"])}</title><style>{_STYLE}</style></head>',
        f'<body><h1>Task success of {escape(settings["policy"])} under asynchrony</h1>',
        f'<p>{sum(cell.n for cell in cells)} episodes, in lockstep: a delay of d means that a '
        'chunk is usable exactly d control steps after its observation.</p>',
        '<h2>Success</h2>', _matrix(cells),
        *(_picture(path) for path in pictures),
        '<h2>All figures</h2>', _details(cells),
        _definitions(_WORDS), '<h2>Success by task</h2>', _tasks(cells),
        '<h2>Modes</h2>', _definitions({mode: MODES[mode].text for mode in used}),
        '<h2>Reproduce</h2>', f'<pre>{escape(command)}</pre>',
        '<h2>Settings</h2>', f'<pre>{escape(json.dumps(settings, indent=2))}</pre>',
        '</body></html>\n'])


def _matrix(cells: Sequence[CellFigures]) -> str:
    """Success, modes by delays; the darker the better."""
    delays = list(dict.fromkeys(cell.delay for cell in cells))
    found = {(cell.mode, cell.delay): cell for cell in cells}
    lines = []
    for mode in dict.fromkeys(cell.mode for cell in cells):
        entries = [f'<td>{escape(mode)}</td>']
        for delay in delays:
            cell = found.get((mode, delay))
            entries.append('<td>-</td>' if cell is None else (
                f'<td style="background: rgba(0, 114, 178, {0.45 * cell.rate:.2f})">'
                f'{percent(cell.rate)}<small>{100 * cell.low:.0f}..{100 * cell.high:.0f} %, '
                f'n {cell.n}</small></td>'))
        lines.append(f'<tr>{"".join(entries)}</tr>')
    heads = ''.join(f'<th>{escape(text)}</th>' for text in ('mode \\ delay', *delays))
    return f'<table><tr>{heads}</tr>{"".join(lines)}</table>'


def _details(cells: Sequence[CellFigures]) -> str:
    return _table(HEADINGS, [cell_texts(cell) for cell in cells])


def _tasks(cells: Sequence[CellFigures]) -> str:
    tasks = sorted({task for cell in cells for task in cell.tasks})
    lines = []
    for cell in cells:
        counts = [cell.tasks.get(task) for task in tasks]
        lines.append((cell.mode, cell.delay, *('-' if count is None else f'{count[0]}/{count[1]}'
                                               for count in counts)))
    return _table(('mode', 'delay', *(f'task {task}' for task in tasks)), lines)


def _table(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    head = ''.join(f'<th>{escape(text)}</th>' for text in headings)
    body = ''.join(f'<tr>{"".join(f"<td>{escape(text)}</td>" for text in line)}</tr>'
                   for line in lines)
    return f'<table><tr>{head}</tr>{body}</table>'


def _definitions(words: Mapping[str, str]) -> str:
    return '<dl>' + ''.join(f'<dt>{escape(word)}</dt><dd>{escape(text)}</dd>'
                            for word, text in words.items()) + '</dl>'


def _picture(path: Path) -> str:
    data = base64.b64encode(path.read_bytes()).decode()
    return (f'<img alt="{escape(path.stem.replace("_", " "))}" '
            f'src="data:image/{path.suffix[1:]};base64,{data}">')
