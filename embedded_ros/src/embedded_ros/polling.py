"""Waiting for what nobody tells of: by looking again and again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

_PERIOD_S = 0.02


def wait_until(
    condition: Callable[[], Any],
    timeout_s: float | None,
    is_running: Callable[[], bool],
    period_s: float = _PERIOD_S,
) -> Any:
    """Wait until a condition is true, as soon as it is.

    Args:
        condition: The condition.
        timeout_s: Longest wait [s]; None: for ever.
        is_running: The wait ends early when this is false.
        period_s: Time between two looks [s].

    Returns:
        The condition's last result.
    """
    end = None if timeout_s is None else time.monotonic() + timeout_s
    while not (result := condition()) and is_running():
        left_s = period_s if end is None else min(period_s, end - time.monotonic())
        if left_s <= 0:
            break
        time.sleep(left_s)
    return result
