"""Soft mask of Real-Time Chunking: against a worked example and the equations."""

import numpy as np
import pytest
from hypothesis import strategies as st
from shaping_helpers import given

from segue_core.rtc import SCHEDULES, soft_mask


def test_linear_weights_of_a_worked_example():
    assert soft_mask(8, 2, 2, 'linear') == pytest.approx([1, 1, .8, .6, .4, .2, 0, 0])


def test_exponential_weights_follow_the_equation():
    weights = soft_mask(8, 2, 2, 'exp')
    c = np.array([.8, .6, .4, .2])
    assert weights == pytest.approx([1, 1, *c * (np.exp(c) - 1) / (np.e - 1), 0, 0])


def test_without_delay_the_first_row_is_not_frozen():
    assert soft_mask(4, 0, 1, 'linear') == pytest.approx([.75, .5, .25, 0])


def test_delay_that_leaves_no_row_in_between_gives_a_hard_mask():
    assert soft_mask(6, 3, 3).tolist() == [1, 1, 1, 0, 0, 0]


@st.composite
def arguments(draw):
    horizon = draw(st.integers(1, 60))
    delay = draw(st.integers(0, horizon // 2))
    return horizon, delay, draw(st.integers(delay, horizon - delay))


@given(arguments(), st.sampled_from(SCHEDULES))
def test_weights_are_one_then_fall_then_are_zero(arguments, schedule):
    horizon, delay, execution_horizon = arguments
    weights = soft_mask(horizon, delay, execution_horizon, schedule)
    end = horizon - execution_horizon
    assert weights.shape == (horizon,)
    assert (weights[:delay] == 1).all() and (weights[end:] == 0).all()
    between = weights[delay:end]
    assert ((between > 0) & (between < 1)).all() and (np.diff(between) < 0).all()


@pytest.mark.parametrize(('arguments', 'message'), [
    ((0, 0, 0), 'horizon must be >= 1, got 0'),
    ((8, -1, 2), 'delay must be >= 0 control steps, got -1'),
    ((8, 3, 2), r'execution_horizon must be within delay..horizon - delay = 3..5, got 2'),
    ((8, 3, 6), r'3..5, got 6'), ((8, 5, 5), r'5..3, got 5'),
    ((8, 2, 2, 'cosine'), "schedule must be one of exp, linear; got 'cosine'")])
def test_arguments_outside_their_range_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        soft_mask(*arguments)
