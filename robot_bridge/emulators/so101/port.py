"""A serial port that is not there: a pseudo-terminal with a name, served by a thread."""

from __future__ import annotations

import os
import select
import termios
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path

from robot_bridge.emulators.so101.bus import Answer

SPEEDS = {getattr(termios, f'B{baud}'): baud for baud in (1_000_000, 500_000, 115_200, 57_600,
                                                           38_400)}
LOOK_PERIOD = 0.05
"""How often the thread looks whether the cable is plugged in [s]."""
QUIET, PATIENCE = 0.3, 3.0
"""A port that nobody has used for so long is closed, and one in use after the second time [s]."""
SPIN = 0.0002
"""Waits are slept but for this last part [s]."""
INPUT_SPEED = 4


class EmulatedPort:
    """Serves a pseudo-terminal.

    Args:
        link: Symbolic link that names it, e.g. /tmp/so101.
        feed: Bytes, time [s] and baud rate -> answers.

    Attributes:
        plugged: Whether the cable is in; without, the port does not exist.
        wire_timing: Whether answers take the time that they would take on the wire.
        usb_latency: Time that the adapter adds to each answer [s].
    """

    def __init__(self, link: Path, feed: Callable[[bytes, float, int], list[Answer]]) -> None:
        self.plugged, self.wire_timing, self.usb_latency = True, False, 0.0
        self._link, self._feed = link, feed
        self._fds: tuple[int, int] | None = None
        self._ended = threading.Event()
        self._heard = time.monotonic()
        self._thread = threading.Thread(target=self._serve, name='serial port', daemon=True)

    def start(self) -> None:
        """Make the port and serve it.

        Raises:
            OSError: The link cannot be made.
        """
        self._plug()
        self._thread.start()

    def close(self) -> None:
        """Take the port away once nobody uses it, so that a driver that ends too can let go."""
        deadline = time.monotonic() + PATIENCE
        while self._thread.is_alive() and time.monotonic() < min(deadline, self._heard + QUIET):
            time.sleep(LOOK_PERIOD)
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        self._unplug()

    def _plug(self) -> None:
        ours, theirs = os.openpty()
        for fd in (ours, theirs):
            tty.setraw(fd)
        self._fds = ours, theirs    # theirs stays open, so that clients may come and go
        if self._link.is_symlink():
            self._link.unlink()
        self._link.symlink_to(os.ttyname(theirs))

    def _unplug(self) -> None:
        if self._fds is None:
            return
        if self._link.is_symlink() and self._link.readlink() == Path(os.ttyname(self._fds[1])):
            self._link.unlink()
        for fd in self._fds:
            os.close(fd)
        self._fds = None

    def _serve(self) -> None:
        while not self._ended.is_set():
            if self.plugged != (self._fds is not None):
                (self._plug if self.plugged else self._unplug)()
            if self._fds is None:
                self._ended.wait(LOOK_PERIOD)
                continue
            ours, theirs = self._fds
            if select.select([ours], [], [], LOOK_PERIOD)[0]:
                received, self._heard = time.perf_counter(), time.monotonic()
                baud = SPEEDS.get(termios.tcgetattr(theirs)[INPUT_SPEED], 0)
                self._answer(self._feed(os.read(ours, 4096), time.monotonic(), baud), received)

    def _answer(self, answers: list[Answer], due: float) -> None:
        for answer in answers:
            due += (answer.wire_time if self.wire_timing else 0.0) + (
                self.usb_latency if answer.data else 0.0)
            wait = due - time.perf_counter()
            if wait > SPIN:
                time.sleep(wait - SPIN)
            while time.perf_counter() < due:
                pass
            assert self._fds is not None
            data = answer.data
            while data:
                data = data[os.write(self._fds[0], data):]
