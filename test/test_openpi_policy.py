"""The openpi policy against servers that do as the protocol says, and against others."""

import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
import remote_helpers as h
from openpi_server import OpenpiServer, RawServer, follow_state, frame, pack

from policy_node.policies import remote
from policy_node.policies.openpi import Params, create
from policy_node.policies.remote import Unreachable
from policy_node.policy import PolicyError

AT_ONCE, SOON = 0.3, 1.0


@pytest.fixture
def serve(started):
    return lambda *arguments, **options: started(OpenpiServer(*arguments, **options))


@pytest.fixture
def connect(started):
    def connect(server, rows=h.ROWS, timeout=10.0, load_timeout=10.0, **params):
        return started(create(h.config('openpi', Params(
            host='127.0.0.1', port=server.port, timeout=timeout, load_timeout=load_timeout,
            **params), rows)))
    return connect


def test_chunk_is_what_the_server_answers(serve, connect):
    server = serve()
    chunk = h.infer(connect(server))
    assert chunk.actions.shape == (h.ROWS, len(h.NAMES))
    assert np.array_equal(chunk.actions.astype(np.float32),
                          follow_state(server.requests[0])['actions'][:h.ROWS])
    assert chunk.frozen_rows == 0
    assert chunk.timings == {'policy_timing.infer': 0.0125, 'server_timing.infer': 0.013}


def test_server_gets_its_libero_keys_with_images_of_224_and_the_prompt(serve, connect):
    server = serve()
    h.infer(connect(server))
    (request,) = server.requests
    assert set(request) == {'observation/image', 'observation/wrist_image', 'observation/state',
                            'prompt'}
    assert request['prompt'] == 'pick up the soup'
    assert request['observation/state'] == pytest.approx(h.STATE)
    assert request['observation/image'].shape == (224, 224, 3)
    assert request['observation/image'].dtype == np.uint8
    assert not request['observation/image'][:28].any()      # 64 x 48 leaves 28 black rows
    assert request['observation/image'][28:-28].any(axis=(1, 2)).all()


def test_aloha_keys_are_nested_and_its_images_have_channels_first(serve, connect):
    server = serve(answer=lambda r: {'actions': np.zeros((h.ROWS, 4))})
    h.infer(connect(server, inputs=('agentview=images.cam_high', 'wrist=images.cam_low', 'state'),
                    channels_first=True))
    (request,) = server.requests
    assert set(request) == {'images', 'state', 'prompt'}
    assert {k: v.shape for k, v in request['images'].items()} == {
        'cam_high': (3, 224, 224), 'cam_low': (3, 224, 224)}


def test_image_is_mirrored_where_the_model_was_trained_so(serve, connect):
    server = serve()
    policy = connect(server, mirrored=('wrist',), image_size=0)
    h.infer(policy)
    (request,) = server.requests
    assert np.array_equal(request['observation/wrist_image'], h.image(32, 32, 2)[:, ::-1])
    assert np.array_equal(request['observation/image'], h.image(48, 64))


def test_loading_waits_for_a_server_that_comes_later(started, serve, monkeypatch):
    port = h.free_port()
    servers = []

    def pause(seconds):
        servers.append(serve(port=port))

    monkeypatch.setattr(remote, 'time', SimpleNamespace(monotonic=time.monotonic, sleep=pause))
    policy = started(create(h.config('openpi', Params(host='127.0.0.1', port=port))))
    h.infer(policy)
    assert len(servers[0].requests) == 1


def test_without_a_server_loading_says_where_it_looked():
    port = h.free_port()
    with pytest.raises(PolicyError, match=f'no openpi server at ws://127.0.0.1:{port}.*refused.*'
                                          'openpi.host and openpi.port'):
        create(h.config('openpi', Params(host='127.0.0.1', port=port, load_timeout=AT_ONCE)))


def test_server_that_was_restarted_is_found_without_a_lost_request(serve, connect):
    server = serve()
    policy = connect(server)
    h.infer(policy)
    server.cut()
    h.infer(policy)
    assert len(server.requests) == 2


def test_connection_that_ends_under_a_request_is_made_anew_once(serve, connect):
    requests = []

    def converse(connection):
        connection.send(pack({}))
        requests.append(connection.recv())
        if len(requests) < 4:
            connection.send(pack({'actions': np.full((h.ROWS, 4), len(requests))}))
            requests.append(connection.recv())      # and no answer, as of a server that is ended

    policy = connect(serve(converse=converse))
    assert h.infer(policy).actions[0, 0] == 1
    assert h.infer(policy).actions[0, 0] == 3
    with pytest.raises(Unreachable):
        h.infer(policy)
    assert len(requests) == 5


def test_late_answer_is_not_taken_for_the_next_one(serve, connect):
    late = threading.Event()

    def answer(request):
        if request['prompt'] == 'slow':
            late.wait(30)
        return follow_state(request) | {'actions': np.full((h.ROWS, 4), len(request['prompt']))}

    policy = connect(serve(answer=answer), timeout=AT_ONCE)
    with pytest.raises(Unreachable, match='did not send an answer in time.*openpi.timeout'):
        h.infer(policy, prompt='slow')
    late.set()
    assert h.infer_when_it_is_back(policy, prompt='quick one').actions[0, 0] == len('quick one')


def test_answer_that_nobody_asked_for_is_not_taken(serve, connect):
    twice = threading.Event()

    def converse(connection):
        connection.send(pack({}))
        for _ in range(2):
            request = connection.recv()
            connection.send(pack({'actions': np.full((h.ROWS, 4), len(request))}))
            if not twice.is_set():
                connection.send(pack({'actions': np.full((h.ROWS, 4), -1.0)}))
                connection.ping().wait(30)      # its pong says that the client has it all
                twice.set()

    policy = connect(serve(converse=converse))
    h.infer(policy)
    assert twice.wait(30)
    assert h.infer_when_it_is_back(policy).actions[0, 0] > 0


def test_error_of_the_server_is_told_and_does_not_last(serve, connect):
    def answer(request):
        if not request['prompt']:
            raise KeyError('observation/exterior_image_1_left')
        return follow_state(request)

    policy = connect(serve(answer=answer))
    with pytest.raises(PolicyError, match=r"failed: KeyError\('observation/exterior_image_1_left'"
                                          r'\).*openpi.inputs'):
        h.infer(policy, prompt='')
    h.infer(policy)


@pytest.mark.parametrize(('answer', 'words'), [
    (b'\xc1 garbage', 'no message'),
    (pack({'actions': np.zeros((h.ROWS, 4))})[:-9], 'no message'),
    (pack([1, 2]), 'a list where a map is due'),
    (pack({'actions': {b'__ndarray__': True, b'data': b'', b'dtype': '|O', b'shape': [1]}}),
     'an array of object'),
    (pack({'actions': {b'__ndarray__': True, b'data': b'', b'dtype': '<f4', b'shape': [9, 9]}}),
     'no message'),
    (pack({'action': np.zeros((h.ROWS, 4))}), 'actions must be a matrix .* got NoneType'),
    (pack({'actions': np.zeros(4)}), r'got float64 of shape \(4,\)'),
    (pack({'actions': np.zeros((h.ROWS, 7))}), 'answers 7 columns, contract.actions has 4'),
    (pack({'actions': np.zeros((9, 4))}), 'answers 9 rows, actions_per_chunk is 16; set it to 9'),
    (pack({'actions': np.full((h.ROWS, 4), np.nan)}), 'answers nan in row 0 column 0')],
    ids=lambda value: value if isinstance(value, str) else '')
def test_unusable_answer_is_refused_and_the_next_one_is_used(serve, connect, answer, words):
    policy = connect(server := serve(answer=lambda request: answer))
    with pytest.raises(PolicyError, match=words):
        h.infer(policy)
    server.answer = follow_state
    h.infer(policy)


@pytest.mark.parametrize('misbehave', [
    lambda s: s.sendall(frame(pack({'actions': np.zeros((h.ROWS, 4))}))[:-9]),
    lambda s: None])
def test_half_an_answer_or_none_is_given_up_in_time(started, connect, misbehave):
    policy = connect(started(RawServer(misbehave)), timeout=AT_ONCE)
    with pytest.raises(Unreachable, match='in time'):
        h.infer(policy)


def test_connection_that_ends_within_an_answer_is_told(started, connect):
    def misbehave(connection):
        connection.recv(1)
        connection.sendall(frame(pack({'actions': np.zeros((h.ROWS, 4))}))[:-9])
        connection.close()

    policy = connect(started(RawServer(misbehave)))
    with pytest.raises(Unreachable, match='closed the connection'):
        h.infer(policy)


def test_server_that_does_not_read_is_given_up_in_time(started, connect):
    policy = connect(started(RawServer(lambda s: None)), timeout=AT_ONCE, image_size=0)
    with pytest.raises(Unreachable, match='did not take the request in time'):
        h.infer(policy, agentview=np.zeros((4000, 4000, 3), np.uint8))


def test_after_a_failure_the_server_is_left_alone_for_a_while(serve, connect):
    policy = connect(server := serve())
    policy._backoff.pause = 1000.0
    server.close()
    with pytest.raises(Unreachable, match='no openpi server'):
        h.infer(policy)
    with pytest.raises(Unreachable, match=r'no openpi server.*next attempt in \d+.\d s'):
        h.infer(policy)


def authorize(connection, request):
    if request.headers.get('Authorization') != 'Api-Key secret':
        return connection.respond(401, 'no\n')
    return None


def test_key_is_sent_from_the_parameter_or_the_environment(serve, connect, monkeypatch):
    server = serve(respond=authorize)
    h.infer(connect(server, api_key='secret'))
    monkeypatch.setenv('OPENPI_API_KEY', 'secret')
    h.infer(connect(server))


@pytest.mark.parametrize(('respond', 'words'), [
    (authorize, 'refuses the key with status 401; set openpi.api_key'),
    (lambda c, r: c.respond(404, ''), 'status 404; it is no openpi server'),
    (lambda c, r: c.respond(503, ''), 'status 503; it is not ready'),
    (lambda c, r: None if r.path == '/healthz' else c.respond(404, ''),
     'the WebSocket with status 404; it is no openpi server')])
def test_server_that_refuses_is_told_at_loading(serve, connect, respond, words):
    with pytest.raises(PolicyError, match=words):
        connect(serve(respond=respond), load_timeout=SOON)


def test_server_without_a_health_check_is_used_too(serve, connect):
    server = serve(respond=lambda c, r: c.respond(426, '') if r.path == '/healthz' else None)
    h.infer(connect(server))


@pytest.mark.parametrize(('converse', 'words'), [
    (lambda c: c.send('hello'), 'failed: hello'),
    (lambda c: c.send(pack(3)), 'an int where a map is due|a int where a map is due'),
    (lambda c: c.close(), 'closed the connection')])
def test_server_without_metadata_is_refused_at_loading(serve, connect, converse, words):
    with pytest.raises(PolicyError, match=words):
        connect(serve(converse=converse), load_timeout=SOON)


@pytest.mark.parametrize(('params', 'words'), [
    ({'inputs': ('state=',)}, "openpi.inputs: 'state=' must be feature=key"),
    ({'inputs': ('a=k', 'b=k')}, "key 'k' is fed twice, by 'a' and 'b'"),
    ({'inputs': ('a=k', 'b=k.l')}, "key 'k.l' is taken"),
    ({'inputs': ('a=prompt',)}, "key 'prompt' is taken"),
    *(({'host': host}, f'openpi.host must be a machine .*; got {host!r}')
      for host in ('http://here', 'here:8000', '::1', 'here/there', '')),
])
def test_unusable_parameters_are_refused(params, words):
    with pytest.raises(PolicyError, match=words):
        create(h.config('openpi', Params(**params)))


def test_contract_without_columns_is_refused():
    with pytest.raises(PolicyError, match='needs contract.actions'):
        create(h.config('openpi', Params(), action_names=(), action_units=()))


@pytest.mark.parametrize(('features', 'words'), [
    ({'state': np.array([0.1, np.nan])}, "'state' must be an RGB image"),
    ({'state': {'gripper': np.zeros(7)}}, "'state' must be .* got dict"),
    ({'wrist': np.zeros((8, 8), np.uint8)}, r"'wrist' must be .* got uint8 of shape \(8, 8\)")])
def test_feature_that_cannot_be_sent_is_named(serve, connect, features, words):
    with pytest.raises(PolicyError, match=words):
        h.infer(connect(serve()), **features)
