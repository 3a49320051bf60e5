"""A student drives the first part of an episode, a few rows of each of its chunks at a time."""

import numpy as np
import pytest

from segue_core.chunk import Chunk, Request
from segue_evaluation.student import Student

HORIZON = 32


class Server:
    """Answers with rows that say from which timestep on they were asked for."""

    def __init__(self):
        self.asked = []

    def infer(self, request, features, prompt):
        self.asked.append((request.timestep, prompt))
        rows = request.timestep + np.arange(HORIZON, dtype=float)[:, np.newaxis]
        return Chunk(session_id='s', request_id=request.request_id, stamp_ns=request.stamp_ns,
                     first_timestep=request.timestep, step_ns=50_000_000,
                     names=('x',), units=('normalized',), actions=rows)


def request(timestep):
    return Request(
        session_id='s', session_start_ns=0, request_id=timestep, stamp_ns=timestep * 50_000_000,
        timestep=timestep, task='', must_go=True, queue_size=0, estimated_delay=0.0,
        deadline_ns=10**9, names=('x',), prefix=np.empty((0, 1)))


def driven(student, until, every=4):
    return [student.drive(request(t), {}, 'go') for t in range(0, until, every)]


@pytest.mark.parametrize('seed', range(8))
def test_student_drives_until_its_time_and_then_no_more(seed):
    student = Student(Server(), 100)
    student.begin(seed)
    assert 16 <= student.until <= 100
    for timestep, chunk in zip(range(0, 200, 4), driven(student, 200), strict=True):
        assert (chunk is not None) == (timestep < student.until)


def test_latest_bounds_how_long_it_drives():
    lengths = []
    for seed in range(200):
        student = Student(Server(), 300)
        student.begin(seed)
        lengths.append(student.until)
    assert 16 <= min(lengths) < 60 and 250 < max(lengths) <= 300
    early = Student(Server(), 0)
    early.begin(0)
    assert early.until == 16


@pytest.mark.parametrize('seed', range(8))
def test_rows_belong_to_the_timestep_that_asks_and_the_last_one_is_held(seed):
    student = Student(Server(), 100)
    student.begin(seed)
    for timestep, chunk in zip(range(0, 100, 4), driven(student, 100), strict=True):
        if chunk is not None:
            assert (chunk.first_timestep, chunk.request_id) == (timestep, timestep)
            assert len(chunk.actions) == HORIZON and chunk.actions[0, 0] == timestep
            assert (np.diff(chunk.actions[:, 0]) >= 0).all()


def test_new_chunk_is_asked_for_after_the_rows_of_the_last_one_and_in_each_episode():
    server = Server()
    student = Student(server, 100)
    student.begin(3)
    driven(student, 100, every=1)
    first = [t for t, _ in server.asked]
    steps = set(np.diff(first))
    assert first[0] == 0 and len(steps) == 1 and 4 <= steps.pop() < 28
    assert {prompt for _, prompt in server.asked} == {'go'}
    student.begin(3)
    driven(student, 100, every=1)
    assert [t for t, _ in server.asked] == first * 2
