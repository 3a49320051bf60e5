"""A million control ticks in which everything goes wrong now and then: does memory grow?

Run: python benchmarks/growth.py [--ticks N]. Chunks come in time, late, twice, never, broken and
from other sessions; the robot fails; sessions begin anew. Ten times in the run it prints what the
process holds. Nothing may grow after the first line.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections import deque
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from robot_bridge.aggregation import AGGREGATES
from robot_bridge.chunk_buffer import ChunkBuffer
from robot_bridge.chunk_stream import ChunkStream
from robot_bridge.control_loop import ControlLoop
from robot_bridge.driver import DriverError, DriverSpec, Reading
from robot_bridge.shaping.parameters import ShapingParams
from robot_bridge.shaping.shaper import MotionShaper
from robot_bridge.states import Event
from segue_core.chunk import Chunk, ChunkError, Request

ROWS, COLUMNS = 50, 7
NAMES = tuple(f'joint_{i}' for i in range(COLUMNS))
STEP_NS, TICK_NS = 33_333_333, 10_000_000
DELAY, TOO_LATE = 15, 60    # [ticks]; a request is given up after 50
SESSION, HOLD, FAILURE = 5_000, 3_001, 7_003    # every so many ticks
SHAPING = ShapingParams(velocity_limits=(2.0,), acceleration_limits=(10.0,), jerk_limits=(300.0,),
                        starvation_behavior='decay')


class Arm:
    """Is at once where it is told to be, and fails when told so."""

    def __init__(self) -> None:
        limit = np.full(COLUMNS, 3.0)
        self.spec = DriverSpec('arm', NAMES, ('rad',) * COLUMNS, -limit, limit, 1e9 / TICK_NS)
        self.pose = np.zeros(COLUMNS)
        self.fails = False

    def connect(self) -> None:
        """Nothing to open."""

    def read(self, *, cameras: bool) -> Reading:
        """Where it is."""
        return Reading(NAMES, self.pose)

    def write(self, action: NDArray[np.float64]) -> None:
        """Go there, or fail once."""
        if self.fails:
            self.fails = False
            raise DriverError('cable cut')
        self.pose = action

    def hold(self) -> None:
        """Stay."""

    def stop(self) -> None:
        """Stay."""

    def disconnect(self) -> None:
        """Nothing to close."""


class LongRun:
    """A bridge and a policy, both unreliable."""

    def __init__(self) -> None:
        self.arm = Arm()
        buffer = ChunkBuffer(NAMES, self.arm.spec.lower, self.arm.spec.upper,
                             AGGREGATES['temporal_ensemble'])
        stream = ChunkStream(buffer, threshold=0.5, deadline_ns=50 * TICK_NS,
                             backoff_ns=5 * TICK_NS, step_ns=STEP_NS,
                             units=self.arm.spec.action_units)
        shaper = MotionShaper(self.arm.spec, SHAPING, STEP_NS, TICK_NS)
        self.loop = ControlLoop(self.arm, stream, shaper, None, watchdog_ns=1_000_000_000)
        self.refused = self.sessions = self.ticks = 0
        self._due: deque[tuple[int, Request]] = deque()
        self.loop.start('s0', 0, 'task')

    def run(self, ticks: int) -> None:
        """Do so many ticks."""
        for _ in range(ticks):
            self.ticks += 1
            self._disturb()
            while self._due and self._due[0][0] <= self.ticks:
                self._answer(self._due.popleft()[1])
            try:
                request = self.loop.tick(self._now, self._now, True).request
            except DriverError as error:
                self._restart(Event.FAIL, str(error))
                continue
            if request:
                late = request.request_id % 10 == 6
                self._due.append((self.ticks + (TOO_LATE if late else DELAY), request))

    @property
    def _now(self) -> int:
        return self.ticks * TICK_NS

    def _restart(self, event: Event, reason: str = '') -> None:
        self.refused += self.loop.stream.counters.refused_chunks
        self.sessions += 1
        self.loop.stop(event, reason)
        self.loop.start(f's{self.sessions}', self._now, 'task')

    def _disturb(self) -> None:
        if self.ticks % SESSION == 0:
            self._restart(Event.STOP)
        if self.ticks % HOLD in (0, 20):
            self.loop.hold(self.ticks % HOLD == 0)
        self.arm.fails = self.arm.fails or self.ticks % FAILURE == 0

    def _answer(self, request: Request) -> None:
        kind, stream = request.request_id % 10, self.loop.stream
        if kind == 0:
            return      # lost
        try:
            chunk = self._chunk(request, kind)
        except ChunkError as error:
            stream.fail(request.session_id, request.request_id, str(error), self._now)
            return
        self.loop.on_chunk(chunk, self._now)
        if kind == 4:
            self.loop.on_chunk(chunk, self._now)

    def _chunk(self, request: Request, kind: int) -> Chunk:
        phase = 0.03 * np.arange(request.timestep, request.timestep + ROWS)[:, np.newaxis]
        actions = np.sin(phase + np.arange(COLUMNS)) * (np.nan if kind == 2 else 1.0)
        return Chunk(session_id='another' if kind == 5 else request.session_id,
                     request_id=request.request_id, stamp_ns=request.stamp_ns,
                     first_timestep=request.timestep, step_ns=STEP_NS, names=NAMES,
                     units=('rad',) * COLUMNS, actions=actions * (9.0 if kind == 3 else 1.0))


def resident_kib() -> int:
    """Memory that the process holds [KiB]."""
    fields = Path('/proc/self/status').read_text().split()
    return int(fields[fields.index('VmRSS:') + 1])


def main() -> None:
    """Run and print what the process holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--ticks', type=int, default=1_000_000)
    ticks = parser.parse_args().ticks
    world, began = LongRun(), time.perf_counter()
    print(f'{"ticks":>10}{"RSS, KiB":>10}{"blocks":>10}{"objects":>10}{"sessions":>10}'
          f'{"refused":>10}')
    for _ in range(10):
        world.run(ticks // 10)
        gc.collect()
        print(f'{world.ticks:10}{resident_kib():10}{sys.getallocatedblocks():10}'
              f'{len(gc.get_objects()):10}{world.sessions:10}{world.refused:10}')
    print(f'{(time.perf_counter() - began) / world.ticks * 1e6:.1f} us per tick, policy included')


if __name__ == '__main__':
    main()
