"""Memory does not grow, whatever goes wrong; `benchmarks/growth.py` runs the same for longer."""

import gc
import runpy
import sys
import tracemalloc
from pathlib import Path

LongRun = runpy.run_path(str(Path(__file__).parents[1] / 'benchmarks' / 'growth.py'))['LongRun']


def test_nothing_is_kept_of_thousands_of_ticks():
    world = LongRun()
    world.run(10_000)
    gc.collect()
    blocks = sys.getallocatedblocks()
    world.run(25_000)
    gc.collect()
    assert sys.getallocatedblocks() - blocks < 500
    tracemalloc.start()
    try:
        world.run(5_000)
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 100_000       # the queue, sixteen open requests and fifty delays
    assert world.sessions > 10 and world.refused > 100
