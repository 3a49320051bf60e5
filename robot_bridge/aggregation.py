"""How the rows of a new chunk merge with the rows that are still queued for the same timesteps."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from segue_core.arrays import all_finite
from segue_core.chunk import ChunkError
from segue_core.parameters import ParameterError
from segue_core.plugins import PluginError, load_plugin

Rows = NDArray[np.float64]
Aggregate = Callable[[Rows, Rows, NDArray[np.int64]], Rows]
"""(old rows, new rows, predictions already in each old row) -> merged rows.

Rows have shape (K, D); the predictions are counted in shape (K,), each >= 1.
"""

ENSEMBLE_DECAY = 0.01


def _blend(new_weight: float) -> Aggregate:
    def aggregate(old: Rows, new: Rows, counts: NDArray[np.int64]) -> Rows:
        merged = (1.0 - new_weight) * old
        merged += new_weight * new
        return merged
    return aggregate


def _replace(old: Rows, new: Rows, counts: NDArray[np.int64]) -> Rows:
    return new


def temporal_ensemble(decay: float) -> Aggregate:
    """Exponentially weighted mean of all predictions for a timestep.

    Args:
        decay: m in the weight exp(-m i) of the i-th prediction, i = 0 the oldest [-], >= 0.

    Source:
        Zhao et al. 2023, arXiv:2304.13705 (ACT).
    """
    def aggregate(old: Rows, new: Rows, counts: NDArray[np.int64]) -> Rows:
        if decay == 0:
            old_weight = counts.astype(np.float64)
        else:
            old_weight = np.expm1(-decay * counts) / np.expm1(-decay)   # sum of exp(-m i), i < n
        new_weight = np.exp(-decay * counts)
        share = (new_weight / (old_weight + new_weight))[:, np.newaxis]
        return (1.0 - share) * old + share * new
    return aggregate


AGGREGATES: MappingProxyType[str, Aggregate] = MappingProxyType({
    'weighted_average': _blend(0.7),
    'latest_only': _replace,
    'average': _blend(0.5),
    'conservative': _blend(0.3),
    'temporal_ensemble': temporal_ensemble(ENSEMBLE_DECAY),
    'rtc': _replace,
})
"""Aggregations by name. With `rtc` the policy conditions on the prefix, so the bridge replaces."""
OWN = frozenset(AGGREGATES.values())
"""These need no check: they make means of checked rows."""


def find_aggregate(name: str) -> Aggregate:
    """Find an aggregation.

    Args:
        name: One of `AGGREGATES`, or ``package.module:function`` for a function of your own.

    Raises:
        ParameterError: There is none of that name.
    """
    if name in AGGREGATES:
        return AGGREGATES[name]
    try:
        aggregate: Aggregate = load_plugin('segue.aggregations', name)
        if not callable(aggregate):
            raise PluginError(f'it is no function but a {type(aggregate).__name__}')
    except PluginError as error:
        raise ParameterError(f'aggregate_fn_name must be one of {", ".join(AGGREGATES)} or '
                             f'package.module:function; got {name!r} ({error})') from error
    return aggregate


def merged_rows(aggregate: Aggregate, old: Rows, new: Rows, counts: NDArray[np.int64]) -> Rows:
    """Merge overlapping rows; what comes back is checked, since the function may be the user's.

    Args:
        aggregate: The function.
        old: Queued rows, shape (K, D).
        new: Rows of the new chunk, shape (K, D); not changed.
        counts: Predictions in each old row, shape (K,).

    Returns:
        Finite rows, shape (K, D).

    Raises:
        ChunkError: The function raised, or made anything else.
    """
    try:
        merged = np.asarray(aggregate(old, new.copy(), counts))
    except Exception as error:      # a function of the user's own may raise anything
        raise ChunkError(f'aggregation {name_of(aggregate)} failed: {type(error).__name__}: '
                         f'{" ".join(str(error).split())}') from error
    if merged.dtype.kind not in 'iuf':
        raise ChunkError(f'aggregation {name_of(aggregate)} must return real numbers, got '
                         f'{merged.dtype}')
    rows = merged.astype(np.float64, copy=False)
    if rows.shape != new.shape or not all_finite(rows):
        raise ChunkError(f'aggregation {name_of(aggregate)} must return finite rows of shape '
                         f'{new.shape}, got {rows.shape}')
    return rows


def name_of(aggregate: Aggregate) -> str:
    """Name of a function, for messages."""
    return str(getattr(aggregate, '__qualname__', repr(aggregate)))
