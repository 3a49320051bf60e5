"""Delay distributions: written as text, drawn in whole control steps, the same for a seed."""

import numpy as np
import pytest

from robot_bridge.tune.delays import parse_delay, percentile, resample
from robot_bridge.tune.errors import TuneError


@pytest.mark.parametrize(('text', 'rate', 'steps'), [
    ('fixed:4', 30, 4), ('fixed:4', 100, 4), ('fixed:0', 30, 0), ('fixed:3.6', 30, 4),
    ('fixed:100ms', 30, 3), ('fixed:100.1ms', 30, 4), ('fixed:1ms', 30, 1), ('fixed:0.5s', 20, 10),
    (' fixed: 0.5 s', 20, 10), ('normal:4,0', 30, 4), ('lognormal:4,0', 30, 4),
    ('uniform:4,4', 30, 4), ('lognormal:200ms,0', 10, 2)])
def test_delay_without_spread_is_a_number_of_steps(text, rate, steps):
    drawn = parse_delay(text).draw(rate, seed=0, count=5)
    assert drawn.dtype == np.int64
    assert drawn.tolist() == [steps] * 5


@pytest.mark.parametrize('text', ['normal:4,3', 'lognormal:4,0.5', 'uniform:2,9',
                                  'normal:130ms,30ms'])
def test_same_seed_draws_the_same_and_another_seed_others(text):
    delay = parse_delay(text)
    assert (delay.draw(30, 1) == delay.draw(30, 1)).all()
    assert (delay.draw(30, 1) != delay.draw(30, 2)).any()
    assert delay.draw(30, 1).min() >= 0


def test_draws_have_the_shape_that_was_asked_for():
    assert parse_delay('normal:10,2').draw(30, 0).mean() == pytest.approx(10, abs=0.2)
    assert parse_delay('normal:10,2').draw(30, 0).std() == pytest.approx(2, abs=0.2)
    assert np.median(parse_delay('lognormal:20,0.5').draw(30, 0)) == pytest.approx(20, abs=1)
    assert set(parse_delay('uniform:2,5').draw(30, 0)) == {2, 3, 4, 5}


@pytest.mark.parametrize(('q', 'expected'), [(0, 1), (50, 2), (75, 3), (76, 9), (100, 9)])
def test_percentile_is_a_delay_that_was_drawn(q, expected):
    assert percentile(np.array([1, 2, 3, 9]), q) == expected


def test_measured_delays_are_drawn_again_with_their_frequencies():
    drawn = resample(np.array([3, 3, 3, 8]), seed=0)
    assert set(drawn) == {3, 8}
    assert (drawn == 3).mean() == pytest.approx(0.75, abs=0.02)


@pytest.mark.parametrize(('text', 'part'), [
    ('', 'one of fixed:DELAY, normal:MEAN,DEVIATION'), ('4', 'one of fixed'),
    ('gauss:4,1', 'one of fixed'), ('fixed', 'must be fixed:DELAY'), ('fixed:', 'fixed:DELAY'),
    ('fixed:4,1', 'fixed:DELAY'), ('normal:4', 'normal:MEAN,DEVIATION'), ('fixed:-4', 'numbers >='),
    ('fixed:nan', 'numbers >= 0'), ('fixed:4us', 'unit ms or s'), ('normal:4,20ms', 'mixes times'),
    ('uniform:9,2', 'LOW <= HIGH'), ('lognormal:4,1ms', 'no unit')])
def test_text_that_is_no_distribution_is_refused_with_the_choices(text, part):
    with pytest.raises(TuneError, match=part):
        parse_delay(text)
