"""A program that does nothing but wake up, on each core: when the machine itself stood still.

Run beside a benchmark, with its scheduling; at real-time priority one above it, so that the
benchmark's own work cannot hold it up. What it misses is the operating system's or the hypervisor's
doing, and the limit of what any program could reach here meanwhile.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

import numpy as np
from numpy.typing import NDArray

PERIOD_NS = 1_000_000
"""Between two wake-ups [ns]."""


class Metronomes:
    """One for each core, from now until `stop`."""

    def __init__(self) -> None:
        policy, priority = os.sched_getscheduler(0), os.sched_getparam(0).sched_priority
        policy &= ~os.SCHED_RESET_ON_FORK
        priority += policy in (os.SCHED_FIFO, os.SCHED_RR)
        self._processes = [subprocess.Popen(
            [sys.executable, __file__, str(core), str(policy), str(priority)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE) for core in os.sched_getaffinity(0)]

    def stop(self) -> NDArray[np.int64]:
        """When a core stood still: begin and end, shape (N, 2) [ns, monotonic clock]."""
        told = [line.split() for process in self._processes
                for line in process.communicate()[0].splitlines()]
        return np.array(told, dtype=np.int64).reshape(-1, 2)


def beat(core: int, policy: int, priority: int) -> None:
    """Wake up until the input ends; print each time that was missed by more than a period."""
    os.sched_setaffinity(0, {core})
    os.sched_setscheduler(0, policy, os.sched_param(priority))
    os.set_blocking(0, False)
    due_ns = time.monotonic_ns()
    while not _ended():
        due_ns += PERIOD_NS
        time.sleep(max(0, due_ns - time.monotonic_ns()) * 1e-9)
        now_ns = time.monotonic_ns()
        if now_ns - due_ns > PERIOD_NS:
            print(due_ns, now_ns, flush=True)
            due_ns = now_ns


def _ended() -> bool:
    try:
        return not os.read(0, 1)
    except BlockingIOError:
        return False


if __name__ == '__main__':
    beat(*map(int, sys.argv[1:]))
