"""A shaper of three columns, and what it makes of rows."""

import numpy as np
from shaping_helpers import Rows, spec

from robot_bridge.shaping.parameters import ShapingParams
from robot_bridge.shaping.shaper import MotionShaper

STEP_NS, TICK_NS = 40_000_000, 10_000_000
TICK = TICK_NS * 1e-9
LIMITS = {'velocity_limits': (2.0,), 'acceleration_limits': (10.0,), 'jerk_limits': (300.0,)}
ORIGIN = np.zeros(3)


def shaper(*, tick_ns=TICK_NS, names=None, robot=None, measured=ORIGIN, **params):
    made = MotionShaper(robot or spec(), ShapingParams(**params), STEP_NS, tick_ns, names)
    made.reset(measured)
    return made


def run(made, source, ticks, measured=None):
    return [made.tick(source, measured) for _ in range(ticks)]


def commands(ticks):
    return np.array([tick.command for tick in ticks])


def ramp(count, step=0.02):
    """Rows that rise in all columns."""
    return Rows(step * np.arange(count)[:, np.newaxis] * np.ones(3))
