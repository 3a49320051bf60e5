"""A student drives the first part of an episode as a robot would: in turns, or asynchronously."""

import numpy as np
import pytest

from segue_core.chunk import Chunk, Request
from segue_evaluation.student import Rhythm, Student

HORIZON = 32


class Server:
    """Answers with rows that say when they were asked for, and for which timestep they are."""

    def __init__(self):
        self.asked = []

    def infer(self, request, features, prompt):
        self.asked.append((request, prompt))
        rows = np.arange(HORIZON, dtype=float)
        actions = np.stack([request.timestep + rows, np.full(HORIZON, request.timestep)], axis=1)
        return Chunk(session_id='s', request_id=request.request_id, stamp_ns=request.stamp_ns,
                     first_timestep=request.timestep, step_ns=50_000_000,
                     names=('step', 'asked'), units=('m', 'm'), actions=actions,
                     frozen_rows=min(len(request.prefix), round(request.estimated_delay)))


def request(timestep):
    return Request(
        session_id='s', session_start_ns=0, request_id=timestep, stamp_ns=timestep * 50_000_000,
        timestep=timestep, task='', must_go=True, queue_size=0, estimated_delay=0.0,
        deadline_ns=10**9, names=('asked', 'step'), prefix=np.empty((0, 2)))


def student(server=None, **rhythm):
    made = Student(server or Server(), 100)
    made.rhythm = Rhythm(**{'until': 100, 'rows': 8, 'delay': 0, 'share': 1.0,
                            'continues': False, **rhythm})
    return made


def driven(one, until, every=4):
    return [one.drive(request(t), {}, 'go') for t in range(0, until, every)]


def executed(one, until, every=4):
    """For which timestep the executed rows are, and when they were asked for."""
    rows = [chunk.actions[:every] for chunk in driven(one, until, every) if chunk is not None]
    return np.concatenate(rows).T


@pytest.mark.parametrize('seed', range(8))
def test_student_drives_until_its_time_and_then_no_more(seed):
    one = Student(Server(), 100)
    one.begin(seed)
    until = one.rhythm.until
    assert 16 <= until <= 100
    for timestep, chunk in zip(range(0, 200, 4), driven(one, 200), strict=True):
        assert (chunk is not None) == (timestep < until)


def test_latest_bounds_how_long_it_drives():
    lengths = [Rhythm.drawn(seed, 300).until for seed in range(200)]
    assert 16 <= min(lengths) < 60 and 250 < max(lengths) <= 300
    assert Rhythm.drawn(0, 0).until == 16


def test_half_of_the_episodes_wait_for_their_chunks_and_the_others_are_of_all_kinds():
    rhythms = [Rhythm.drawn(seed, 100) for seed in range(400)]
    waiting = [r for r in rhythms if not r.delay]
    assert 160 < len(waiting) < 240
    assert not any(r.continues or r.share < 1.0 for r in waiting)
    assert {r.delay for r in rhythms} == set(range(13))
    assert {r.rows for r in rhythms} == set(range(4, 28))
    late = [r for r in rhythms if r.delay]
    assert 60 < sum(r.continues for r in late) < 140
    assert {r.share for r in late if r.continues} == {1.0}
    assert {r.share for r in late if not r.continues} == {1.0, 0.7, 0.3}


@pytest.mark.parametrize('seed', range(8))
def test_every_control_step_has_a_row_of_its_own_and_the_last_one_is_held(seed):
    one = Student(Server(), 100)
    one.begin(seed)
    for timestep, chunk in zip(range(0, 100, 4), driven(one, 100), strict=True):
        if chunk is not None:
            assert (chunk.first_timestep, chunk.request_id) == (timestep, timestep)
            assert len(chunk.actions) == HORIZON and chunk.actions[0, 0] == timestep
            assert (np.diff(chunk.actions[:, 0]) >= 0).all()


def test_new_chunk_is_asked_for_after_the_rows_of_the_last_one_and_in_each_episode():
    server = Server()
    one = student(server, rows=8)
    driven(one, 100, every=1)
    first = [r.timestep for r, _ in server.asked]
    assert first == list(range(0, 100, 8))
    assert {prompt for _, prompt in server.asked} == {'go'}
    one.begin(3)
    driven(one, 16)
    assert server.asked[len(first)][0].timestep == 0


def test_rows_of_the_last_chunk_are_executed_until_the_new_one_is_there():
    step, asked = executed(student(rows=8, delay=4), 32)
    assert (step == np.arange(32)).all()
    assert asked.tolist() == [0] * 12 + [8] * 8 + [16] * 8 + [24] * 4


def test_rows_of_two_chunks_are_mixed_by_their_shares_after_the_delay():
    _, asked = executed(student(rows=8, delay=4, share=0.7), 16)
    assert asked.tolist() == pytest.approx([0.0] * 12 + [0.7 * 8] * 4)


def test_a_chunk_that_takes_longer_than_what_is_queued_begins_where_that_ends():
    step, asked = executed(student(rows=24, delay=12), 48)
    assert (step == np.arange(48)).all()
    assert asked.tolist() == [0] * 32 + [24] * 16


def test_a_policy_that_continues_is_told_what_is_queued_and_how_long_it_takes():
    server = Server()
    driven(student(server, rows=8, delay=4, continues=True), 16)
    (first, _), (second, _) = server.asked
    assert len(first.prefix) == 0 and first.estimated_delay == 0.0
    assert second.names == ('step', 'asked') and second.estimated_delay == 4.0
    assert second.prefix[:, 0].tolist() == list(range(8, 32))


def test_a_policy_that_does_not_continue_is_told_nothing():
    server = Server()
    driven(student(server, rows=8, delay=4), 16)
    assert [(len(r.prefix), r.estimated_delay) for r, _ in server.asked] == [(0, 0.0)] * 2
