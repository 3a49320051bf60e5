"""Signals that shut the contexts down.

Python runs its signal handlers in the main thread only, between two of its instructions. Waits
must end at once, in every thread: CPython writes the number of each signal to a socket, and a
thread that reads it ends the contexts, which wakes all that wait. The handler in the main thread
calls the one that was there before: after SIGINT it raises KeyboardInterrupt as always.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from types import FrameType
from typing import Any

from rclpy._rclpy_pybind11 import SignalHandlerOptions
from rclpy.context import invalidate_all, mark_all_invalid

_SIGNALS = {
    SignalHandlerOptions.NO: (),
    SignalHandlerOptions.SIGINT: (signal.SIGINT,),
    SignalHandlerOptions.SIGTERM: (signal.SIGTERM,),
    SignalHandlerOptions.ALL: (signal.SIGINT, signal.SIGTERM),
}


class _Watch:
    """Ends the contexts when one of the chosen signals arrives."""

    def __init__(self) -> None:
        self._replaced: dict[int, Any] = {}
        self._receiver, self._sender = socket.socketpair()
        self._sender.setblocking(False)
        self._previous_fd = signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)
        self._thread = threading.Thread(target=self._run, name='ros_signals', daemon=True)
        self._thread.start()

    @property
    def signals(self) -> set[int]:
        """Signals that are watched."""
        return set(self._replaced)

    def add(self, number: int) -> None:
        """Watch a signal."""
        if number not in self._replaced:
            self._replaced[number] = signal.getsignal(number)
            signal.signal(number, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        mark_all_invalid()
        if callable(previous := self._replaced.get(number)):
            previous(number, frame)

    def stop(self) -> None:
        """Undo everything."""
        for number, handler in self._replaced.items():
            if signal.getsignal(number) == self._handle:
                signal.signal(number, signal.SIG_DFL if handler is None else handler)
        signal.set_wakeup_fd(self._previous_fd)
        self._sender.close()
        self._thread.join()
        self._receiver.close()

    def _run(self) -> None:
        while numbers := self._receiver.recv(64):
            if self.signals.intersection(numbers):
                invalidate_all()
            if self._previous_fd >= 0:
                with contextlib.suppress(OSError):
                    os.write(self._previous_fd, numbers)


_watch: _Watch | None = None


def install_signal_handlers(options: SignalHandlerOptions = SignalHandlerOptions.ALL) -> None:
    """Shut all contexts down on SIGINT and SIGTERM.

    Signal handlers can be installed from the main thread only; called from another thread this
    leaves the signals as they are.

    Args:
        options: Which signals.
    """
    global _watch
    if not _SIGNALS[options] or threading.current_thread() is not threading.main_thread():
        return
    if _watch is None:
        _watch = _Watch()
    for number in _SIGNALS[options]:
        _watch.add(number)


def get_current_signal_handlers_options() -> SignalHandlerOptions:
    """Signals that are watched now."""
    watched = set() if _watch is None else _watch.signals
    return next(option for option, numbers in _SIGNALS.items() if set(numbers) == watched)


def uninstall_signal_handlers() -> None:
    """Leave the signals alone again."""
    global _watch
    if _watch is not None and threading.current_thread() is threading.main_thread():
        _watch.stop()
        _watch = None
