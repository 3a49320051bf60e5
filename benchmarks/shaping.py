"""One control tick: pop and shape a row; every few ticks a 50 x 25 chunk is merged first.

Run: python benchmarks/shaping.py [--ticks N]. Budget: 150 us at the 99th percentile with a merge.

Beside every tick, in the same run: a plain numpy copy of the chunk, which no code can beat, and the
merge of the same chunk row by row in a dictionary, as stacks do that queue one object per row.
The process keeps to one core; the garbage collector runs as it does in the bridge. `wall` is what
passed on the machine as it is now, other processes included; `cpu` is what this thread ran: what
passes when it is left alone. The budget is held against `cpu`.
"""

from __future__ import annotations

import argparse
import gc
import os
import time
from array import array
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
MERGE_EVERY = 4
NAMES = tuple(f'joint_{i}' for i in range(COLUMNS))
SPEC = DriverSpec('benchmark', NAMES, ('rad',) * COLUMNS, np.full(COLUMNS, -3.0),
                  np.full(COLUMNS, 3.0), 250.0)
LIMITS = {'velocity_limits': (2.0,), 'acceleration_limits': (10.0,), 'jerk_limits': (300.0,)}
EVERYTHING = ShapingParams(
    interpolation='cubic', smooth=2, low_pass_cutoff=10.0, low_pass_order=4,
    max_relative_target=(0.5,), gripper_columns=NAMES[-2:], binarize_gripper=True,
    starvation_behavior='decay', **LIMITS)
CASES: dict[str, tuple[int, ShapingParams]] = {
    '30 Hz, defaults': (STEP_NS, ShapingParams()),
    '30 Hz, limits': (STEP_NS, ShapingParams(**LIMITS)),
    '30 Hz, everything': (STEP_NS, EVERYTHING),
    '30 to 250 Hz, limits': (4_000_000, ShapingParams(**LIMITS)),
    '30 to 250 Hz, everything': (4_000_000, EVERYTHING),
}


def chunk_at(timestep: int, rng: np.random.Generator) -> Chunk:
    """A smooth chunk that differs from the last one."""
    phase = 0.03 * np.arange(timestep, timestep + ROWS)[:, np.newaxis] + np.arange(COLUMNS)
    actions = np.sin(phase) + rng.normal(0.0, 0.002, COLUMNS)
    return Chunk(session_id='s', request_id=0, stamp_ns=0, first_timestep=timestep,
                 step_ns=STEP_NS, names=NAMES, units=('rad',) * COLUMNS, actions=actions)


class RowByRow:
    """Merges row by row: the queue is a dictionary from timestep to action."""

    def __init__(self) -> None:
        self._queue: dict[int, NDArray[np.float64]] = {}

    def merge(self, chunk: Chunk) -> None:
        """Merge with the weights of `weighted_average` into a new queue, as others do."""
        merged = {}
        for i, new in enumerate(chunk.actions):
            timestep = chunk.first_timestep + i
            old = self._queue.get(timestep)
            merged[timestep] = new if old is None else 0.3 * old + 0.7 * new
        self._queue = merged


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Run once; the wall time and the CPU time that it took [us]."""
    wall, cpu = time.perf_counter_ns(), time.thread_time_ns()
    work()
    cpu, wall = time.thread_time_ns() - cpu, time.perf_counter_ns() - wall
    return wall / 1e3, cpu / 1e3


def measure(tick_ns: int, params: ShapingParams, ticks: int) -> dict[str, NDArray[np.float64]]:
    """Times of the ticks, with a merge and without, and of the references.

    Args:
        tick_ns: Spacing of the ticks [ns].
        params: How rows become commands.
        ticks: How many.

    Returns:
        What was timed -> wall and CPU times [us], shape (2, N).
    """
    rng = np.random.default_rng(0)
    buffer = ChunkBuffer(NAMES, SPEC.lower, SPEC.upper, AGGREGATES['weighted_average'])
    shaper = MotionShaper(SPEC, params, STEP_NS, tick_ns)
    row_by_row = RowByRow()
    measured = np.zeros(COLUMNS)
    shaper.reset(measured)
    # Lists of tuples would set off the garbage collector, which the ticks themselves do not.
    taken = {name: array('d') for name in ('merge', 'plain', 'copy', 'rows')}

    def tick(chunk: Chunk | None) -> None:
        nonlocal measured
        if chunk:
            buffer.merge(chunk)
        command = shaper.tick(buffer, measured).command
        if command is None:
            raise RuntimeError('the queue ran empty: this is no tick to measure')
        measured = command

    for k in range(ticks):
        if k % MERGE_EVERY:
            taken['plain'].extend(timed(lambda: tick(None)))
            continue
        chunk = chunk_at(buffer.timestep, rng)
        taken['merge'].extend(timed(lambda c=chunk: tick(c)))
        taken['copy'].extend(timed(chunk.actions.copy))
        taken['rows'].extend(timed(lambda c=chunk: row_by_row.merge(c)))
    return {name: np.array(times).reshape(-1, 2).T for name, times in taken.items()}


def report(name: str, times: dict[str, NDArray[np.float64]]) -> None:
    """Print the two rows of a case."""
    copy, row_by_row = (np.median(times[k][1]) for k in ('copy', 'rows'))
    for kind in ('merge', 'plain'):
        wall, cpu = times[kind]
        p50, p99 = np.percentile(cpu, [50, 99])
        shown = (*np.percentile(wall, [50, 99]), wall.max(), p50, p99, cpu.max())
        print(f'{name if kind == "merge" else "":26}{kind:7}'
              + ''.join(f'{value:10.1f}' for value in shown)
              + f'{p50 / copy:9.0f}x{p50 / row_by_row:9.2f}x'
              + ('' if p99 <= BUDGET_US else f'  over {BUDGET_US:g}'))


def main() -> None:
    """Measure every case and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--ticks', type=int, default=20_000,
                        help='of each case')
    ticks = parser.parse_args().ticks
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    load = Path('/proc/loadavg')
    print(f'{ROWS} x {COLUMNS} rows, {ticks} ticks, a chunk every {MERGE_EVERY}, one of '
          f'{os.cpu_count()} cores, load '
          f'{load.read_text().split()[0] if load.exists() else "unknown"}; times in us')
    print(f'{"":33}{"wall p50":>10}{"p99":>10}{"max":>10}{"cpu p50":>10}{"p99":>10}{"max":>10}'
          f'{"/copy":>10}{"/by row":>10}')
    gc.collect()
    gc.freeze()
    for name, (tick_ns, params) in CASES.items():
        report(name, measure(tick_ns, params, ticks))


if __name__ == '__main__':
    main()
