"""Report: figures, plot and film of a run."""

import json

import numpy as np
from PIL import Image

from robot_bridge.recorder.report import EpisodeRecord, Trace, table, write_report

EPISODE = EpisodeRecord(
    suite='libero_object', task_id=0, task='pick up the milk', init_state=0, success=True,
    abort_reason='', steps=110, sim_time=5.5, wall_time=12.0, requests=14, chunks=14,
    refused_chunks=0, starved_ticks=2, queue_level=0.6, delay_p50=2.0, delay_p99=2.0,
    seam_jump_mean=0.1)


def trace(frames):
    return Trace(times=[0.0, 0.1, 0.2], levels=[0.0, 1.0, 0.5], starved=[1, 2, 2], frames=frames)


def test_report_has_figures_plot_and_one_film_for_each_filmed_episode(tmp_path):
    frames = [(0.1 * k, np.full((8, 8, 3), 40 * k, np.uint8)) for k in range(3)]
    files = write_report(tmp_path, [EPISODE, EPISODE], [trace(frames), trace([])], {'driver': 'x'})
    assert [f.name for f in files] == ['metrics.json', 'queue_level.png', 'episode_001.gif']
    metrics = json.loads((tmp_path / 'metrics.json').read_text())
    assert (metrics['success_rate'], metrics['episodes'][1]['steps']) == (1.0, 110)
    with Image.open(tmp_path / 'episode_001.gif') as film:
        assert (film.n_frames, film.size) == (3, (8, 8))
    with Image.open(tmp_path / 'queue_level.png') as plot:
        assert np.ptp(np.asarray(plot.convert('L'))) > 100


def test_films_of_an_older_report_are_removed(tmp_path):
    (tmp_path / 'episode_009.gif').touch()
    write_report(tmp_path, [EPISODE], [trace([])], {})
    assert not list(tmp_path.glob('*.gif'))


def test_table_has_a_line_for_each_episode():
    lines = table([EPISODE, EPISODE]).splitlines()
    assert len(lines) == 4
    assert lines[2].split() == ['1', 'yes', '110', '5.5', '12.0', '14', '14', '2', '0.60', '2.0',
                                '2.0']


def test_subtasks_are_in_figures_and_below_the_film(tmp_path):
    frames = [(0.1 * k, np.full((64, 64, 3), 40 * k, np.uint8)) for k in range(3)]
    seen = trace(frames)
    seen.subtasks = [(0.0, 'pick up the soup'), (0.15, 'pick up the milk')]
    assert [seen.subtask_at(t) for t in (-1.0, 0.1, 0.2)] == ['', 'pick up the soup',
                                                             'pick up the milk']
    write_report(tmp_path, [EPISODE], [seen], {})
    episode, = json.loads((tmp_path / 'metrics.json').read_text())['episodes']
    assert episode['subtasks'] == [{'time': 0.0, 'text': 'pick up the soup'},
                                   {'time': 0.15, 'text': 'pick up the milk'}]
    strips = []
    with Image.open(tmp_path / 'episode_001.gif') as film:
        for k in range(film.n_frames):
            film.seek(k)
            strips.append(np.asarray(film.convert('L'))[64:])
    assert strips[0].max() > 200 > 50 > strips[0].min()
    assert np.array_equal(strips[0], strips[1]) and not np.array_equal(strips[1], strips[2])
