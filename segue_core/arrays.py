"""Checks of arrays that run in every control tick."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def all_finite(values: NDArray[np.float64]) -> bool:
    """Whether no value is nan or infinite.

    The sum of squares tells it in a fraction of the time; it may overflow, and only then each value
    is looked at.

    Args:
        values: Any shape, C-contiguous.
    """
    flat = values.ravel()
    return math.isfinite(flat.dot(flat)) or bool(np.isfinite(flat).all())
