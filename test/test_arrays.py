"""The fast checks and clips agree with those of numpy."""

import numpy as np
from hypothesis import given
from hypothesis.extra.numpy import array_shapes, arrays

from segue_core.arrays import all_finite, all_true, within


@given(arrays(np.float64, array_shapes(max_dims=2, min_side=0)))
def test_fast_check_agrees_with_looking_at_every_value(values):
    assert all_finite(values) == np.isfinite(values).all()


def test_values_whose_squares_overflow_are_finite():
    assert all_finite(np.array([1e300, -1e300]))
    assert not all_finite(np.array([1e300, np.inf]))
    assert not all_finite(np.array([np.inf, -np.inf]))


@given(arrays(np.bool_, array_shapes(max_dims=2, min_side=0)))
def test_flags_are_all_true_when_numpy_says_so(flags):
    assert all_true(flags) == flags.all()
    assert all_true(flags.T) == flags.all()


@given(arrays(np.float64, (2, 3)))
def test_values_are_clipped_as_by_numpy_into_a_copy(values):
    before, lower, upper = values.copy(), np.array([-1.0, -np.inf, 0.0]), np.array([1.0, 2.0, 0.0])
    clipped = within(values, lower, upper)
    assert np.array_equal(clipped, np.clip(values, lower, upper), equal_nan=True)
    assert np.array_equal(values, before, equal_nan=True) and clipped is not values
