"""One control tick: merge a 50 x 25 chunk, pop, shape. Budget: 150 us at the 99th percentile.

Run: python benchmarks/shaping.py [--ticks N]. Beside it, in the same run, a plain numpy copy of
the same rows, which no code can beat. `wall` is what a tick takes on this machine as it is now;
`cpu` leaves out the time that other processes had the core: use it when the machine is not quiet.
"""

from __future__ import annotations

import argparse
import gc
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from robot_bridge.aggregation import AGGREGATES
from robot_bridge.chunk_buffer import ChunkBuffer
from robot_bridge.driver import DriverSpec
from robot_bridge.shaping.parameters import ShapingParams
from robot_bridge.shaping.shaper import MotionShaper
from segue_core.chunk import Chunk

ROWS, COLUMNS = 50, 25
STEP_NS = 33_333_333
BUDGET_US = 150.0
NAMES = tuple(f'joint_{i}' for i in range(COLUMNS))
SPEC = DriverSpec('benchmark', NAMES, ('rad',) * COLUMNS, np.full(COLUMNS, -3.0),
                  np.full(COLUMNS, 3.0), 250.0)
LIMITS = {'velocity_limits': (2.0,), 'acceleration_limits': (10.0,), 'jerk_limits': (300.0,)}
CASES: dict[str, tuple[int, ShapingParams]] = {
    'equal rates, defaults': (STEP_NS, ShapingParams()),
    'equal rates, limits': (STEP_NS, ShapingParams(**LIMITS)),
    '30 to 250 Hz, limits': (4_000_000, ShapingParams(**LIMITS)),
    '30 to 250 Hz, everything': (4_000_000, ShapingParams(
        interpolation='cubic', smooth=2, low_pass_cutoff=20.0, low_pass_order=4,
        max_relative_target=(0.5,), gripper_columns=NAMES[-2:], binarize_gripper=True,
        starvation_behavior='decay', **LIMITS)),
}


def chunk_at(timestep: int, rng: np.random.Generator) -> Chunk:
    """A smooth chunk that differs from the last one."""
    phase = 0.03 * np.arange(timestep, timestep + ROWS)[:, np.newaxis] + np.arange(COLUMNS)
    actions = np.sin(phase) + rng.normal(0.0, 0.002, COLUMNS)
    return Chunk(session_id='s', request_id=0, stamp_ns=0, first_timestep=timestep,
                 step_ns=STEP_NS, names=NAMES, units=('rad',) * COLUMNS, actions=actions)


def timed(work: Callable[[], object], wall: list[int], cpu: list[int]) -> None:
    """Run once and append what it took [ns]."""
    cpu_start, start = time.thread_time_ns(), time.perf_counter_ns()
    work()
    wall.append(time.perf_counter_ns() - start)
    cpu.append(time.thread_time_ns() - cpu_start)


def measure(tick_ns: int, params: ShapingParams, ticks: int) -> dict[str, NDArray[np.float64]]:
    """Time ``ticks`` ticks and as many copies; values in us, wall and cpu in two rows."""
    rng = np.random.default_rng(0)
    buffer = ChunkBuffer(NAMES, SPEC.lower, SPEC.upper, AGGREGATES['weighted_average'])
    shaper = MotionShaper(SPEC, params, STEP_NS, tick_ns)
    measured = np.zeros(COLUMNS)
    shaper.reset(measured)
    taken: dict[str, tuple[list[int], list[int]]] = {'tick': ([], []), 'copy': ([], [])}
    for _ in range(ticks):
        chunk = chunk_at(buffer.timestep, rng)

        def tick(chunk: Chunk = chunk) -> None:
            nonlocal measured
            buffer.merge(chunk)
            command = shaper.tick(buffer, measured).command
            assert command is not None
            measured = command

        timed(tick, *taken['tick'])
        timed(chunk.actions.copy, *taken['copy'])
    return {name: np.array(times) / 1e3 for name, times in taken.items()}


def main() -> None:
    """Measure every case and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--ticks', type=int, default=5000, help='ticks of each case')
    ticks = parser.parse_args().ticks
    load = Path('/proc/loadavg')
    print(f'{ROWS} x {COLUMNS} rows, {ticks} ticks, {os.cpu_count()} cores, load '
          f'{load.read_text().split()[0] if load.exists() else "unknown"}; all in us')
    print(f'{"":26}{"wall p50":>10}{"p99":>9}{"cpu p50":>10}{"p99":>9}{"copy p50":>10}{"p99":>9}')
    gc.freeze()
    worst = 0.0
    for name, (tick_ns, params) in CASES.items():
        times = measure(tick_ns, params, ticks)
        shown = [np.percentile(t, q) for t in (*times['tick'], times['copy'][0]) for q in (50, 99)]
        print(f'{name:26}' + ''.join(f'{v:{w}.1f}' for v, w in zip(shown, (10, 9) * 3,
                                                                  strict=True)))
        worst = max(worst, shown[3])
    print(f'budget {BUDGET_US:g} us at p99: {"kept" if worst <= BUDGET_US else "missed"} '
          f'(cpu {worst:.1f} us)')


if __name__ == '__main__':
    main()
