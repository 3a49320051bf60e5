"""Videos of a dataset: one camera of one episode, every frame at its place."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segue_recording.export.errors import ExportError

ENCODERS = {'libx264': {'crf': '23', 'preset': 'veryfast'}, 'mpeg4': {'qscale': '3'}}
"""In the order of preference: a build of PyAV need not have the first one."""
GOP = 2
"""Every second frame is a key frame: training reads frames in any order."""


class VideoWriter:
    """Encodes images to an mp4 file.

    Args:
        path: Of the file; its folder is made.
        rate: Frames per second.
        shape: Height and width, both even.

    Raises:
        ExportError: PyAV is missing or cannot encode, or the shape is odd.
    """

    def __init__(self, path: Path, rate: Fraction, shape: tuple[int, int]) -> None:
        av = load_av()
        if shape[0] % 2 or shape[1] % 2:
            raise ExportError(f'{path.parent.name}: images of {shape[1]}x{shape[0]} pixels cannot '
                              'be encoded, both must be even')
        self.shape = shape
        path.parent.mkdir(parents=True, exist_ok=True)
        encoder = encoder_name()
        self._frame = av.VideoFrame
        self._container = av.open(str(path), 'w')
        self._stream = self._container.add_stream(encoder, rate=rate, options=ENCODERS[encoder])
        self._stream.height, self._stream.width = shape
        self._stream.pix_fmt = 'yuv420p'
        self._stream.codec_context.gop_size = GOP
        self._stream.codec_context.max_b_frames = 0
        self._stream.codec_context.time_base = 1 / rate
        self._frames = 0

    def write(self, image: NDArray[np.uint8]) -> None:
        """Encode the next image, shape (H, W, 3) RGB."""
        if image.shape[:2] != self.shape:
            raise ExportError(f'a camera changes its size from {self.shape} to {image.shape[:2]}')
        frame = self._frame.from_ndarray(image, format='rgb24')
        frame.pts, self._frames = self._frames, self._frames + 1
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Complete the file."""
        self._container.mux(self._stream.encode())
        self._container.close()


def encoder_name() -> str:
    """The first of the encoders that this PyAV has."""
    av = load_av()
    for name in ENCODERS:
        try:
            av.Codec(name, 'w')
        except av.error.FFmpegError:
            continue
        return name
    raise ExportError(f'this PyAV has none of the encoders {", ".join(ENCODERS)}: install the one '
                      'of PyPI with pip install av')


def load_av() -> Any:
    """PyAV, which only exports need."""
    try:
        import av
    except ImportError as error:
        raise ExportError('writing videos needs the Python package av: pip install av') from error
    return av
