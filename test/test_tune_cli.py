"""`ros2 run segue tune`: from the command line to figures, and errors in one line."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from robot_bridge.aggregation import AGGREGATES
from robot_bridge.tune.cli import main

ROOT = Path(__file__).parents[1]
MODULES = [f'robot_bridge.tune.{path.stem}' for path in (ROOT / 'robot_bridge/tune').glob('*.py')
           if path.stem != '__init__']
SMALL = ['--duration', '3', '--actions-per-chunk', '20', '50', '--aggregate-fn-name', 'average',
         'rtc']


def tune(folder, *arguments):
    """Exit code, and what results.json says."""
    code = main([*arguments, '--out', str(folder)])
    path = folder / 'results.json'
    return code, json.loads(path.read_text()) if path.exists() else None


@pytest.fixture
def npz(tmp_path):
    path = tmp_path / 'chunks.npz'
    firsts = np.arange(0, 60, 10)
    actions = np.sin((firsts[:, None] + np.arange(30)) / 10)[:, :, None] * [1.0, 2.0]
    np.savez(path, actions=actions, first_timestep=firsts, rate=20.0, names=np.array(['a', 'b']),
             delay=np.array([2, 3]))
    return path


def test_run_prints_a_table_and_a_reasoned_setting_and_writes_the_files(tmp_path, capsys):
    code, results = tune(tmp_path, *SMALL)
    out, err = capsys.readouterr()
    assert (code, err) == (0, '')
    assert len(results['results']) == 2 * 3 * 2
    best = results['recommendation']['setting']
    assert f'actions_per_chunk: {best["actions_per_chunk"]}' in out
    assert out.count('\n-> ') == 1
    assert all(reason in out for reason in results['recommendation']['reasons'])
    assert {p.name for p in tmp_path.iterdir()} == {'results.csv', 'results.json', 'tuning.png'}


def test_default_matrix_is_four_horizons_three_thresholds_and_every_aggregation(tmp_path):
    _, results = tune(tmp_path, '--duration', '2')
    points = {(r['actions_per_chunk'], r['chunk_size_threshold'], r['aggregate_fn_name'])
              for r in results['results']}
    assert points == {(h, t, n) for h in (20, 30, 50, 100) for t in (0.3, 0.5, 0.7)
                      for n in AGGREGATES}


def test_same_arguments_write_the_same_figures_and_another_seed_others(tmp_path):
    same = [tune(tmp_path / name, *SMALL)[1] for name in 'ab']
    assert same[0] == same[1]
    assert tune(tmp_path / 'c', *SMALL, '--seed', '1')[1]['results'] != same[0]['results']


def test_infeasible_matrix_is_a_warning_with_remedies(tmp_path, capsys):
    code, results = tune(tmp_path, *SMALL, '--delay', 'fixed:40')
    out = capsys.readouterr().out
    assert (code, results['recommendation']['setting']) == (0, None)
    assert 'WARNING: no setting is feasible' in out
    assert 'actions_per_chunk of at least 80' in out
    assert '->' not in out


def test_percentile_decides_what_is_feasible(tmp_path):
    counts = [sum(r['feasible'] for r in tune(
        tmp_path / q, *SMALL, '--delay', 'uniform:0,20', '--percentile', q)[1]['results'])
        for q in ('10', '50', '100')]
    assert counts[0] > counts[1] > counts[2] > 0


def test_recorded_chunks_bring_their_rate_length_and_delays(tmp_path, npz, capsys):
    code, results = tune(tmp_path / 'out', '--npz', str(npz), '--columns', 'b')
    assert (code, results['run']['rate'], results['run']['delay']) == (0, 20.0, 3)
    assert {r['actions_per_chunk'] for r in results['results']} == {20, 30}
    assert 'chunks.npz: 6 chunks in 1 session, 20 Hz, delay as measured' in capsys.readouterr().out


def test_units_of_a_mixed_action_are_not_named(tmp_path, npz):
    assert tune(tmp_path / 'out', '--npz', str(npz))[1]['run']['unit'] == 'unit'
    assert tune(tmp_path / 'rad', *SMALL)[1]['run']['unit'] == 'rad'


@pytest.mark.parametrize(('arguments', 'part'), [
    (['--delay', 'gauss:4'], 'one of fixed:DELAY, normal:MEAN,DEVIATION'),
    (['--delay', 'bag'], '--delay bag needs recorded chunks: add --bag PATH or --npz FILE'),
    (['--columns', 'a'], '--columns needs recorded chunks'),
    (['--aggregate-fn-name', 'mean'], "invalid choice: 'mean' (choose from"),
    (['--chunk-size-threshold', '1.5'], "a number within 0..1, got '1.5'"),
    (['--chunk-size-threshold', 'nan'], "a number within 0..1, got 'nan'"),
    (['--actions-per-chunk', '0'], "a whole number within 1..10000, got '0'"),
    (['--actions-per-chunk', '2.5'], "a whole number within 1..10000, got '2.5'"),
    (['--percentile', '101'], 'within 0..100'), (['--rate', '0'], 'within 0.1..1000'),
    (['--bag', 'x', '--npz', 'y'], 'not allowed with argument'),
    (['--bag', 'x', '--rate', '30'], '--rate belongs to the synthetic policy'),
    (['--npz', 'x', '--chunk-topic', '/c'], 'need --bag PATH'),
    (['--quick', '--duration', '5'], 'one of --quick and --duration'),
    (['--speed', '3'], 'unrecognized arguments: --speed 3')])
def test_arguments_that_cannot_be_used_are_one_line_and_exit_code_2(arguments, part, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    out, err = capsys.readouterr()
    assert (ended.value.code, out, err.count('\n')) == (2, '', 1)
    assert err.startswith('tune: error: ')
    assert part in err


@pytest.mark.parametrize(('arguments', 'part'), [
    (['--npz', 'missing.npz'], 'cannot read missing.npz'),
    (['--bag', 'missing'], 'cannot read missing as a bag'),
    (['--npz', '{npz}', '--actions-per-chunk', '50'], 'must be at most 30, the rows of the'),
    (['--npz', '{npz}', '--columns', 'c'], "column must be one of a, b; got 'c'"),
    (['--duration', '1', '--delay', 'fixed:40'], 'no chunk came within 30 control steps'),
    (['--quick', '--out', '{npz}'], 'exists')])
def test_data_that_cannot_be_used_are_one_line_and_exit_code_1(
        arguments, part, npz, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([a.format(npz=npz) for a in arguments]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count('\n')) == ('', 1)
    assert err.startswith('tune: error: ')
    assert part in err


def test_recording_without_delays_needs_them_chosen(tmp_path, capsys):
    path = tmp_path / 'bare.npz'
    np.savez(path, actions=np.zeros((3, 20, 1)), first_timestep=np.array([0, 5, 10]), rate=10.0)
    assert main(['--npz', str(path)]) == 1
    assert 'no array delay to measure delays from: choose them with --delay' in (
        capsys.readouterr().err)
    assert tune(tmp_path / 'out', '--npz', str(path), '--delay', 'fixed:300ms')[1]['run'][
        'delay'] == 3


def test_help_shows_examples_and_the_rule(capsys):
    with pytest.raises(SystemExit) as ended:
        main(['--help'])
    out = capsys.readouterr().out
    assert ended.value.code == 0
    assert 'ros2 run segue tune --bag' in out
    assert 'asks EARLIER' in out


def test_progress_is_shown_on_a_terminal_only(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr('sys.stderr.isatty', lambda: True, raising=False)
    tune(tmp_path, *SMALL)
    err = capsys.readouterr().err
    assert err.endswith('\rreplayed 12 of 12 settings\n')
    assert err.count('\r') == 12


def test_no_module_needs_ros_or_rosbags_to_be_imported():
    code = (f'import sys, {", ".join(MODULES)}\n'
            "sys.exit(any(m in sys.modules for m in ('rclpy', 'segue', 'rosbags')))")
    assert len(MODULES) > 10
    assert subprocess.run([sys.executable, '-c', code], check=False, cwd=ROOT).returncode == 0
