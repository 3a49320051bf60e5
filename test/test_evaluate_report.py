"""Plots, film and report: written, complete, and offline."""

import json
import re

import numpy as np
import pytest
from evaluation_helpers import row
from PIL import Image

from segue_evaluation.film import load_film, save_film, write_grid
from segue_evaluation.modes import MODES
from segue_evaluation.plots import COLORS, MARKERS, spread
from segue_evaluation.report import write_report
from segue_evaluation.stats import summarize
from segue_evaluation.table import table

SETTINGS = {'policy': 'reference', 'threshold': 0.5, 'actions_per_chunk': 32,
            'execution_horizon': 16, 'version': '0.1.0', 'checkpoint_sha256': 'abc'}


def cells(**changes):
    return summarize([row(mode=mode, delay=delay, init_state=init, **changes)
                      for mode in ('sync', 'rtc_guided') for delay in ('0', '8', 'uniform:2,6')
                      for init in (40, 41)])


def test_every_mode_has_its_own_color_and_marker():
    assert len(set(COLORS)) == len(set(MARKERS)) == len(MODES)


@pytest.mark.parametrize(('places', 'expected'), [
    ([0.2, 0.8], [0.2, 0.8]), ([0.5, 0.5], [0.45, 0.55]),
    ([0.5, 0.4, 0.5], [0.4667, 0.3667, 0.5667]),
    ([0.3, 0.32, 0.38], [0.2333, 0.3333, 0.4333]), ([], [])])
def test_labels_move_apart_as_little_as_needed_and_keep_their_order(places, expected):
    assert spread(places, 0.1) == pytest.approx(expected, abs=1e-4)


def test_report_holds_everything_and_needs_nothing_else(tmp_path):
    save_film(tmp_path / 'one.npz', [np.zeros((16, 16, 3), np.uint8)] * 2, 8, True)
    write_grid(tmp_path / 'video.gif', {'sync': load_film(tmp_path / 'one.npz')}, 0.2)
    files = write_report(tmp_path, cells(), SETTINGS, "ros2 run segue evaluate -p a:='<b>'")
    assert {f.name for f in files} == {
        'metrics.json', 'success.png', 'steps.png', 'idle.png', 'seam_jump.png', 'jerk.png',
        'video.gif', 'report.html'}
    page = (tmp_path / 'report.html').read_text()
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert page.count('src="data:image/') == 6
    assert 'a:=&#x27;&lt;b&gt;&#x27;' in page
    assert 'uniform:2,6' in page
    for file in tmp_path.glob('*.png'):
        with Image.open(file) as picture:
            assert picture.size[0] > 500


    metrics = json.loads((tmp_path / 'metrics.json').read_text())
    assert metrics['settings'] == SETTINGS
    assert metrics['command'] == "ros2 run segue evaluate -p a:='<b>'"
    cell = metrics['cells'][0]
    assert (cell['mode'], cell['delay'], cell['n'], cell['success_rate']) == ('sync', '0', 2, 1.0)
    assert cell['interval'] == [pytest.approx(0.3424, abs=1e-4), 1.0]
    assert cell['steps'] == {'value': 120.0, 'half_width': 0.0}
    assert cell['tasks'] == {'0': [2, 2]}


def test_report_without_a_success_is_written_and_what_is_not_known_is_null(tmp_path):
    write_report(tmp_path, cells(success=False), SETTINGS, '')
    metrics = json.loads((tmp_path / 'metrics.json').read_text())
    assert metrics['cells'][0]['steps'] == {'value': None, 'half_width': None}


def test_film_comes_back_and_the_grid_lasts_as_long_as_the_longest(tmp_path):
    dark, light = (np.full((16, 16, 3), value, np.uint8) for value in (0, 200))
    save_film(tmp_path / 'short.npz', [dark], 4, False)
    save_film(tmp_path / 'long.npz', [dark, light, dark], 12, True)
    films = {name: load_film(tmp_path / f'{name}.npz') for name in ('short', 'long')}
    assert (films['long'].steps, films['long'].success, len(films['long'].frames)) == (12, True, 3)
    write_grid(tmp_path / 'grid.gif', films, 0.2)
    with Image.open(tmp_path / 'grid.gif') as grid:
        assert (grid.n_frames, grid.info['duration']) == (3, 200)


def test_episode_without_frames_has_no_film(tmp_path):
    save_film(tmp_path / 'none.npz', [], 4, False)
    assert list(tmp_path.iterdir()) == []


def test_table_has_a_line_for_each_cell():
    lines = table(cells()).splitlines()
    assert len(lines) == 2 + 6
    assert lines[2].split()[:5] == ['sync', '0', '2', '100', '%']
