"""Sources of rows and robots as the tests of motion shaping need them."""

import hypothesis
import numpy as np

from robot_bridge.driver import DriverSpec

NAMES = ('pan', 'lift', 'grip')
SECOND = 1_000_000_000


def given(*strategies):
    """As hypothesis' own, but a busy machine is no failure."""
    patient = hypothesis.settings(
        deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
    return lambda test: patient(hypothesis.given(*strategies)(test))


class Rows:
    """A source that remembers what was taken."""

    def __init__(self, rows=()):
        self.waiting = [np.array(row, dtype=float) for row in rows]
        self.taken = []

    def queued(self):
        return np.array(self.waiting) if self.waiting else np.empty((0, 0))

    def pop(self):
        if not self.waiting:
            return None
        self.taken.append(self.waiting.pop(0))
        return self.taken[-1]


def spec(names=NAMES, limit=10.0):
    limits = np.full(len(names), float(limit))
    return DriverSpec('test', tuple(names), ('rad',) * len(names), -limits, limits, 100.0)


def differences(positions, order, tick_ns):
    """Largest derivative of an order by differences of each column, from rest before the first."""
    rest = [positions[0]] * order
    return np.abs(np.diff([*rest, *positions], order, axis=0)).max(axis=0) / (tick_ns * 1e-9)**order


def rounding(positions, order, tick_ns):
    """What rounding of the positions alone contributes to such differences."""
    scale = 1.0 + np.abs(positions).max()
    return 2.0**order * 4e-16 * scale / (tick_ns * 1e-9)**order
