"""One control cycle of the SO101: read six positions, write six goals, against emulated servos.

Run: python benchmarks/so101.py [--cycles N]. The emulator runs in a process of its own, and lets
every byte take the time that it takes at 1 Mbaud.

`limit` is that time alone, for a sync read with six replies and a sync write: no driver can be
faster. `late` counts the cycles of a loop at 100 Hz that began over 1 ms late or did not end in
their 10 ms; the first row is a loop that does nothing but sleep, so what it has is the machine's.
`cpu` is the share of a core that the driver's process used in that loop.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robot_bridge.drivers.so101.driver import So101
from robot_bridge.drivers.so101.parameters import Params

CONFIG = Path(__file__).parents[1] / 'config'
BYTES = (8 + 6) + 6 * (6 + 2) + (8 + 6 * 3)
BYTE_TIME = 10e-6
RATE = 100.0
LATE = 1e-3
CASES: dict[str, dict[str, object]] = {
    'no wire': {'wire_timing': False},
    '1 Mbaud': {},
    '1 Mbaud, USB 1 ms': {'usb_latency': 0.001},
    '1 Mbaud, 5 % loss': {'packet_loss': 0.05},
}


@dataclass(frozen=True)
class Result:
    """Of one case.

    Attributes:
        cycles: Length of each cycle, as fast as it goes [s].
        late: Share of late cycles at `RATE`.
        cpu: Share of a core at `RATE`.
    """

    cycles: np.ndarray
    late: float
    cpu: float


def emulator(link: Path, given: dict[str, object]) -> subprocess.Popen:
    """Start the emulator; it is there when its link is."""
    options = {'link': link, 'calibration': CONFIG / 'so101_emulated.json', **given}
    process = subprocess.Popen(
        [Path(sys.executable).parent / 'so101_emulator', '--ros-args',
         *(word for name, value in options.items() for word in ('-p', f'{name}:={value}'))],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not link.is_symlink():
        if process.poll() is not None:
            raise RuntimeError(f'so101_emulator ended with exit code {process.returncode}')
        time.sleep(0.05)
    return process


def measure(driver: So101, cycles: int) -> Result:
    """Run cycles as fast as they go, then at `RATE`."""
    middle = (driver.spec.lower + driver.spec.upper) / 2
    span = 0.05 * (driver.spec.upper - driver.spec.lower)

    def cycle(k: int) -> None:
        driver.read(cameras=False)
        driver.write(middle + span * np.sin(k / 100))

    cycle(0)
    taken = []
    for k in range(cycles):
        start = time.perf_counter()
        cycle(k)
        taken.append(time.perf_counter() - start)
    return Result(np.array(taken), *paced(cycle, cycles))


def paced(cycle: Callable[[int], None], cycles: int) -> tuple[float, float]:
    """Run cycles at `RATE`; return the share that was late, and the share of a core used."""
    late, cpu, begin = 0, time.process_time(), time.perf_counter()
    for k in range(cycles):
        due = begin + k / RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        started = time.perf_counter()
        cycle(k)
        late += started - due > LATE or time.perf_counter() > due + 1 / RATE
    passed = time.perf_counter() - begin
    return late / cycles, (time.process_time() - cpu) / passed


def main() -> None:
    """Measure every case and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--cycles', type=int, default=1000, help='of each case')
    cycles = parser.parse_args().cycles
    limit = BYTES * BYTE_TIME
    print(f'{cycles} cycles, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; '
          f'{BYTES} bytes, limit {limit * 1e3:.2f} ms')
    print(f'{"":20}{"p50 ms":>9}{"p99 ms":>9}{"p50/limit":>11}{"late %":>9}{"cpu %":>8}')
    late, cpu = paced(lambda k: None, cycles)
    print(f'{"sleeping alone":49}{late * 100:9.1f}{cpu * 100:8.1f}')
    for name, given in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            process = emulator(Path(folder) / 'port', given)
            driver = So101(Params(port=f'{folder}/port', id='so101_emulated', rate=RATE,
                                  calibration_dir=str(CONFIG)))
            driver.connect()
            result = measure(driver, cycles)
            driver.disconnect()
            process.terminate()
            process.wait()
        p50, p99 = np.percentile(result.cycles, [50, 99])
        print(f'{name:20}{p50 * 1e3:9.2f}{p99 * 1e3:9.2f}{p50 / limit:11.2f}'
              f'{result.late * 100:9.1f}{result.cpu * 100:8.1f}')


if __name__ == '__main__':
    main()
