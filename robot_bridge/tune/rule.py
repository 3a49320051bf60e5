"""When a setting cannot starve: the rule between threshold, horizon and delay. Pure.

The queue holds ``request_level`` rows when the next chunk is asked for, and at most
``horizon - delay`` after the last one came: its first ``delay`` rows were late. One row leaves in
each control step until the next chunk is usable, so with delays of at most d steps the robot never
waits if, and only if,

    threshold * horizon >= d   and   horizon >= 2 d

where ``threshold * horizon`` counts whole rows. The first chunk of a session is not covered: until
it comes there is nothing to execute.
"""

from __future__ import annotations

import math


def request_level(threshold: float, horizon: int) -> int:
    """Rows in the queue at which the bridge asks: the largest q with q / horizon <= threshold.

    Args:
        threshold: ``chunk_size_threshold`` [0..1].
        horizon: Rows of a chunk, >= 1.

    Returns:
        0 .. horizon. The quotient is compared as the buffer does it, so 0.7 of 10 is 7.
    """
    level = min(math.floor(threshold * horizon) + 1, horizon)
    while level / horizon > threshold:
        level -= 1
    return level


def tolerated_delay(threshold: float, horizon: int) -> int:
    """Longest delay with which the robot never waits for the next chunk [control steps]."""
    return min(request_level(threshold, horizon), horizon // 2)


def least_threshold(horizon: int, delay: int) -> float | None:
    """Smallest ``chunk_size_threshold`` that tolerates a delay; None when none does.

    Args:
        horizon: Rows of a chunk, >= 1.
        delay: [control steps], >= 0.
    """
    return delay / horizon if 2 * delay <= horizon else None


def least_horizon(threshold: float, delay: int) -> int | None:
    """Fewest rows of a chunk that tolerate a delay; None when no number does.

    Args:
        threshold: ``chunk_size_threshold`` [0..1].
        delay: [control steps], >= 0.
    """
    if delay == 0:
        return 1
    if threshold <= 0:
        return None
    horizon = max(2 * delay, math.ceil(delay / threshold) - 1)
    while tolerated_delay(threshold, horizon) < delay:
        horizon += 1
    return horizon


def request_period(threshold: float, horizon: int, delay: int) -> int:
    """Control steps between two requests when every delay is the same and tolerated."""
    return max(delay, horizon - request_level(threshold, horizon), 1)
