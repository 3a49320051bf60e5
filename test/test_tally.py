"""What policy_node counts, and how it is told."""

from threading import Thread

import pytest
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from test_server import CONFIG

from policy_node.server import PolicyServer
from policy_node.status import diagnostics, summary
from policy_node.tally import WINDOW, Tally


@pytest.fixture
def tally():
    made = Tally(['a', 'b'])
    for robot in 'abb':
        made.asked(robot)
    made.refused('b', 'no arm')
    made.replaced('b')
    made.answered('a')
    made.inferred(50_000_000, [1_000_000])
    made.inferred(50_000_000, [1_000_000] * 3)
    return made


def test_figures_are_sums_and_percentiles(tally):
    figures = tally.figures()
    counts = figures.counts
    assert (counts.requests, counts.chunks, counts.refusals, counts.replaced) == (3, 1, 1, 1)
    assert (figures.batches, figures.mean_batch_size) == (2, 2.0)
    assert (figures.inference_p50_ms, figures.wait_p99_ms) == (50.0, 1.0)


def test_nothing_counted_is_zero():
    figures = Tally(['a']).figures()
    assert (figures.batches, figures.mean_batch_size, figures.inference_p99_ms) == (0, 0.0, 0.0)


def test_figures_are_of_the_newest_batches_only(tally):
    for _ in range(WINDOW):
        tally.inferred(10_000_000, [0])
    assert (tally.figures().mean_batch_size, tally.figures().inference_p99_ms) == (1.0, 10.0)


def test_counts_of_several_threads_add_up(tally):
    def count():
        for _ in range(2000):
            tally.refused('a', 'no arm')

    threads = [Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tally.robots['a'].refusals == 8000


@pytest.fixture
def server():
    made = PolicyServer(CONFIG)
    made.load(CONFIG)
    return made


def entries(tally, server):
    return {entry.name: (entry.level, entry.message, {v.key: v.value for v in entry.values})
            for entry in diagnostics(tally, server, 2, Time(sec=7), '/policy_node').status}


def test_diagnostics_tell_of_the_policy_and_of_each_robot(tally, server):
    server.timings = {'model': 0.013}
    told = entries(tally, server)
    assert list(told) == ['policy_node: policy', 'policy_node: robot a', 'policy_node: robot b']
    values = told['policy_node: policy'][2]
    assert [values[key] for key in ('policy', 'device', 'robots_alive', 'requests', 'refusals',
                                    'mean_batch_size', 'inference_p99 [ms]', 'wait_p50 [ms]',
                                    'model [s]')] == [
        'counting', 'cpu', '2', '3', '1', '2', '50', '1', '0.013']
    assert told['policy_node: robot b'][2]['replaced'] == '1'


def test_entry_is_an_error_after_a_refusal_and_ok_after_a_chunk(tally, server):
    def levels():
        return [(level, message) for level, message, _ in entries(tally, server).values()]

    ok, error = (DiagnosticStatus.OK, 'ok'), (DiagnosticStatus.ERROR, 'no arm')
    assert levels() == [ok, ok, error]      # the newest answer was a's chunk
    tally.refused('a', 'no arm')
    assert levels() == [error, error, error]
    tally.answered('b')
    assert levels() == [ok, error, ok]
    tally.forgive()
    assert levels() == [ok, ok, ok]


def test_lonely_robot_needs_no_entry_of_its_own(server):
    assert list(entries(Tally(['']), server)) == ['policy_node: policy']


def test_missing_policy_is_a_warning(tally):
    assert entries(tally, PolicyServer(CONFIG))['policy_node: policy'][:2] == (
        DiagnosticStatus.WARN, 'no policy is loaded')


def test_summary_is_one_line(tally):
    assert summary(tally.figures(), 2) == (
        '2 robots alive, 1/3 chunks, 1 refused, 1 replaced, inference p50 50.0 p99 50.0 ms, '
        'batch 2.0, wait p50 1.0 p99 1.0 ms')
