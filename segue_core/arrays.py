"""Checks and clipping of arrays that run in every control tick.

A tick works on a few dozen columns, where calling numpy costs more than its arithmetic. So these
functions choose the cheapest call that gives the result, and the rest of the code stays plain.
"""

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


def all_true(flags: NDArray[np.bool_]) -> bool:
    """Whether no flag is False: ``flags.all()`` in a fraction of the time.

    Args:
        flags: Any shape.
    """
    return 0 not in flags.tobytes()


def within(values: NDArray[np.float64], lower: NDArray[np.float64],
           upper: NDArray[np.float64]) -> NDArray[np.float64]:
    """A copy of the values, each brought between its bounds; nan stays nan. As `numpy.clip`.

    Args:
        values: Any shape.
        lower: Smallest values, of a shape that broadcasts to that of ``values``.
        upper: Largest values.
    """
    clipped = np.maximum(values, lower)
    return np.minimum(clipped, upper, out=clipped)
