"""Delays on the command line: fixed, listed, or drawn."""

import pytest

from segue_core.parameters import ParameterError
from segue_evaluation.delays import SAMPLES, read_delay


@pytest.mark.parametrize(('text', 'shortest', 'steps'), [
    ('4', '4', (4,)), ('fixed:4', '4', (4,)), ('fixed:130ms', '3', (3,)), ('2+2', '2', (2,)),
    ('1+2+2+8', '1+2+2+8', (1, 2, 2, 8))])
def test_equal_delays_are_read_as_equal(text, shortest, steps):
    delay = read_delay(text, 20.0)
    assert (delay.text, delay.steps) == (shortest, steps)


def test_distribution_is_drawn_the_same_every_time():
    delay = read_delay('uniform:2,6', 20.0)
    assert set(delay.steps) == {2, 3, 4, 5, 6}
    assert len(delay.steps) == SAMPLES
    assert delay == read_delay('uniform:2,6', 20.0)
    assert sum(delay.steps) / SAMPLES == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize('text', ['', '-1', '2.5', 'four', 'uniform:6,2', '1+', '1001', 'normal:3'])
def test_what_is_no_delay_is_refused_with_what_it_may_be(text):
    with pytest.raises(ParameterError, match='delay must be'):
        read_delay(text, 20.0)
