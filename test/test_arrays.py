"""The fast check for finite numbers agrees with the slow one."""

import numpy as np
from hypothesis import given
from hypothesis.extra.numpy import array_shapes, arrays

from segue_core.arrays import all_finite


@given(arrays(np.float64, array_shapes(max_dims=2, min_side=0)))
def test_fast_check_agrees_with_looking_at_every_value(values):
    assert all_finite(values) == np.isfinite(values).all()


def test_values_whose_squares_overflow_are_finite():
    assert all_finite(np.array([1e300, -1e300]))
    assert not all_finite(np.array([1e300, np.inf]))
    assert not all_finite(np.array([np.inf, -np.inf]))
