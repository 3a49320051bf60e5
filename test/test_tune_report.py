"""Table, files and figure of a run."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from robot_bridge.aggregation import AGGREGATES
from robot_bridge.tune.measures import Measures
from robot_bridge.tune.plot import write_plot
from robot_bridge.tune.recommend import Demand, Recommendation
from robot_bridge.tune.replay import Setting
from robot_bridge.tune.report import table, write_results

DEMAND = Demand(delay=6, percentile=99.0, rate=30.0, unit='rad')


def result(horizon=50, threshold=0.5, name='average', jerk=123.456, starved=3):
    return Measures(
        setting=Setting(horizon, threshold, name), tolerated_delay=25, feasible=horizon > 20,
        starved_ticks=starved, starved_share=starved / 1000, seam_jump_mean=0.1234,
        seam_jump_max=0.2, jerk_rms=jerk, requests_per_second=1.5, queue_level=0.55, late_rows=7,
        observation_age=0.4)


MATRIX = [result(h, t, n, jerk=h * t) for h in (20, 50) for t in (0.3, 0.7) for n in AGGREGATES]


def test_table_has_a_line_for_each_setting_and_marks_the_recommended_one():
    other, best = result(20), result()
    lines = table([other, best], best).splitlines()
    assert len(lines) == 4
    assert lines[2].split() == ['20', '0.5', 'average', 'no', '3', '0.30', '0.123', '0.2', '123.5',
                                '1.50', '0.55', '7', '0.40']
    assert lines[3].split()[:4] == ['->', '50', '0.5', 'average']
    assert len({len(line) for line in lines}) == 1


def test_files_hold_every_figure_of_every_setting(tmp_path):
    best = result()
    files = write_results(tmp_path, [result(20), best],
                          Recommendation(best, ('because',)), {'seed': 3})
    assert [f.name for f in files] == ['results.csv', 'results.json']
    document = json.loads(files[1].read_text())
    assert document['run'] == {'seed': 3}
    assert document['recommendation'] == {
        'setting': {'actions_per_chunk': 50, 'chunk_size_threshold': 0.5,
                    'aggregate_fn_name': 'average'}, 'reasons': ['because']}
    with files[0].open() as file:
        rows = list(csv.DictReader(file))
    assert [list(row) for row in rows] == [list(row) for row in document['results']]
    assert rows[1]['jerk_rms'] == '123.456'
    assert document['results'][0]['feasible'] is False


def test_without_a_recommendation_the_setting_is_null(tmp_path):
    _, file = write_results(tmp_path, [result()], Recommendation(None, ('why',)), {})
    assert json.loads(file.read_text())['recommendation'] == {'setting': None, 'reasons': ['why']}


@pytest.mark.parametrize(('results', 'best'), [
    (MATRIX, 20), (MATRIX, None), ([result(starved=0)], 0), ([result(jerk=0.0)], None),
    ([result(h, t) for h in range(10, 90, 10) for t in np.linspace(0, 1, 9)], 50)],
    ids=['recommended', 'infeasible', 'one setting', 'no jerk', 'more than colours and shapes'])
def test_figure_is_drawn_for_any_matrix(tmp_path, results, best):
    write_plot(tmp_path / 'tuning.png', results, None if best is None else results[best], DEMAND,
               'title')
    with Image.open(tmp_path / 'tuning.png') as plot:
        assert plot.width > 1000
        assert np.ptp(np.asarray(plot.convert('L'))) > 200
