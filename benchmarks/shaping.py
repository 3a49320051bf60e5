"""One control tick: merge a 50 x 25 chunk, pop, shape. Budget: 150 us at the 99th percentile.

Run: python benchmarks/shaping.py [--ticks N]. Beside it, in the same run, a plain numpy copy of
the same rows, which no code can beat. `all` is over all ticks, on the machine as it is now;
`quiet` is the quietest run of 500 ticks: what remains when other processes leave the core alone.
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
BLOCK = 500
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


def timed(work: Callable[[], object]) -> int:
    """Run once; what it took [ns]."""
    start = time.perf_counter_ns()
    work()
    return time.perf_counter_ns() - start


def measure(tick_ns: int, params: ShapingParams, ticks: int) -> dict[str, NDArray[np.float64]]:
    """Time ``ticks`` ticks and as many copies [us]."""
    rng = np.random.default_rng(0)
    buffer = ChunkBuffer(NAMES, SPEC.lower, SPEC.upper, AGGREGATES['weighted_average'])
    shaper = MotionShaper(SPEC, params, STEP_NS, tick_ns)
    measured = np.zeros(COLUMNS)
    shaper.reset(measured)
    taken: dict[str, list[int]] = {'tick': [], 'copy': []}
    for _ in range(ticks):
        chunk = chunk_at(buffer.timestep, rng)

        def tick(chunk: Chunk = chunk) -> None:
            nonlocal measured
            buffer.merge(chunk)
            command = shaper.tick(buffer, measured).command
            assert command is not None
            measured = command

        taken['tick'].append(timed(tick))
        taken['copy'].append(timed(chunk.actions.copy))
    return {name: np.array(times) / 1e3 for name, times in taken.items()}


def quietest(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """The run of BLOCK values with the lowest 99th percentile."""
    blocks = times[:len(times) // BLOCK * BLOCK].reshape(-1, BLOCK)
    return blocks[np.argmin(np.percentile(blocks, 99, axis=1))]


def main() -> None:
    """Measure every case and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--ticks', type=int, default=5000, help=f'of each case, >= {BLOCK}')
    ticks = max(BLOCK, parser.parse_args().ticks)
    load = Path('/proc/loadavg')
    print(f'{ROWS} x {COLUMNS} rows, {ticks} ticks, {os.cpu_count()} cores, load '
          f'{load.read_text().split()[0] if load.exists() else "unknown"}; all in us')
    print(f'{"":26}{"all p50":>10}{"p99":>9}{"quiet p50":>11}{"p99":>9}{"copy p50":>10}{"p99":>8}')
    gc.freeze()
    for name, (tick_ns, params) in CASES.items():
        times = measure(tick_ns, params, ticks)
        quiet = quietest(times['tick'])
        shown = [np.percentile(t, q) for t in (times['tick'], quiet, times['copy'])
                 for q in (50, 99)]
        print(f'{name:26}' + ''.join(f'{v:{w}.1f}' for v, w in zip(
            shown, (10, 9, 11, 9, 10, 8), strict=True)) + (
                '' if shown[3] <= BUDGET_US else f'  over {BUDGET_US:g}'))


if __name__ == '__main__':
    main()
