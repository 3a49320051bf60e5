"""The ray policy against applications that answer as they should, and against others; no Ray."""

import socket
import threading
from dataclasses import replace

import numpy as np
import pytest
import remote_helpers as h
from policies_for_tests import Seeing
from ray_application import Application

from policy_node.policies import mock
from policy_node.policies.openpi.wire import pack
from policy_node.policies.ray import Params, create
from policy_node.policies.ray.wire import Answer, Question, read, write
from policy_node.policies.remote import Unreachable
from policy_node.policy import PolicyError, Prediction, Query

AT_ONCE = 0.3


def config(policy='mock', **changes):
    return h.config(policy, None, **changes)


@pytest.fixture
def serve(started):
    return lambda loaded=None, **options: started(Application(loaded or config(), **options))


@pytest.fixture
def connect(started):
    def connect(application, timeout=10.0, load_timeout=10.0, rows=h.ROWS, changes=None, **params):
        url = application if isinstance(application, str) else application.url
        return started(create(h.config('ray', Params(
            url=url, timeout=timeout, load_timeout=load_timeout, **params), rows,
            **changes or {})))
    return connect


def test_chunk_is_that_of_the_policy_in_process(serve, connect):
    policy, here = connect(serve()), mock.create(config())
    for timestep in (3, 7):
        seen = replace(h.observation(), timestep=timestep)
        assert np.array_equal(policy.infer(seen, h.NOTHING, 0.0).actions,
                              here.infer(seen, h.NOTHING, 0.0).actions)


def test_policy_sees_what_was_observed_and_no_more_travels(serve, connect, monkeypatch):
    monkeypatch.setattr(Seeing, 'seen', [])
    application = serve(config('policies_for_tests:Seeing'))
    seen, prefix = replace(h.observation(), stamp_ns=2**60, timestep=5), np.full((2, 4), 0.1)
    connect(application).infer(seen, prefix, 1.5)
    assert set(application.questions[0].features) == {'state', 'wrist'}
    (got, got_prefix, delay), = Seeing.seen
    assert (got.stamp_ns, got.timestep, got.prompt, delay) == (2**60, 5, seen.prompt, 1.5)
    assert np.array_equal(got_prefix, prefix)
    for name in ('state', 'wrist'):
        assert np.array_equal(got.features[name], seen.features[name])
        assert got.features[name].dtype == seen.features[name].dtype
        assert got.features[name].flags.writeable


def test_images_travel_as_jpeg_where_they_may_and_arrive_as_images(serve, connect, monkeypatch):
    monkeypatch.setattr(Seeing, 'seen', [])
    application = serve(config('policies_for_tests:Seeing'))
    flat = np.full((48, 64, 3), (200, 100, 50), np.uint8)
    connect(application, jpeg_quality=90).infer(h.observation(wrist=flat), h.NOTHING, 0.0)
    assert len(application.questions[0].features['wrist']) < flat.nbytes / 5
    wrist = Seeing.seen[0][0].features['wrist']
    assert wrist.shape == flat.shape and wrist.dtype == np.uint8
    assert np.abs(wrist.astype(int) - flat).max() <= 3


def test_session_has_the_same_name_until_it_is_reset(serve, connect):
    policy = connect(application := serve())
    h.infer(policy, session='a')
    h.infer(policy, session='a')
    h.infer(policy, session='b')
    policy.reset('a')
    h.infer(policy, session='a')
    first, second, other, anew = application.sessions
    assert first == second and len({first, other, anew}) == 3


def test_two_policy_nodes_with_equal_session_ids_do_not_disturb_each_other(serve, connect):
    application = serve()
    one, two = connect(application), connect(application)
    h.infer(one)
    alone = mock.create(config()).infer(h.observation(state=h.STATE * 2), h.NOTHING, 0.0)
    assert np.array_equal(h.infer(two, state=h.STATE * 2).actions, alone.actions)


def test_session_begins_anew_where_it_is_not_known_or_no_longer(serve, connect):
    policy = connect(application := serve())
    h.infer(policy)
    first, kept = application.answers, h.infer(policy, state=h.STATE * 2)
    application.load(config())
    anew = h.infer(policy, state=h.STATE * 2)
    assert not np.array_equal(anew.actions, kept.actions)
    application.answers = first     # it remembers a session that went on elsewhere
    assert np.array_equal(h.infer(policy, state=h.STATE * 2).actions, anew.actions)


def test_queries_of_a_batch_travel_at_the_same_time(serve, connect):
    together = threading.Barrier(3, timeout=30)
    application = serve(respond=lambda body: together.wait() and None)
    queries = [Query(h.observation(session=name), h.NOTHING, 0.0) for name in 'abc']
    assert all(isinstance(each, Prediction)
               for each in connect(application).infer_batch(queries))


def test_one_query_that_fails_does_not_touch_the_others(serve, connect):
    policy = connect(serve())
    queries = [Query(h.observation(session=name, state=state), h.NOTHING, 0.0)
               for name, state in (('a', h.STATE), ('b', h.STATE[:2]), ('c', object()))]
    good, short, unsendable = policy.infer_batch(queries)
    assert isinstance(good, Prediction)
    assert 'state' in str(short) and 'state' in str(unsendable)
    assert 'object cannot be sent' in str(unsendable)


def test_late_answer_is_refused_in_time_and_not_taken_for_the_next(serve, connect):
    late = threading.Event()
    application = serve(respond=lambda body: late.wait(30) and (200, b'late'))
    policy = connect(application, timeout=AT_ONCE)
    with pytest.raises(Unreachable, match='did not answer in time.*ray.timeout'):
        h.infer(policy)
    application.respond = lambda body: None
    late.set()
    h.infer_when_it_is_back(policy)


def test_slow_session_does_not_keep_the_answers_of_the_others(serve, connect):
    late = threading.Event()
    application = serve(respond=lambda body: (
        late.wait(30) and None if read(Question, body).prompt == 'slow' else None))
    quick, slow = connect(application, timeout=1.0).infer_batch([
        Query(h.observation(prompt=prompt, session=prompt), h.NOTHING, 0.0)
        for prompt in ('quick', 'slow')])
    late.set()
    assert isinstance(quick, Prediction)
    assert isinstance(slow, Unreachable)


def test_answer_that_trickles_is_given_up_in_time(connect):
    ended = threading.Event()
    listener = socket.create_server(('127.0.0.1', 0))

    def trickle():
        connection, _ = listener.accept()
        with connection:
            connection.recv(1 << 16)
            try:
                connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n')
                while not ended.wait(0.05):
                    connection.sendall(b'.')
            except OSError:
                pass

    thread = threading.Thread(target=trickle)
    thread.start()
    try:
        with pytest.raises(Unreachable, match='in time'):
            connect(f'http://127.0.0.1:{listener.getsockname()[1]}/', load_timeout=AT_ONCE)
    finally:
        ended.set()
        thread.join()
        listener.close()


def test_server_that_was_restarted_is_found_without_a_lost_request(serve, connect):
    application = serve()
    policy = connect(application)
    h.infer(policy)
    application.close()
    serve(port=application.port)
    h.infer(policy)


def test_after_a_failure_the_server_is_left_alone_for_a_while(serve, connect):
    policy = connect(application := serve())
    policy._backoff.pause = 1000.0
    application.respond = lambda body: (503, b'no replica')
    with pytest.raises(Unreachable, match='status 503: no replica'):
        h.infer(policy)
    with pytest.raises(Unreachable, match=r'503.*next attempt in \d+.\d s'):
        h.infer(policy)


def test_one_lost_replica_does_not_make_the_others_wait(serve, connect):
    policy = connect(application := serve())
    policy._backoff.pause = 1000.0
    application.respond = lambda body: (
        (500, b'died') if read(Question, body).prompt == 'lost' else None)
    lost, kept = policy.infer_batch([
        Query(h.observation(prompt=prompt, session=prompt), h.NOTHING, 0.0)
        for prompt in ('lost', 'kept')])
    assert isinstance(lost, Unreachable) and isinstance(kept, Prediction)
    h.infer(policy)


@pytest.mark.parametrize(('url', 'words'), [
    ('127.0.0.1:8000', 'must be http://machine:port/route'),
    ('http://machine:port/', "ray.url 'http://machine:port/'"),
    (f'http://127.0.0.1:{h.free_port()}/', 'no Ray Serve at .*refused.*ray_serve.*ray.url')])
def test_without_an_application_loading_says_where_it_looked(connect, url, words):
    with pytest.raises(PolicyError, match=words):
        connect(url, load_timeout=AT_ONCE)


def test_token_is_sent_from_the_parameter_or_the_environment(serve, connect, monkeypatch):
    application = serve(token='Bearer secret')
    with pytest.raises(PolicyError, match='status 401; set ray.token'):
        connect(application)
    h.infer(connect(application, token='secret'))
    monkeypatch.setenv('SEGUE_RAY_TOKEN', 'secret')
    h.infer(connect(application))


@pytest.mark.parametrize(('answer', 'words'), [
    ((200, b'\xc1'), 'no message'),
    ((200, pack({'actions': 1})), 'same version of segue'),
    ((200, write(Answer(replica='r')).replace(b'\xc0', b'\x01')), 'actions of Answer'),
    ((400, b'garbage'), 'refuses with status 400: garbage'),
    ((404, b"Path '/x' not found"), 'no application at'),
    ((200, write(Answer(replica='r', names=('q',), units=('rad',)))), 'load the policy again'),
    ((200, write(Answer(replica='r', names=h.NAMES, units=('rad',) * 4,
                        actions=np.zeros((3, 4))))), '3 rows, actions_per_chunk is 16'),
    ((200, write(Answer(replica='r', names=h.NAMES, units=('rad',) * 4,
                        actions=np.full((h.ROWS, 4), np.nan)))), 'answers nan')],
    ids=lambda value: value if isinstance(value, str) else '')
def test_unusable_answer_is_refused_and_the_next_one_is_used(serve, connect, answer, words):
    policy = connect(application := serve(respond=lambda body: answer))
    with pytest.raises(PolicyError, match=words):
        h.infer(policy)
    application.respond = lambda body: None
    h.infer_when_it_is_back(policy)


@pytest.mark.parametrize(('rows', 'changes', 'words'), [
    (h.ROWS + 1, {}, '16 rows, actions_per_chunk is 17; set it to 16'),
    (h.ROWS, {'step_ns': 33_333_333}, 'control_rate must be 20 Hz'),
    (h.ROWS, {'action_units': ('deg',) * 4}, "column 'x' in rad, contract.action_units says deg")])
def test_application_that_does_not_fit_is_refused_at_loading(serve, connect, rows, changes, words):
    with pytest.raises(PolicyError, match=words):
        connect(serve(), rows=rows, changes=changes)


def test_fewer_rows_than_the_application_makes_are_cut(serve, connect):
    policy = connect(serve(), rows=5)
    assert policy.metadata.horizon == len(h.infer(policy).actions) == 5
