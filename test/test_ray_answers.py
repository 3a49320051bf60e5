"""The side of policy ray that answers: sessions, deadlines, health; no Ray, no network."""

import threading
import time

import numpy as np
import pytest
import remote_helpers as h

from policy_node.policies.ray import answers
from policy_node.policies.ray.answers import Answers, Arrived
from policy_node.policies.ray.wire import Question, WireError, read, received, write


def question(session='s', age=0.0, **changes):
    return Arrived(Question(**{
        'session': session, 'continues': '', 'seconds': 1.0, 'stamp_ns': 0, 'timestep': 0,
        'prompt': '', 'features': {'state': h.STATE}, 'names': h.NAMES, 'prefix': h.NOTHING,
        'delay': 0.0, **changes}), time.monotonic() - age)


@pytest.fixture
def answering(started):
    return lambda policy='mock': started(Answers(h.config(policy, None)))


def test_question_whose_sender_waits_no_longer_costs_no_inference(answering):
    late, good = answering().answer([question('a', age=5.0), question('b')])
    assert 'deadline passed' in late.error
    assert not good.error and good.timings['replica.wait'] < 5.0


def test_newest_question_of_a_session_is_answered(answering):
    old, new = answering().answer([question(timestep=1), question(timestep=2)])
    assert 'newer request of the same session' in old.error
    assert not new.error


@pytest.mark.parametrize(('changes', 'words'), [
    ({'features': {}}, "needs feature 'state'"),
    ({'features': {'state': b'no image'}}, 'no JPEG'),
    ({'names': ('a',)}, 'prefix must have shape'),
    ({'delay': float('nan')}, 'estimated_delay must be >= 0'),
    ({'names': ('a', 'b', 'c', 'd')}, 'the request has columns')])
def test_question_that_does_not_fit_is_refused(answering, changes, words):
    bad, good = answering().answer([question('a', **changes), question('b')])
    assert words in bad.error
    assert not good.error


def test_replica_whose_model_only_fails_is_given_up(answering):
    made = answering('policies_for_tests:Buggy')
    for _ in range(answers.BROKEN_AFTER - 1):
        answer, = made.answer([question()])
        assert answer.error == 'ZeroDivisionError: a bug'
    made.check(time.monotonic())
    made.answer([question()])
    with pytest.raises(RuntimeError, match='the last 10 inferences failed'):
        made.check(time.monotonic())


def test_refusals_are_no_reason_to_give_a_replica_up(answering):
    made = answering()
    for _ in range(2 * answers.BROKEN_AFTER):
        made.answer([question(features={})])
    made.check(time.monotonic())


def test_replica_that_hangs_is_given_up(answering, monkeypatch):
    made, inside, leave = answering(), threading.Event(), threading.Event()

    def hang(asked):
        inside.set()
        leave.wait(30)
        return [RuntimeError('over')]

    monkeypatch.setattr(made._server, 'infer_batch', hang)
    thread = threading.Thread(target=made.answer, args=([question()],))
    thread.start()
    assert inside.wait(30)
    made.check(time.monotonic())
    with pytest.raises(RuntimeError, match='has not ended'):
        made.check(time.monotonic() + 2 * answers.STUCK_AFTER)
    leave.set()
    thread.join()
    made.check(time.monotonic() + 2 * answers.STUCK_AFTER)


def test_mappings_and_texts_travel_as_they_are():
    sent = {'pose': {'gripper': np.arange(7.0)}, 'marker': 'box', 'none': None}
    got = received(read(Question, write(question(features=sent).question)).features)
    np.testing.assert_equal(got, sent)


def test_bytes_that_are_no_image_are_refused():
    with pytest.raises(WireError, match='no JPEG'):
        received(b'\xff\xd8 not really')
