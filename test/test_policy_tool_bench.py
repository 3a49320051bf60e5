"""`policy bench`: real policies are measured as policy_node asks them; no time is judged."""

import json

import pytest
import reference_helpers

from policy_node.policies.reference.checkpoint import save
from policy_node.tool.bench import Load, Measured, arithmetic
from policy_node.tool.cli import main
from segue_core.paths import package_file

MOCK = str(package_file('config', 'mock.yaml'))


@pytest.fixture
def checkpoint(tmp_path):
    save(tmp_path, reference_helpers.model(), reference_helpers.statistics())
    return str(tmp_path)


def curve(tmp_path, *arguments):
    file = tmp_path / 'bench.json'
    assert main(['bench', *arguments, '--json', str(file)]) == 0
    return json.loads(file.read_text())


def shown(report):
    return [(p['batch'], p['prefix'], p['requests']) for p in report['points']]


def test_batches_are_measured_and_at_least_as_many_requests_as_asked(tmp_path, checkpoint):
    report = curve(tmp_path, 'reference', '--checkpoint', checkpoint, '--batch', '1', '3',
                   '--requests', '4')
    assert shown(report) == [(1, 0, 4), (3, 0, 6)]
    assert (report['horizon'], report['control_rate']) == (reference_helpers.HORIZON, 20.0)
    assert all(0 < p['p50'] <= p['p99'] and p['rate'] > 0 for p in report['points'])


def test_policy_that_continues_a_prefix_is_measured_with_one(tmp_path, checkpoint):
    report = curve(tmp_path, 'reference', '--checkpoint', checkpoint, '--batch', '2',
                   '--requests', '2', '-p', 'rtc:=guided')
    assert shown(report) == [(2, 0, 2), (2, reference_helpers.HORIZON // 2, 2)]


def test_policy_without_batches_is_measured_alone(tmp_path, capsys):
    report = curve(tmp_path, 'mock', '--params-file', MOCK, '--requests', '3')
    assert shown(report) == [(1, 0, 3)]
    assert report['horizon'] == 50
    assert 'mock infers one request at a time' in capsys.readouterr().out


def test_policy_of_a_module_sees_what_the_contract_gives(tmp_path):
    report = curve(tmp_path, 'policies_for_tests:Sine', '--params-file', MOCK, '--requests', '2')
    assert shown(report) == [(1, 0, 2)]


@pytest.mark.parametrize(('arguments', 'words'), [
    (['mock'], 'give --params-file'),
    (['policies_for_tests:Failing', '--params-file', MOCK], 'the model is out of memory'),
    (['expert', '--params-file', str(package_file('config', 'libero.yaml'))],
     "'object_poses' cannot be made up")])
def test_what_cannot_be_measured_is_an_error(capsys, arguments, words):
    assert main(['bench', *arguments]) == 1
    assert words in capsys.readouterr().err


def point(batch, p99, rate, prefix=0):
    return Measured(batch, prefix, 100, p99 / 2, p99, rate)


def test_robots_are_answers_by_the_requests_of_one_robot():
    load = Load(control_rate=20.0, horizon=32, threshold=0.5)
    assert (load.request_rate, load.patience) == (1.25, 0.8)
    assert load.robots(point(1, 0.01, 12.4)) == 9
    text = arithmetic([point(1, 0.01, 12.4)], load)
    assert '20 Hz / (32 rows x (1 - 0.5))' in text
    assert '12.4 / 1.25 = at most 9 robots' in text and text.endswith('in time.')


def test_point_whose_answers_come_too_late_does_not_count():
    load = Load(20.0, 32, 0.5)
    late = point(8, 0.5, 30.0)
    assert 'Batches of 4' in arithmetic([point(4, 0.4, 20.0), late], load)
    assert 'too late, robots would starve' in arithmetic([late], load)


def test_policy_that_continues_a_prefix_is_judged_with_one():
    assert '8.0 / 1.25' in arithmetic([point(1, 0.1, 12.0), point(1, 0.1, 8.0, prefix=16)],
                                      Load(20.0, 32, 0.5))


def test_queue_that_must_stay_full_is_asked_at_every_control_step():
    assert Load(30.0, 16, 1.0).request_rate == 30.0
