"""A run of the tuner as a table, results.csv and results.json. Pure."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from robot_bridge.tune.measures import Measures
from robot_bridge.tune.recommend import Recommendation

HEADINGS = ('actions', 'threshold', 'aggregation', 'feasible', 'starved', '[%]', 'seam mean',
            'seam max', 'jerk rms', 'req/s', 'queue', 'late rows', 'age [s]')


def table(results: Sequence[Measures], best: Measures | None) -> str:
    """The matrix for a terminal; the recommended setting is marked with an arrow."""
    rows = [[str(m.setting.actions_per_chunk), f'{m.setting.chunk_size_threshold:g}',
             m.setting.aggregate_fn_name, 'yes' if m.feasible else 'no', str(m.starved_ticks),
             f'{100 * m.starved_share:.2f}', f'{m.seam_jump_mean:.3g}', f'{m.seam_jump_max:.3g}',
             f'{m.jerk_rms:.4g}', f'{m.requests_per_second:.2f}', f'{m.queue_level:.2f}',
             str(m.late_rows), f'{m.observation_age:.2f}'] for m in results]
    widths = [max(len(row[k]) for row in [list(HEADINGS), *rows]) for k in range(len(HEADINGS))]
    marks = ['  ', *('->' if m is best else '  ' for m in results)]
    lines = [f'{mark} ' + '  '.join(c.rjust(w) for c, w in zip(row, widths, strict=True))
             for mark, row in zip(marks, [list(HEADINGS), *rows], strict=True)]
    return '\n'.join([lines[0], '-' * len(lines[0]), *lines[1:]])


def write_results(folder: Path, results: Sequence[Measures], recommendation: Recommendation,
                  run: Mapping[str, object]) -> list[Path]:
    """Write results.csv and results.json.

    Args:
        folder: It exists; older results in it are replaced.
        results: Figures of the matrix, at least one setting; units as in `Measures`.
        recommendation: What came out.
        run: What was replayed, shown in results.json.

    Returns:
        The files.
    """
    rows = [_flat(m) for m in results]
    as_csv, as_json = folder / 'results.csv', folder / 'results.json'
    with as_csv.open('w', newline='') as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator='\n')
        writer.writeheader()
        writer.writerows(rows)
    best = recommendation.best
    as_json.write_text(json.dumps({
        'run': dict(run),
        'recommendation': {'setting': asdict(best.setting) if best else None,
                           'reasons': recommendation.reasons},
        'results': rows}, indent=2) + '\n')
    return [as_csv, as_json]


def _flat(m: Measures) -> dict[str, object]:
    figures = asdict(m)
    return {**figures.pop('setting'), **figures}
