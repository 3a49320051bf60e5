"""Limits and limiters of motion as their tests need them."""

import numpy as np
from shaping_helpers import differences, rounding

from robot_bridge.shaping.limits import Limits, MotionLimiter

TICK_NS = 4_000_000
TICK = TICK_NS * 1e-9
KINDS = ('velocity', 'acceleration', 'jerk')


def limits(lower=-1.0, upper=1.0, velocity=np.inf, acceleration=np.inf, jerk=np.inf,
           relative=np.inf, names=('pan',)):
    values = {'lower': lower, 'upper': upper, 'velocity': velocity, 'jerk': jerk,
              'acceleration': acceleration, 'relative': relative}
    return Limits(names=names, **{k: np.full(len(names), v, dtype=float)
                                  for k, v in values.items()})


SMOOTH = limits(velocity=2.0, acceleration=10.0, jerk=300.0)


def run(limiter, targets, velocities=None, measured=None):
    velocities = np.zeros(len(targets)) if velocities is None else velocities
    return np.array([limiter.step(np.array([t]), np.array([v]), measured).copy()[0]
                     for t, v in zip(targets, velocities, strict=True)])


def started(made, position=0.0, tick_ns=TICK_NS):
    limiter = MotionLimiter(made, tick_ns)
    limiter.reset(np.full(len(made.names), float(position)))
    return limiter


def kept(made, positions, tick_ns):
    """Whether all commands keep all limits, by differences.

    A way is planned relative to its target: what that rounds depends on how far the target may be.
    """
    far = np.concatenate([positions.ravel(), made.lower, made.upper])
    for order, kind in enumerate(KINDS, start=1):
        limit = getattr(made, kind)
        only_velocity = np.isinf(made.acceleration) & np.isinf(made.jerk)
        slack = 1e-6 * np.where(np.isinf(limit), 0.0, limit) + rounding(
            far[np.isfinite(far)], order, tick_ns)
        ok = (differences(positions, order, tick_ns) <= limit + slack)
        if not (ok | (only_velocity & (order > 1))).all():
            return False
    return True
