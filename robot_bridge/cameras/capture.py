"""One open camera or video file, on OpenCV. No ROS: the clock is passed in."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from robot_bridge.cameras.parameters import CameraParams

JPEG_START = b'\xff\xd8'
FILE_FPS = 30.0
"""At what rate a file is played that does not say it [Hz]."""


class CameraError(RuntimeError):
    """A camera cannot be used now; the message says what it does not do."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One image.

    Attributes:
        stamp_ns: When it was grabbed [ns, the caller's clock].
        data: (H, W, 3) uint8 BGR, or the N bytes of a JPEG, shape (N,).
        size: Width and height [px].
    """

    stamp_ns: int
    data: NDArray[np.uint8]
    size: tuple[int, int]

    def bgr(self) -> NDArray[np.uint8]:
        """Pixels, shape (H, W, 3).

        Raises:
            CameraError: The device's JPEG is broken.
        """
        if self.data.ndim == 3:
            return self.data
        image = cv2.imdecode(self.data, cv2.IMREAD_COLOR)
        if image is None:
            raise CameraError('gave a broken JPEG')
        return np.asarray(image, dtype=np.uint8)

    def jpeg(self, quality: int) -> bytes:
        """JPEG, the device's own where it gave one."""
        if self.data.ndim == 1:
            return self.data.tobytes()
        _, encoded = cv2.imencode('.jpg', self.data, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return bytes(encoded)


class Capture(Protocol):
    """An open source of images."""

    def read(self) -> Frame | None:
        """Wait for the next image; None when it was lost.

        Raises:
            CameraError: No more images come: close it, open it again.
        """

    def close(self) -> None:
        """Let go of the source."""


class DeviceCapture:
    """A device or a stream: it sets the pace.

    Args:
        params: What to open, and what to ask of it.
        now_ns: The clock of the stamps [ns].

    Raises:
        CameraError: It cannot be opened.
    """

    def __init__(self, params: CameraParams, now_ns: Callable[[], int]) -> None:
        self._now_ns, self._source = now_ns, params.source
        self._video = _open(params.source)
        if is_device(params.source):
            self._ask(params)

    def read(self) -> Frame | None:
        """Grab the next image, stamp it, then fetch it."""
        if not self._video.grab():
            raise CameraError(f'{self._source} gives no images')
        stamp_ns = self._now_ns()
        found, data = self._video.retrieve()
        return _frame(stamp_ns, np.asarray(data, np.uint8), self._size()) if found else None

    def close(self) -> None:
        """Let go of the device."""
        self._video.release()

    def _ask(self, params: CameraParams) -> None:
        if params.fourcc:
            self._video.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*params.fourcc))
        for key, value in ((cv2.CAP_PROP_FRAME_WIDTH, params.width),
                           (cv2.CAP_PROP_FRAME_HEIGHT, params.height),
                           (cv2.CAP_PROP_FPS, params.fps)):
            if value:
                self._video.set(key, value)
        self._video.set(cv2.CAP_PROP_BUFFERSIZE, 1)     # the newest image, not a queue of old ones
        if int(self._video.get(cv2.CAP_PROP_FOURCC)) == cv2.VideoWriter.fourcc(*'MJPG'):
            self._video.set(cv2.CAP_PROP_CONVERT_RGB, 0)        # JPEGs undecoded

    def _size(self) -> tuple[int, int]:
        return (int(self._video.get(cv2.CAP_PROP_FRAME_WIDTH)),
                int(self._video.get(cv2.CAP_PROP_FRAME_HEIGHT)))


class FileCapture:
    """A video file or image sequence: played at its rate, again and again.

    Args:
        params: What to open and how fast to play it.
        now_ns: The clock of the stamps [ns].
        wait: Waits so long [s].

    Raises:
        CameraError: It cannot be opened.
    """

    def __init__(self, params: CameraParams, now_ns: Callable[[], int],
                 wait: Callable[[float], object]) -> None:
        self._now_ns, self._wait, self._source = now_ns, wait, params.source
        self._video = _open(params.source)
        self._period = 1 / (params.fps or self._video.get(cv2.CAP_PROP_FPS) or FILE_FPS)
        self._due = time.monotonic()

    def read(self) -> Frame | None:
        """Wait until the next image is due and fetch it."""
        self._wait(max(0.0, self._due - time.monotonic()))
        self._due = max(self._due, time.monotonic() - self._period) + self._period
        if not self._video.grab():
            self.close()
            self._video = _open(self._source)
            if not self._video.grab():
                raise CameraError(f'{self._source} has no images')
        stamp_ns = self._now_ns()
        found, data = self._video.retrieve()
        return _frame(stamp_ns, np.asarray(data, np.uint8), (0, 0)) if found else None

    def close(self) -> None:
        """Close the file."""
        self._video.release()


def open_capture(params: CameraParams, now_ns: Callable[[], int],
                 wait: Callable[[float], object]) -> Capture:
    """Open a source.

    Args:
        params: What to open.
        now_ns: The clock of the stamps [ns].
        wait: Waits so long [s]; ends early when the node ends.

    Raises:
        CameraError: It cannot be opened.
    """
    if is_device(params.source) or '://' in params.source:
        return DeviceCapture(params, now_ns)
    return FileCapture(params, now_ns, wait)


def is_device(source: str) -> bool:
    """Whether a source is a device rather than a file or a stream."""
    return source.isdigit() or source.startswith('/dev/')


def _open(source: str) -> cv2.VideoCapture:
    path = f'/dev/video{source}' if source.isdigit() else source
    if '://' not in path and '%' not in path and not Path(path).exists():
        raise CameraError(f'{path} does not exist')
    video = cv2.VideoCapture(path, cv2.CAP_V4L2 if is_device(source) else cv2.CAP_ANY)
    if not video.isOpened():
        raise CameraError(f'{path} cannot be opened: it may be in use, or be no camera or video')
    return video


def _frame(stamp_ns: int, data: NDArray[np.uint8], size: tuple[int, int]) -> Frame | None:
    """A frame of what OpenCV gave: BGR pixels, or with conversion off the bytes of a JPEG."""
    if data.ndim == 3 and data.shape[2] == 3:
        return Frame(stamp_ns, data, (data.shape[1], data.shape[0]))
    flat = data.ravel()
    return Frame(stamp_ns, flat, size) if flat[:2].tobytes() == JPEG_START else None
