"""A run as a folder: metrics.json, queue_level.png, one GIF for each filmed episode. Pure."""

from __future__ import annotations

import json
import textwrap
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

CAPTION_SIZE = 10
CAPTION_LINES = 2
"""Of subtasks below the images of a film [px], [lines]."""


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
        subtasks: (time [s], text) whenever another subtask was pursued.
    """

    times: list[float] = field(default_factory=list)
    levels: list[float] = field(default_factory=list)
    starved: list[int] = field(default_factory=list)
    frames: list[tuple[float, NDArray[np.uint8]]] = field(default_factory=list)
    subtasks: list[tuple[float, str]] = field(default_factory=list)

    def subtask_at(self, time: float) -> str:
        """What was pursued then; empty for nothing."""
        return next((text for begin, text in reversed(self.subtasks) if begin <= time), '')


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
        'episodes': [_figures(e, t) for e, t in zip(episodes, traces, strict=True)]},
        indent=2) + '\n')
    plot = folder / 'queue_level.png'
    _plot_levels(plot, episodes, traces)
    films = []
    for k, trace in enumerate(traces):
        if trace.frames:
            films.append(folder / f'episode_{k + 1:03d}.gif')
            _write_gif(films[-1], trace, episodes[k])
    return [metrics, plot, *films]


def _figures(episode: EpisodeRecord, trace: Trace) -> dict[str, Any]:
    figures: dict[str, Any] = {name: round(value, 4) if isinstance(value, float) else value
                               for name, value in asdict(episode).items()}
    if trace.subtasks:
        figures['subtasks'] = [{'time': round(time, 3), 'text': text}
                               for time, text in trace.subtasks]
    return figures


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
        for time, text in trace.subtasks:
            axis.axvline(time, color='tab:gray', linewidth=0.8)
            axis.annotate(text, (time, 1.09), (3, 0), textcoords='offset points', va='top',
                          fontsize=7, color='tab:gray')
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
    images = [_captioned(frame, trace.subtask_at(time)) if trace.subtasks
              else Image.fromarray(frame) for time, frame in trace.frames]
    images[0].save(path, save_all=True, append_images=images[1:], duration=durations, loop=0)


def _captioned(frame: NDArray[np.uint8], text: str) -> Image.Image:
    """The image with a strip of text below it."""
    image = Image.fromarray(frame)
    font = ImageFont.load_default(CAPTION_SIZE)
    columns = max(1, int(image.width / (0.5 * CAPTION_SIZE)))
    lines = textwrap.wrap(text, columns)[:CAPTION_LINES]
    strip = round(1.3 * CAPTION_SIZE * CAPTION_LINES)
    made = Image.new('RGB', (image.width, image.height + strip), 'white')
    made.paste(image)
    ImageDraw.Draw(made).multiline_text((2, image.height), '\n'.join(lines), 'black', font,
                                        spacing=1)
    return made
