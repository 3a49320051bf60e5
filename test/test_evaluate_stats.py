"""Figures of cells: Wilson's interval against published values, means, order."""

import math

import pytest
from evaluation_helpers import row

from segue_evaluation.stats import in_order, mean, summarize, wilson


@pytest.mark.parametrize(('successes', 'n', 'low', 'high'), [
    (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611),
    (1, 29, 0.0061, 0.1718)])
def test_wilson_interval_is_as_published_by_newcombe_1998_table_1(successes, n, low, high):
    assert wilson(successes, n) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_wilson_interval_of_failures_mirrors_that_of_successes():
    low, high = wilson(20, 20)
    assert (low, high) == (pytest.approx(1 - wilson(0, 20)[1]), 1.0)


def test_mean_has_the_normal_interval_and_leaves_nan_out():
    m = mean([1.0, 3.0, math.nan])
    assert (m.value, m.half_width) == (2.0, pytest.approx(1.96, abs=1e-3))
    assert mean([5.0]).value == 5.0
    assert math.isnan(mean([5.0]).half_width)
    assert math.isnan(mean([]).value)


def test_steps_are_those_of_successes_and_an_error_is_a_failure_without_figures():
    rows = [row(steps=100), row(init_state=41, steps=300, success=False, idle_share=0.2),
            row(init_state=42, success=False, idle_share=math.nan, error='it broke')]
    cell, = summarize(rows)
    assert (cell.n, cell.successes, cell.errors) == (3, 1, 1)
    assert cell.steps.value == 100
    assert cell.idle_share.value == pytest.approx(0.1)
    assert cell.tasks == {0: (1, 3)}


def test_cells_are_ordered_by_mode_then_delay_whatever_the_order_of_the_rows():
    rows = [row(mode=mode, delay=delay) for mode in ('average', 'sync')
            for delay in ('uniform:2,6', '12', '4')]
    expected = [(mode, delay) for mode in ('sync', 'average')
                for delay in ('4', '12', 'uniform:2,6')]
    assert [(cell.mode, cell.delay) for cell in summarize(rows)] == expected
    assert in_order(rows[::-1]) == in_order(rows)
