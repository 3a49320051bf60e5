"""Chunk stream: when a request is sent, which answers are accepted, that nothing stalls it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import NAMES, SECOND, STEP_NS, chunk, rows, stream


def test_first_request_is_must_go_and_only_one_is_in_flight():
    s = stream()
    request = s.request_due(0, stamp_ns=7)
    assert (request.must_go, request.timestep, request.stamp_ns) == (True, 0, 7)
    assert s.request_due(1, 8) is None


@pytest.mark.parametrize(('threshold', 'executed'), [(1.0, 0), (0.5, 5), (0.3, 7), (0.0, 10)])
def test_request_is_due_when_queued_over_horizon_is_at_most_the_threshold(threshold, executed):
    s = stream(threshold=threshold)
    s.request_due(0, 0)
    s.accept(chunk(rows(*range(10))), 0)
    for _ in range(executed):
        assert s.request_due(0, 0) is None
        s.buffer.pop()
    request = s.request_due(0, 0)
    assert (request.timestep, request.queue_size) == (executed, 10 - executed)
    assert request.must_go == (executed == 10)


def test_request_carries_what_is_queued_as_prefix():
    s = stream(threshold=1.0)
    s.request_due(0, 0)
    s.accept(chunk(rows(1, 2, 3)), 0)
    s.buffer.pop()
    request = s.request_due(0, 0)
    assert request.names == NAMES
    assert request.prefix[:, 0].tolist() == [2, 3]


def test_lost_answer_is_asked_for_again_after_the_deadline():
    s = stream(deadline_ns=SECOND)
    first = s.request_due(0, 0)
    assert s.request_due(SECOND - 1, 0) is None
    again = s.request_due(SECOND, 0)
    assert (again.request_id, again.must_go) == (first.request_id + 1, True)
    assert s.counters.lost_requests == 1


def test_answer_to_a_lost_request_is_still_welcome_so_a_slow_policy_never_stalls_the_robot():
    s = stream(deadline_ns=SECOND)
    first = s.request_due(0, 0)
    s.request_due(SECOND, 0)
    assert s.accept(chunk(rows(1), request=first.request_id), SECOND + 1) is not None
    assert s.in_flight


def test_failed_inference_is_asked_for_again_after_a_pause():
    s = stream(backoff_ns=SECOND)
    request = s.request_due(0, 0)
    assert s.fail('s', request.request_id, 'out of memory', 0)
    assert s.counters.last_refusal == 'out of memory'
    assert s.request_due(SECOND - 1, 0) is None
    assert s.request_due(SECOND, 0).must_go


def test_vanished_policy_is_asked_at_once_when_it_is_back():
    s = stream(deadline_ns=10 * SECOND)
    s.request_due(0, 0)
    s.give_up()
    assert s.request_due(1, 0) is not None


@pytest.mark.parametrize(('answer', 'reason'), [
    ({'session': 'other'}, "session_id 'other' is not the current 's'"),
    ({'request': 5}, 'request_id 5 was answered or overtaken already, or never sent'),
    ({'first': 1}, 'first_timestep must be 0 as requested, got 1'),
    ({'step_ns': STEP_NS + 1}, f'step must be {STEP_NS} ns as in the contract'),
    ({'names': ('a', 'x')}, 'names must be'),
    ({'units': ('rad', 'deg')}, "b must be in 'rad' as in contract.action_units, got 'deg'"),
])
def test_answer_that_does_not_fit_is_refused_with_its_reason(answer, reason):
    s = stream()
    s.request_due(0, 0)
    assert s.accept(chunk(rows(1), **answer), 0) is None
    assert (s.counters.refused_chunks, len(s.buffer)) == (1, 0)
    assert reason in s.counters.last_refusal


def test_duplicate_and_overtaken_answers_are_refused():
    s = stream(threshold=1.0, deadline_ns=SECOND)
    s.request_due(0, 0)
    s.request_due(SECOND, 0)
    assert s.accept(chunk(rows(1), request=1), 0)
    assert s.accept(chunk(rows(2), request=1), 0) is None
    assert s.accept(chunk(rows(2), request=0), 0) is None
    assert s.counters.refused_chunks == 2


def test_stale_answer_from_another_session_does_not_close_the_request_in_flight():
    s = stream()
    s.request_due(0, 0)
    s.accept(chunk(rows(1), session='old'), 0)
    s.fail('old', 0, 'error of another session', 0)
    assert s.in_flight


def test_answer_to_the_episode_before_is_expected_and_no_refusal_of_the_new_one():
    s = stream()
    s.request_due(0, 0)
    s.start('', 0, '')
    s.start('t', 0, '')
    assert s.accept(chunk(rows(1)), 0) is None
    assert s.counters.refused_chunks == 0


def test_delay_is_counted_in_steps_consumed_and_the_cold_start_is_left_out():
    s = stream(threshold=1.0)
    s.request_due(0, 0)
    s.accept(chunk(rows(*range(20))), 60 * SECOND)
    assert s.delay_steps.estimate == 0.0
    request = s.request_due(0, 0)
    for _ in range(3):
        s.buffer.pop()
    s.accept(chunk(rows(*range(20)), request=request.request_id, first=request.timestep), SECOND)
    assert (s.delay_steps.estimate, s.round_trip_ns.estimate) == (3.0, SECOND)


def test_new_session_begins_with_nothing():
    s = stream()
    s.request_due(0, 0)
    s.accept(chunk(rows(1, 2)), 0)
    s.buffer.pop()
    s.start('t', 5, 'stack')
    request = s.request_due(0, 0)
    assert (len(s.buffer), s.counters.chunks, request.timestep) == (0, 0, 0)
    assert (request.session_id, request.session_start_ns, request.task) == ('t', 5, 'stack')


EVENTS = st.lists(st.one_of(
    st.tuples(st.just('tick'), st.integers(1, 5)),
    st.tuples(st.just('answer'), st.integers(0, 6), st.integers(1, 12)),
    st.tuples(st.just('fail'), st.integers(0, 6)),
    st.tuples(st.just('stale'), st.integers(0, 6)),
    st.tuples(st.just('restart')),
), max_size=60)


@settings(max_examples=300, deadline=None)
@given(events=EVENTS, threshold=st.floats(0, 1))
def test_whatever_arrives_no_row_runs_twice_and_the_stream_never_stalls(events, threshold):
    s = stream(threshold=threshold, deadline_ns=10, backoff_ns=3)
    now, session, asked, executed = 0, 0, [], []
    for event, *arguments in events:
        if event == 'tick':
            for _ in range(arguments[0]):
                now += 1
                request = s.request_due(now, now)
                if request:
                    asked.append(request)
                before = s.buffer.timestep
                row = s.buffer.pop()
                assert s.buffer.timestep == before + (row is not None)
                if row is not None:
                    assert row[0] == before     # rows are numbered by the timestep they are for
                    executed.append((s.session_id, before))
        elif event == 'answer' and asked:
            r = asked[-1 - arguments[0] % len(asked)]
            actions = rows(*range(r.timestep, r.timestep + arguments[1]))
            accepted = s.accept(chunk(np.clip(actions, -100, 100), first=r.timestep,
                                      request=r.request_id, session=r.session_id), now)
            assert accepted is None or r.session_id == s.session_id
        elif event == 'fail' and asked:
            r = asked[-1 - arguments[0] % len(asked)]
            s.fail(r.session_id, r.request_id, 'no', now)
        elif event == 'stale':
            s.accept(chunk(rows(5), request=arguments[0], session='gone'), now)
        elif event == 'restart':
            session += 1
            s.start(f's{session}', now, '')
    assert len(executed) == len(set(executed))
    for _ in range(len(s.buffer) + 14):         # deadline and backoff pass: it asks again
        now += 1
        if s.request_due(now, now):
            return
        s.buffer.pop()
    pytest.fail('no request for a whole deadline')


def test_broken_prefix_is_counted_by_what_was_queued_when_asking():
    s = stream('rtc', threshold=1.0)
    s.request_due(0, 0)
    s.accept(chunk(rows(1, 2, 3, 4)), 0)
    for firsts in ((1, 2, 5, 6), (9, 5, 6, 7)):
        request = s.request_due(0, 0)
        s.accept(chunk(rows(*firsts), first=request.timestep, request=request.request_id,
                       frozen=1), 0)
    assert (s.counters.chunks, s.counters.broken_prefixes) == (3, 1)


def test_requests_that_are_never_answered_do_not_pile_up():
    s = stream(deadline_ns=1)
    for now in range(1000):
        assert s.request_due(now, 0).request_id == now
    assert s.accept(chunk(rows(1), request=0), 1000) is None
    assert s.accept(chunk(rows(1), request=990), 1000) is not None


@pytest.mark.parametrize(('units', 'accepted'), [(('m', 'rad'), 1), (('rad', 'm'), 0)])
def test_units_belong_to_columns_by_name_whatever_their_order(units, accepted):
    s = stream(units=('rad', 'm'))
    s.request_due(0, 0)
    s.accept(chunk(rows(1), names=('b', 'a'), units=units), 0)
    assert (s.counters.chunks, s.counters.refused_chunks) == (accepted, 1 - accepted)


def late_answer(s, count):
    """Ask, execute ``count`` rows meanwhile, and answer with as many."""
    request = s.request_due(SECOND, 0)
    for _ in range(count):
        s.buffer.pop()
    return s.accept(chunk(rows(*range(count)), first=request.timestep,
                          request=request.request_id), SECOND)


def test_chunk_that_is_late_as_a_whole_is_counted_and_asked_again_after_a_pause():
    s = stream(threshold=1.0, backoff_ns=SECOND)
    s.request_due(0, 0)
    s.accept(chunk(rows(*range(20))), 0)
    assert late_answer(s, 3).late_rows == 3
    assert (s.counters.chunks, s.counters.late_rows) == (2, 3)
    assert s.request_due(2 * SECOND - 1, 0) is None
    assert s.request_due(2 * SECOND, 0) is not None


def test_chunk_that_is_late_as_a_whole_makes_nothing_fresher():
    s = stream(threshold=1.0)
    s.similarity.threshold = 0.1
    s.request_due(0, 0)
    s.accept(chunk(rows(*range(20))), 0)
    s.similarity.see(np.zeros(2))
    late_answer(s, 3)
    assert not s.similarity.similar
    s.expire(SECOND + 1, SECOND)
    assert (len(s.buffer), s.counters.expired_rows) == (0, 17)
