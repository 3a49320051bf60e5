"""Films of episodes, and the grid that shows them side by side. Pure."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

TILE = 160
"""Width and height of an episode in the grid [px]."""
HEADING = 26
COLUMNS = 4
COLORS = 128
LAST = 2000
"""How long the last frame stays [ms]."""
_GREEN, _RED, _INK, _PAPER = '#009e73', '#d55e00', '#000000', '#ffffff'


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """What an episode looked like.

    Attributes:
        frames: Equally spaced in time, shape (N, H, W, 3) uint8 RGB.
        steps: Control steps that the episode took.
        success: Whether it succeeded.
    """

    frames: NDArray[np.uint8]
    steps: int
    success: bool


def save_film(path: Path, frames: Sequence[NDArray[np.uint8]], steps: int, success: bool) -> None:
    """Write a film, whole or not at all; none without frames."""
    if not frames:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix('.partial')
    with partial.open('wb') as file:
        np.savez_compressed(file, frames=np.stack(frames), steps=np.array(steps),
                            success=np.array(success))
    os.replace(partial, path)


def load_film(path: Path) -> Film:
    """Read a film."""
    with np.load(path) as stored:
        return Film(stored['frames'], int(stored['steps']), bool(stored['success']))


def write_grid(path: Path, films: Mapping[str, Film], spacing: float) -> None:
    """Write an animated GIF with the films side by side; each stays at its last frame.

    Args:
        path: File to write.
        films: Title -> film, at least one.
        spacing: Time from frame to frame, as the robot saw it [s].
    """
    length = max(len(film.frames) for film in films.values())
    images = [_frame(films, k).quantize(COLORS, dither=Image.Dither.NONE) for k in range(length)]
    durations = [round(1000 * spacing)] * (length - 1) + [LAST]
    images[0].save(path, save_all=True, append_images=images[1:], duration=durations, loop=0,
                   optimize=True)


def _frame(films: Mapping[str, Film], k: int) -> Image.Image:
    columns = min(COLUMNS, len(films))
    size = columns * TILE, math.ceil(len(films) / columns) * (TILE + HEADING)
    sheet = Image.new('RGB', size, _PAPER)
    draw = ImageDraw.Draw(sheet)
    for number, (title, film) in enumerate(films.items()):
        x, y = number % columns * TILE, number // columns * (TILE + HEADING)
        ended = k >= len(film.frames) - 1
        image = Image.fromarray(film.frames[min(k, len(film.frames) - 1)])
        sheet.paste(image.resize((TILE - 4, TILE - 4)), (x + 2, y + HEADING + 2))
        draw.text((x + 4, y + 1), title, fill=_INK)
        if ended:
            color = _GREEN if film.success else _RED
            text = f'success, {film.steps} steps' if film.success else f'failed, {film.steps} steps'
            draw.text((x + 4, y + 13), text, fill=color)
            draw.rectangle((x, y + HEADING, x + TILE - 1, y + HEADING + TILE - 1), outline=color,
                           width=3)
    return sheet
