"""Runs a simulator on the wall clock, on a thread of its own, so that it behaves like a robot."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from robot_bridge.driver import DriverError, EpisodeStart, PathPreview, Reading, Simulator

T = TypeVar('T')

MAX_APPLICATIONS = 3
"""Steps that one action is applied for at most when no newer one comes; then the robot holds."""
RENDERING_SHARE = 0.5
"""Share of the thread's time that cameras may take."""
FACTOR_WINDOW = 40
"""Steps that the real-time factor is measured over."""


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """The world after the newest step."""

    reading: Reading
    success: bool
    images: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)


class RealTimeSimulator:
    """A simulator that goes on by itself from its first reset on.

    Its thread connects, resets, steps, renders and disconnects the simulator, so that OpenGL stays
    on one thread. ``read``, ``write``, ``hold``, ``stop`` and ``success`` return at once. A step
    takes the newest action; without a new one the last is applied a little longer and then held.
    Whatever fails on the thread is raised by the next call, until the next reset.

    Args:
        simulator: Not connected.
        camera_rate: Images of each camera per second of wall time, at most [Hz]; less when
            rendering would take more than half of the time.
        clock: Steady wall clock [s].
    """

    def __init__(self, simulator: Simulator, *, camera_rate: float = 10.0,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self.spec = simulator.spec
        if isinstance(simulator, PathPreview):
            self.path = simulator.path     # works on the newest reading, so from any thread
        self._simulator = simulator
        self._period = 1.0 / simulator.spec.rate
        self._camera_period = 1.0 / camera_rate
        self._clock = clock
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()     # guards the command, which both threads change
        self._action: NDArray[np.float64] | None = None
        self._applications = 0
        self._snapshot: _Snapshot | None = None
        self._fault: DriverError | None = None
        self._step_due: float | None = None     # None: the world stands still
        self._cameras_due = 0.0
        self._step_times: deque[float] = deque(maxlen=FACTOR_WINDOW + 1)

    @property
    def real_time_factor(self) -> float:
        """Simulated over wall time in the newest steps [-]; 0 before the second step."""
        times = list(self._step_times)
        passed = times[-1] - times[0] if times else 0.0
        return (len(times) - 1) * self._period / passed if passed > 0 else 0.0

    def connect(self) -> None:
        """Start the thread and open the simulator there."""
        self.disconnect()
        self._thread = threading.Thread(target=self._work, name='simulator', daemon=True)
        self._thread.start()
        try:
            self._call(self._open)
        except BaseException:
            self._end_thread()
            raise

    def reset(self, init_state: int, seed: int) -> EpisodeStart:
        """Begin an episode; the world goes on from there."""
        return self._call(lambda: self._begin(init_state, seed))

    def read(self, *, cameras: bool) -> Reading:
        """Return the newest state; with ``cameras`` the newest images, taken a little before."""
        snapshot = self._newest()
        return replace(snapshot.reading, images=snapshot.images) if cameras else snapshot.reading

    def write(self, action: NDArray[np.float64]) -> None:
        """Apply an action from the next step on, shape (D,)."""
        self._newest()
        self._command(np.array(action, dtype=np.float64))

    def hold(self) -> None:
        """Hold from the next step on."""
        self._newest()
        self._command(None)

    def stop(self) -> None:
        """Hold from the next step on; never fails."""
        self._command(None)

    def success(self) -> bool:
        """Whether the goal check held after the newest step."""
        return self._newest().success

    def disconnect(self) -> None:
        """Close the simulator and end the thread."""
        if self._thread is None:
            return
        try:
            self._call(self._end)
        finally:
            self._end_thread()

    # ---- the caller's side ----
    def _newest(self) -> _Snapshot:
        if self._fault:
            raise DriverError(str(self._fault)) from self._fault
        if self._snapshot is None:
            raise DriverError(f'{self.spec.name}: not connected; call connect first')
        return self._snapshot

    def _command(self, action: NDArray[np.float64] | None) -> None:
        with self._lock:
            self._action, self._applications = action, 0

    def _call(self, job: Callable[[], T]) -> T:
        """Do a job on the simulator's thread and wait for it."""
        if self._thread is None:
            raise DriverError(f'{self.spec.name}: not connected; call connect first')
        done: Future[Any] = Future()

        def run() -> None:
            try:
                done.set_result(job())
            except BaseException as error:     # belongs to the caller, whatever it is
                done.set_exception(error)

        self._jobs.put(run)
        result: T = done.result()
        return result

    def _end_thread(self) -> None:
        if self._thread:
            self._jobs.put(None)
            self._thread.join()
        self._thread = None

    # ---- the simulator's thread ----
    def _work(self) -> None:
        """Do jobs when they come and steps when they are due, until the job None."""
        while True:
            try:
                job = self._jobs.get(timeout=self._until_step())
            except queue.Empty:
                self._guarded_step()
                continue
            if job is None:
                return
            job()

    def _until_step(self) -> float | None:
        return None if self._step_due is None else max(0.0, self._step_due - self._clock())

    def _open(self) -> None:
        """Open the simulator; its state can be read, and stands still until the first reset."""
        self._simulator.connect()
        reading = self._simulator.read(cameras=True)
        self._snapshot = _Snapshot(replace(reading, images={}), False, reading.images)

    def _begin(self, init_state: int, seed: int) -> EpisodeStart:
        self._end_episode()
        start = self._simulator.reset(init_state, seed)
        self._command(None)
        self._snapshot = self._look()
        self._fault = None
        self._step_times.append(self._clock())
        self._step_due = self._clock() + self._period
        return start

    def _end_episode(self) -> None:
        self._step_due = self._snapshot = None
        self._cameras_due = 0.0
        self._step_times.clear()

    def _end(self) -> None:
        self._end_episode()
        self._fault = None
        self._simulator.disconnect()

    def _guarded_step(self) -> None:
        try:
            self._step()
        except Exception as error:     # a thread has no caller: the next call raises it
            self._step_due = None
            self._fault = (error if isinstance(error, DriverError)
                           else DriverError(f'{self.spec.name}: simulator failed: {error!r}'))

    def _step(self) -> None:
        """One control step; a late one delays all that follow instead of being caught up with."""
        assert self._step_due is not None
        self._step_due = max(self._step_due, self._clock() - self._period) + self._period
        action = self._take_action()
        if action is None:
            self._simulator.hold()
        else:
            self._simulator.write(action)
        self._snapshot = self._look()
        self._step_times.append(self._clock())

    def _take_action(self) -> NDArray[np.float64] | None:
        with self._lock:
            if self._applications >= MAX_APPLICATIONS:
                self._action = None
            self._applications += 1
            return self._action

    def _look(self) -> _Snapshot:
        """Read the simulator, with images when they are due."""
        images = self._snapshot.images if self._snapshot else {}
        began = self._clock()
        if began < self._cameras_due:
            reading = self._simulator.read(cameras=False)
        else:
            reading = self._simulator.read(cameras=True)
            images = reading.images
            took = self._clock() - began
            self._cameras_due = began + max(self._camera_period, took / RENDERING_SHARE)
        return _Snapshot(replace(reading, images={}), self._simulator.success(), images)
