"""`ros2 run segue evaluate` with a small world: whole runs in real worker processes."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from evaluation_world import PARAMETERS
from graph import wait_for

from segue_evaluation.evaluate import main
from segue_evaluation.rows import read

TIMED = 'inference_ms_p50'


@pytest.fixture
def arguments(tmp_path):
    file = tmp_path / 'world.yaml'
    file.write_text(PARAMETERS)

    def make(*more, policy='evaluation_world:Reach', out='out'):
        return ['--policy', policy, '--params-file', str(file), '--suite', 'lines',
                '--tasks', '0-1', '--init-states', '0-1', '--modes', 'sync', 'latest_only',
                '--delays', '0', '3', '--actions-per-chunk', '8', '--execution-horizon', '4',
                '--max-steps', '80', '--out', str(tmp_path / out), *more]
    return make


@pytest.fixture
def without_plots(monkeypatch):
    """Plots take longer than these episodes; one test draws them."""
    monkeypatch.setattr('segue_evaluation.report.write_plots', lambda *_: [])


def alive(session):
    """Processes of a session that are not zombies."""
    found = []
    for stat in Path('/proc').glob('[0-9]*/stat'):
        try:
            state, _, _, of, *_ = stat.read_text().rpartition(')')[2].split()
        except OSError:
            continue
        if int(of) == session and state != 'Z':
            found.append(int(stat.parent.name))
    return found


def table_of(folder):
    """Rows of episodes.csv without the one figure that is measured in wall time."""
    with (folder / 'episodes.csv').open() as file:
        return [{name: value for name, value in row.items() if name != TIMED}
                for row in csv.DictReader(file)]


def test_rows_do_not_depend_on_the_number_of_processes(without_plots, arguments, tmp_path):
    assert main(arguments('--no-video', out='one')) == 0
    assert main(arguments('--no-video', '--processes', '3', out='three')) == 0
    assert table_of(tmp_path / 'one') == table_of(tmp_path / 'three')
    assert len(table_of(tmp_path / 'one')) == 16


def test_run_writes_rows_metrics_plots_film_and_report(arguments, tmp_path, capsys):
    assert main(arguments('--processes', '2')) == 0
    out = tmp_path / 'out'
    assert {p.name for p in out.iterdir()} == {
        'settings.json', 'episodes.csv', 'films', 'metrics.json', 'success.png', 'steps.png',
        'idle.png', 'seam_jump.png', 'jerk.png', 'video.gif', 'report.html'}
    assert {p.name for p in (out / 'films').iterdir()} == {'sync-3.npz', 'latest_only-3.npz'}
    metrics = json.loads((out / 'metrics.json').read_text())
    assert [(c['mode'], c['delay'], c['n'], c['successes']) for c in metrics['cells']] == [
        ('sync', '0', 4, 4), ('sync', '3', 4, 4),
        ('latest_only', '0', 4, 4), ('latest_only', '3', 4, 4)]
    by_cell = {(c['mode'], c['delay']): c for c in metrics['cells']}
    assert by_cell['sync', '3']['idle_share']['value'] > 0.2
    assert by_cell['latest_only', '3']['idle_share']['value'] == 0
    assert metrics['command'].startswith('ros2 run segue evaluate --policy evaluation_world:Reach')
    assert 'latest_only' in capsys.readouterr().out


def test_second_run_keeps_rows_and_adds_what_is_missing(
        without_plots, arguments, tmp_path, monkeypatch):
    path = tmp_path / 'out' / 'episodes.csv'
    assert main(arguments('--no-video', '--delays', '0')) == 0
    lines = path.read_text().splitlines()
    path.write_text('\n'.join([*lines[:5], lines[5][:20]]))       # a crash in the fifth row
    kept = read(path)
    assert len(kept) == 4
    assert main(arguments('--no-video', '--processes', '2')) == 0
    rows = read(path)
    assert len(rows) == 16
    assert set(kept) <= set(rows)
    monkeypatch.setattr('segue_evaluation.workers._start', None)  # nothing is left to run
    assert main(arguments('--no-video')) == 0
    assert read(path) == rows


def test_changed_setting_is_refused_unless_it_begins_anew(
        without_plots, arguments, tmp_path, capsys):
    few = ('--no-video', '--episodes', '1', '--modes', 'latest_only', '--delays', '0')
    assert main(arguments(*few)) == 0
    assert main(arguments(*few, '--threshold', '0.75')) == 1
    assert 'made with threshold 0.5, now it is 0.75' in capsys.readouterr().err
    assert main(arguments(*few, '--threshold', '0.75', '--no-resume')) == 0
    assert [row.threshold for row in read(tmp_path / 'out' / 'episodes.csv')] == [0.75]


def test_policy_that_continues_chunks_is_told_mode_and_seed(without_plots, arguments, tmp_path):
    assert main(arguments('--no-video', '--modes', 'latest_only', 'rtc_guided', '--delays', '3',
                          '--seeds', '0', '9', '--episodes', '2',
                          policy='evaluation_world:continuing')) == 0
    rows = {(r.mode, r.seed): r for r in read(tmp_path / 'out' / 'episodes.csv') if not r.task_id}
    assert rows['rtc_guided', 0].seam_jump_max == 0 < rows['latest_only', 0].seam_jump_max
    assert rows['latest_only', 9].jerk != rows['latest_only', 0].jerk


def test_robot_that_breaks_costs_one_episode(without_plots, arguments, tmp_path, capsys):
    assert main(arguments('--no-video', '--init-states', '0', '9', '--modes', 'latest_only',
                          '--delays', '0')) == 0
    rows = read(tmp_path / 'out' / 'episodes.csv')
    assert [(r.init_state, r.success, r.error) for r in rows if r.task_id == 0] == [
        (0, True, ''), (9, False, 'the slide fell off')]
    assert 'the slide fell off' in capsys.readouterr().out


@pytest.mark.parametrize(('more', 'policy', 'line'), [
    (('--modes', 'latest'), 'Reach', "unknown mode 'latest' (did you mean latest_only?)"),
    (('--modes', 'rtc_guided'), 'Reach', 'mode rtc_guided needs a policy with the parameter rtc'),
    (('--delays', 'soon'), 'Reach', 'delay must be a number of control steps'),
    (('-p', 'smoth:=1'), 'Reach', 'unknown parameter smoth'),
    (('-p', 'actions_per_chunk:=9'), 'Reach', 'the evaluation sets it'),
    (('--checkpoint', '/nowhere'), 'Reach', "checkpoint '/nowhere' does not exist"),
    ((), 'Rech', 'cannot be imported')])
def test_what_cannot_be_done_is_one_line_before_anything_starts(
        arguments, tmp_path, capsys, monkeypatch, more, policy, line):
    monkeypatch.setattr('segue_evaluation.workers._start', None)
    assert main(arguments(*more, policy=f'evaluation_world:{policy}')) == 1
    error = capsys.readouterr().err
    assert line in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize(('more', 'policy', 'line'), [
    (('--init-states', '99'), 'Reach', 'init_state must be within 0..9'),
    ((), 'Broken', 'the model is out of memory'),
    ((), 'Lost', "FileNotFoundError: [Errno 2] No such file: 'vocab.txt'")])
def test_episodes_that_cannot_begin_end_the_run_with_one_line(
        without_plots, arguments, capsys, more, policy, line):
    assert main(arguments('--no-video', *more, policy=f'evaluation_world:{policy}')) == 1
    assert f'evaluate: error: {line}' in capsys.readouterr().err


@pytest.mark.parametrize(('more', 'line'), [
    (('--tasks', '4-0'), 'a range such as 40-49'), (('--threshold', '2'), 'within 0..1'),
    (('--processes', '0'), '>= 1'), (('-p', 'a=1'), 'NAME:=VALUE')])
def test_unusable_argument_is_one_line_and_code_2(arguments, capsys, more, line):
    with pytest.raises(SystemExit) as error:
        main(arguments(*more))
    assert error.value.code == 2
    assert line in capsys.readouterr().err


def test_rows_of_two_suites_do_not_join(without_plots, arguments, capsys):
    assert main(arguments('--no-video')) == 0
    assert main(arguments('--no-video', '--suite', 'curves')) == 1
    assert "was made with suite 'lines', now it is 'curves'" in capsys.readouterr().err


def test_ctrl_c_leaves_rows_and_a_report_and_no_process(arguments, tmp_path):
    out = tmp_path / 'out'
    popen = subprocess.Popen(
        [sys.executable, '-m', 'segue_evaluation.evaluate', *arguments(
            '--no-video', '--init-states', '0-8', '--seeds', '0-500', '--processes', '2')],
        env={**os.environ, 'PYTHONPATH': str(Path(__file__).parent)}, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        wait_for(lambda: (out / 'episodes.csv').exists() and len(read(out / 'episodes.csv')) > 3,
                 120, 'some rows')
        os.killpg(popen.pid, signal.SIGINT)
        output, _ = popen.communicate(timeout=120)
    finally:
        popen.kill()
    assert popen.returncode == 130, output
    assert 'stopped; the same command goes on' in output
    assert 'Traceback' not in output
    rows = read(out / 'episodes.csv')
    metrics = json.loads((out / 'metrics.json').read_text())
    assert sum(cell['n'] for cell in metrics['cells']) == len(rows) > 3
    wait_for(lambda: alive(popen.pid) == [], 60, 'every process gone')
