"""A run as a folder: metrics.json, queue_level.png, one GIF for each filmed episode. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image


@dataclass(frozen=True, slots=True)
class EpisodeRecord:
    """Figures of one finished episode, units as in Episode.msg; times in seconds."""

    suite: str
    task_id: int
    task: str
    init_state: int
    success: bool
    abort_reason: str
    steps: int
    sim_time: float
    wall_time: float
    requests: int
    chunks: int
    refused_chunks: int
    starved_ticks: int
    queue_level: float
    delay_p50: float
    delay_p99: float
    seam_jump_mean: float


@dataclass(slots=True)
class Trace:
    """What was seen during one episode.

    Attributes:
        times: Instants of the samples since the episode began [s].
        levels: Queue size over horizon at these instants [0..1].
        starved: Starved ticks so far at these instants.
        frames: (time [s], image (H, W, 3) uint8 RGB) of the filmed camera.
    """

    times: list[float] = field(default_factory=list)
    levels: list[float] = field(default_factory=list)
    starved: list[int] = field(default_factory=list)
    frames: list[tuple[float, NDArray[np.uint8]]] = field(default_factory=list)


HEADINGS = ('episode', 'success', 'steps', 'sim [s]', 'wall [s]', 'requests', 'chunks', 'starved',
            'queue level', 'delay p50', 'delay p99')


def table(episodes: list[EpisodeRecord]) -> str:
    """The episodes as a table for a terminal; delays are in control steps."""
    rows = [[str(k + 1), 'yes' if e.success else 'no', str(e.steps), f'{e.sim_time:.1f}',
             f'{e.wall_time:.1f}', str(e.requests), str(e.chunks), str(e.starved_ticks),
             f'{e.queue_level:.2f}', f'{e.delay_p50:.1f}', f'{e.delay_p99:.1f}']
            for k, e in enumerate(episodes)]
    widths = [max(len(row[k]) for row in [list(HEADINGS), *rows]) for k in range(len(HEADINGS))]
    lines = ['  '.join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
             for row in [list(HEADINGS), *rows]]
    return '\n'.join([lines[0], '-' * len(lines[0]), *lines[1:]])


def write_report(folder: Path, episodes: list[EpisodeRecord], traces: list[Trace],
                 settings: dict[str, str | float | int]) -> list[Path]:
    """Write the report.

    Args:
        folder: Made if missing; files of an older report in it are replaced.
        episodes: In the order in which they ran, at least one.
        traces: One for each episode.
        settings: Shown in metrics.json beside the figures.

    Returns:
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob('episode_*.gif'):
        old.unlink()
    metrics = folder / 'metrics.json'
    metrics.write_text(json.dumps({
        'success_rate': sum(e.success for e in episodes) / len(episodes),
        'settings': settings,
        'episodes': [{name: round(value, 4) if isinstance(value, float) else value
                      for name, value in asdict(e).items()} for e in episodes]}, indent=2) + '\n')
    plot = folder / 'queue_level.png'
    _plot_levels(plot, episodes, traces)
    films = []
    for k, trace in enumerate(traces):
        if trace.frames:
            films.append(folder / f'episode_{k + 1:03d}.gif')
            _write_gif(films[-1], trace, episodes[k])
    return [metrics, plot, *films]


def _plot_levels(path: Path, episodes: list[EpisodeRecord], traces: list[Trace]) -> None:
    figure = Figure(figsize=(9, 1.0 + 1.9 * len(episodes)), layout='constrained')
    axes = figure.subplots(len(episodes), 1, squeeze=False, sharey=True)[:, 0]
    for k, (axis, e, trace) in enumerate(zip(axes, episodes, traces, strict=True)):
        axis.step(trace.times, trace.levels, where='post', color='tab:blue', linewidth=1.2)
        gained = np.diff(trace.starved, prepend=0) > 0
        axis.plot(np.array(trace.times)[gained], np.zeros(gained.sum()), 'x', color='tab:red',
                  label='starved')
        axis.set(ylim=(-0.05, 1.1), ylabel='queued / horizon')
        axis.set_title(f'episode {k + 1}: {"success" if e.success else "no success"} after '
                       f'{e.steps} steps, {e.starved_ticks} starved', fontsize=9, loc='left')
        axis.grid(alpha=0.3)
        if gained.any():
            axis.legend(loc='upper right', fontsize=8)
    axes[-1].set_xlabel('time since the episode began [s]')
    figure.suptitle(f'Queue level: {episodes[0].task}', fontsize=11)
    figure.savefig(path, dpi=110)


def _write_gif(path: Path, trace: Trace, episode: EpisodeRecord) -> None:
    """Each frame is shown for the time that passed until the next one."""
    times = [t for t, _ in trace.frames] + [episode.sim_time]
    durations = [max(round((b - a) * 1000), 20) for a, b in zip(times, times[1:], strict=False)]
    durations[-1] = max(durations[-1], 1000)
    images = [Image.fromarray(frame) for _, frame in trace.frames]
    images[0].save(path, save_all=True, append_images=images[1:], duration=durations, loop=0)
