"""Rows become waypoints of a few calls, each row with the instant at which it shall be reached."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_bridge.driver import DriverError

Call = Callable[[Sequence[NDArray[np.float64]], Sequence[float]], None]

LATE_NS = 1_000_000_000
"""A call that begins so much too late means that the robot cannot follow [ns]."""
SHORTEST = 0.2
"""Shortest time to the first waypoint of a call, as a share of the row spacing."""


class Waypoint(NamedTuple):
    """A row and its arrival."""

    row: NDArray[np.float64]
    arrival_ns: int


class WaypointSender:
    """Collects rows and hands them over a few at a time, one call after the other.

    A call lasts as long as its motion, so calls are made on a thread of their own. Arrivals lie on
    the grid of the rows, later by a constant: the calls join without a pause, and do not drift
    against the policy's clock. Where rows are missing, points of the grid are left out.

    Args:
        call: Moves through rows at cumulative times from now [s]; may return at once or at the end.
        step_ns: Spacing of the rows [ns].
        rows_per_call: Rows of one call.
        clock: Steady clock [ns].
        executor: Runs the calls, one at a time; a thread of its own when None.
        wait: Passes time [s] until the motion of a call is over, or until the event is set.
    """

    def __init__(self, call: Call, step_ns: int, rows_per_call: int,
                 clock: Callable[[], int] = time.monotonic_ns, executor: Executor | None = None,
                 wait: Callable[[threading.Event, float], object] = threading.Event.wait) -> None:
        self._call, self._step_ns, self._rows_per_call = call, step_ns, rows_per_call
        self._clock, self._wait = clock, wait
        self._executor = executor or ThreadPoolExecutor(1)
        self._stopped = threading.Event()
        self._failure: DriverError | None = None
        self._waiting: list[Waypoint] = []
        self._arrival_ns: int | None = None

    def add(self, row: NDArray[np.float64]) -> None:
        """Take a row, shape (J,).

        Raises:
            DriverError: An earlier call failed.
        """
        if self._failure:
            raise self._failure
        now, call_ns = self._clock(), self._rows_per_call * self._step_ns
        if self._arrival_ns is None:
            self._arrival_ns = now + call_ns
        self._arrival_ns += self._step_ns
        missed = -(-(now + call_ns - self._arrival_ns) // self._step_ns)    # rounded up
        self._arrival_ns += max(missed, 0) * self._step_ns
        self._waiting.append(Waypoint(row, self._arrival_ns))
        if len(self._waiting) >= self._rows_per_call:
            self.flush()

    def flush(self) -> None:
        """Hand over what waits."""
        if self._waiting:
            self._executor.submit(self._send, self._waiting, self._stopped)
            self._waiting = []

    def stop(self) -> None:
        """Forget everything; the call that is under way is for the robot to end."""
        self._stopped.set()
        self._stopped, self._failure = threading.Event(), None
        self._waiting, self._arrival_ns = [], None

    def _send(self, waypoints: list[Waypoint], stopped: threading.Event) -> None:
        if stopped.is_set() or self._failure:
            return
        try:
            self._call([w.row for w in waypoints], self._times(waypoints))
        except DriverError as error:
            if not stopped.is_set():
                self._failure = error
            return
        rest_ns = waypoints[-1].arrival_ns - self._clock()
        if rest_ns > 0:
            self._wait(stopped, rest_ns * 1e-9)

    def _times(self, waypoints: list[Waypoint]) -> list[float]:
        """Arrivals from now [s], all > 0, increasing."""
        first = waypoints[0].arrival_ns - self._clock()
        if first < -LATE_NS:
            raise DriverError(f'astribot: waypoints are {-first * 1e-9:.1f} s late: the robot '
                              'cannot follow; lower contract.control_rate or set limits on '
                              'velocity, or use astribot.mode positions')
        start = waypoints[0].arrival_ns - max(first, round(SHORTEST * self._step_ns))
        return [(w.arrival_ns - start) * 1e-9 for w in waypoints]
