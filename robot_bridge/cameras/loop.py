"""Keeps one camera going: reads, skips lost images, opens it again when it went away. No ROS."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from threading import Event

from robot_bridge.cameras.capture import CameraError, Capture, Frame

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 8.0
"""Before a camera is opened again: at first, and doubled each time up to this [s]."""


@dataclass(slots=True)
class Counters:
    """What became of the images; written by the camera's thread alone.

    Attributes:
        frames: Images that were published.
        drops: Images that were lost.
        failures: How often the camera could not be opened or went away.
        error: Why, while it is away; empty while it works.
    """

    frames: int = 0
    drops: int = 0
    failures: int = 0
    error: str = ''


class CameraLoop:
    """Reads one camera until it is told to stop.

    Args:
        open_capture: Opens the camera.
        publish: Told each image; a `CameraError` that it raises drops the image.
        warn: Told in one line what is wrong.
        stopped: Ends the loop.
    """

    def __init__(self, open_capture: Callable[[], Capture], publish: Callable[[Frame], None],
                 warn: Callable[[str], None], stopped: Event) -> None:
        self._open, self._publish, self._warn = open_capture, publish, warn
        self._stopped = stopped
        self._pause = FIRST_PAUSE
        self.counters = Counters()

    def run(self) -> None:
        """Read until stopped; a camera that fails is opened again after a pause that grows."""
        while not self._stopped.is_set():
            try:
                with closing(self._open()) as capture:
                    while not self._stopped.is_set():
                        self._show(capture.read())
            except CameraError as error:
                self.counters.failures += 1
                self.counters.error = str(error)
                self._warn(f'{error}; trying again in {self._pause:g} s')
                self._stopped.wait(self._pause)
                self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def _show(self, frame: Frame | None) -> None:
        """Publish an image, or count it as lost."""
        try:
            if frame is None:
                raise CameraError('an image was lost')
            self._publish(frame)
        except CameraError as error:
            self.counters.drops += 1
            self._warn(f'{error}: skipped')
            return
        self.counters.frames += 1
        self.counters.error = ''
        self._pause = FIRST_PAUSE
