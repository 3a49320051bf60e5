"""`ros2 launch segue evaluate.launch.py` in the real simulator, as a user starts it."""

import json
import os
import subprocess

import pytest
from graph import BIN

from segue_evaluation.rows import read


def launch(folder, *arguments):
    return subprocess.run(
        [BIN / 'ros2', 'launch', 'segue', 'evaluate.launch.py', 'policy:=expert', 'tasks:=0',
         'init_states:=40', 'modes:=latest_only', f'out:={folder}/out', *arguments],
        capture_output=True, text=True, cwd=folder, timeout=280, check=False,
        env={**os.environ, 'ROS_LOG_DIR': str(folder / 'log')})


def test_expert_succeeds_at_both_delays_and_the_report_is_there(tmp_path):
    run = launch(tmp_path, 'delays:=0 8', 'video:=false')
    assert run.returncode == 0, run.stdout + run.stderr
    rows = read(tmp_path / 'out' / 'episodes.csv')
    assert [(row.delay, row.success, row.starved_ticks) for row in rows] == [
        ('0', True, 0), ('8', True, 8)]
    assert 0 < rows[0].jerk < rows[1].jerk
    assert (tmp_path / 'out' / 'report.html').exists()
    metrics = json.loads((tmp_path / 'out' / 'metrics.json').read_text())
    assert [cell['successes'] for cell in metrics['cells']] == [1, 1]


@pytest.mark.parametrize(('argument', 'line'), [
    ('modes:=rtc_guided', 'policy expert has none'), ('video:=maybe', 'must be true or false'),
    ('suite:=libero_objct', 'libero_object')])
def test_wrong_argument_is_a_clear_line_and_a_bad_exit_code(tmp_path, argument, line):
    run = launch(tmp_path, 'delays:=0', argument)
    assert run.returncode != 0
    assert line in run.stdout + run.stderr
