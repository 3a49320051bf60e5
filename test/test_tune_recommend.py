"""Recommendation: no starvation first, then smooth, then few requests; else what would help."""

from dataclasses import replace

import pytest

from robot_bridge.tune.measures import Measures
from robot_bridge.tune.recommend import Demand, as_parameters, recommend
from robot_bridge.tune.replay import Setting
from robot_bridge.tune.rule import tolerated_delay

DEMAND = Demand(delay=10, percentile=99.0, rate=30.0, unit='rad')


def result(horizon=50, threshold=0.5, name='average', *, jerk=100.0, requests=1.0, delay=10,
           starved=0):
    tolerated = tolerated_delay(threshold, horizon)
    return Measures(
        setting=Setting(horizon, threshold, name), tolerated_delay=tolerated,
        feasible=delay <= tolerated, starved_ticks=starved, starved_share=starved / 1000,
        seam_jump_mean=0.1, seam_jump_max=0.2, jerk_rms=jerk, requests_per_second=requests,
        queue_level=0.5, late_rows=7, observation_age=0.4)


def chosen(*results):
    return recommend(results, DEMAND).best


def test_setting_that_starves_never_wins_however_smooth_it_is():
    starving, standing = result(20, 0.3, jerk=1.0), result(50, 0.3, jerk=900.0)
    assert chosen(starving, standing) is standing


def test_smoother_setting_wins_although_it_asks_more():
    smooth, cheap = result(jerk=100, requests=5), result(jerk=111, requests=1)
    assert chosen(smooth, cheap) is smooth


def test_of_equally_smooth_settings_the_one_that_asks_least_wins_then_the_smoother():
    smooth, cheap = result(jerk=100, requests=5), result(jerk=109, requests=1)
    assert chosen(smooth, cheap) is cheap
    assert chosen(smooth, cheap, better := replace(cheap, jerk_rms=105.0)) is better


def test_rtc_is_mentioned_but_wins_only_where_nothing_else_was_tried():
    rtc, merged = result(name='rtc', jerk=1), result(jerk=100)
    recommendation = recommend([rtc, merged], DEMAND)
    assert recommendation.best is merged
    assert 'would be smoother: rtc with 50 actions' in recommendation.reasons[-1]
    assert 'not smoother' in recommend([result(name='rtc', jerk=200), merged], DEMAND).reasons[-1]
    assert chosen(rtc) is rtc


def test_reasons_say_what_the_setting_stands_and_what_it_costs():
    text = '\n'.join(recommend([result(jerk=1234.5), result(20, 0.3)], DEMAND).reasons)
    for part in ('stands delays of 25 control steps (833 ms)', '15 to spare', '1,230 rad/s^3',
                 '99 % of the delays are at most 10 control steps (333 ms)', '1.00 requests/s',
                 'feasible settings of 2 tried', '0.40 s earlier'):
        assert part in text
    assert 'starved' not in text


def test_starvation_by_rarer_delays_is_admitted():
    reasons = recommend([result(starved=3)], DEMAND).reasons
    assert 'The rarer, longer delays starved 3 control steps' in reasons[1]


def test_setting_is_written_as_the_parameters_of_both_nodes():
    yaml = pytest.importorskip('yaml')
    assert yaml.safe_load(as_parameters(result(50, 0.3, 'average'))) == {
        'policy_node': {'ros__parameters': {'actions_per_chunk': 50}},
        'robot_bridge': {'ros__parameters': {'chunk_size_threshold': 0.3,
                                             'aggregate_fn_name': 'average'}}}


def test_when_nothing_is_feasible_each_remedy_is_one():
    recommendation = recommend([result(30, 0.1), result(20, 0.3)], DEMAND)
    assert recommendation.best is None
    text = '\n'.join(recommendation.reasons)
    for part in ('at most 10 control steps (333 ms), and the best setting stands 6 control steps',
                 'chunk_size_threshold of at least 0.334 with 30 actions_per_chunk',
                 'actions_per_chunk of at least 34 with threshold 0.3',
                 'control rate of at most 18 Hz', 'delays of at most 6 control steps (200 ms)'):
        assert part in text
    assert tolerated_delay(0.334, 30) == tolerated_delay(0.3, 34) == 10
    assert tolerated_delay(0.333, 30) < 10
    assert tolerated_delay(0.3, 33) < 10


def test_threshold_is_no_remedy_for_a_delay_of_more_than_half_a_chunk():
    text = '\n'.join(recommend([result(18, 0.3)], DEMAND).reasons)
    assert 'chunk_size_threshold' not in text
    assert 'actions_per_chunk of at least 34' in text


def test_threshold_of_zero_stands_nothing_and_only_a_higher_one_helps():
    reasons = recommend([result(50, 0.0)], DEMAND).reasons
    assert len(reasons) == 2
    assert 'chunk_size_threshold of at least 0.2' in reasons[1]
