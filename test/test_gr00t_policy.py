"""The GR00T policy against a server that does as the protocol says, and against others."""

import socket
import threading

import msgpack
import numpy as np
import pytest
import remote_helpers as h
from gr00t_server import MODALITIES, ROWS, Gr00tServer, follow_state, pack

from policy_node.policies.gr00t import Params, create
from policy_node.policies.remote import Unreachable
from policy_node.policy import PolicyError

AT_ONCE = 0.3
FEATURES = {'front': h.image(48, 64), 'single_arm': h.STATE[:3], 'gripper': h.STATE[3:]}
PARAMS = {'host': '127.0.0.1', 'timeout': 10.0}


@pytest.fixture
def serve(started):
    return lambda *arguments, **options: started(Gr00tServer(*arguments, **options))


@pytest.fixture
def connect(started):
    def connect(server, rows=h.ROWS, **params):
        return started(create(h.config('gr00t', Params(**{**PARAMS, 'port': server.port,
                                                           **params}), rows)))
    return connect


def infer(policy, **changes):
    return h.infer(policy, **{**FEATURES, **changes})


def constant(value):
    return lambda observation, options: [{
        'single_arm': np.full((1, ROWS, 3), value, np.float32),
        'gripper': np.full((1, ROWS, 1), -value, np.float32)}, {}]


def test_keys_of_the_answer_are_columns_in_the_order_of_the_parameter(serve, connect):
    chunk = infer(connect(serve(constant(0.5))))
    assert chunk.actions.shape == (h.ROWS, 4)
    assert chunk.actions[0].tolist() == [0.5, 0.5, 0.5, -0.5]
    swapped = infer(connect(serve(constant(0.5)), actions=('gripper', 'single_arm')))
    assert swapped.actions[0].tolist() == [-0.5, 0.5, 0.5, 0.5]


def test_server_gets_one_instant_of_one_robot(serve, connect):
    infer(connect(server := serve()))
    seen = server.observation
    assert {k: (v.shape, v.dtype.name) for k, v in seen['video'].items()} == {
        'front': ((1, 1, 48, 64, 3), 'uint8'), 'wrist': ((1, 1, 32, 32, 3), 'uint8')}
    assert {k: (v.shape, v.dtype.name) for k, v in seen['state'].items()} == {
        'single_arm': ((1, 1, 3), 'float32'), 'gripper': ((1, 1, 1), 'float32')}
    assert seen['language'] == {'annotation.human.task_description': [['pick up the soup']]}


def test_features_are_renamed_resized_and_mirrored(serve, connect):
    modalities = MODALITIES | {'video': {'modality_keys': ['image'], 'delta_indices': [0]}}
    policy = connect(server := serve(modalities=modalities), video=('agentview=image',),
                     mirrored=('agentview',))
    infer(policy)
    assert np.array_equal(server.observation['video']['image'][0, 0], h.image(48, 64)[:, ::-1])
    infer(connect(server, video=('agentview=image',), image_size=32))
    assert server.observation['video']['image'].shape == (1, 1, 32, 32, 3)


def test_server_is_reset_before_the_first_inference_of_a_session(serve, connect):
    policy = connect(server := serve())
    for session in ('s', 't'):
        policy.reset(session)
        infer(policy)
        infer(policy)
    assert server.endpoints == ['ping', 'get_modality_config'] + 2 * [
        'reset', 'get_action', 'get_action']


def test_loading_waits_for_a_server_that_comes_later(started, serve):
    port = h.free_port()
    params = Params(**PARAMS, port=port, load_timeout=30.0)
    loaded = []
    loading = threading.Thread(
        target=lambda: loaded.append(started(create(h.config('gr00t', params)))))
    loading.start()
    serve(port=port)
    loading.join()
    assert infer(loaded[0])


def test_without_a_server_loading_says_where_it_looked():
    port = h.free_port()
    with pytest.raises(PolicyError, match=f'no GR00T server at tcp://127.0.0.1:{port}.*'
                                          'gr00t.host and gr00t.port'):
        create(h.config('gr00t', Params(host='127.0.0.1', port=port, load_timeout=AT_ONCE)))


def test_server_that_speaks_something_else_is_not_taken_for_one():
    with socket.create_server(('127.0.0.1', 0)) as other, \
            pytest.raises(PolicyError, match='no GR00T server'):
        create(h.config('gr00t', Params(host='127.0.0.1', port=other.getsockname()[1],
                                        load_timeout=AT_ONCE)))


def test_late_answer_is_not_taken_for_the_next_one(serve, connect):
    late = threading.Event()

    def answer(observation, options):
        prompt = observation['language']['annotation.human.task_description'][0][0]
        if prompt == 'slow':
            late.wait(30)
        return constant(len(prompt))(observation, options)

    policy = connect(serve(answer), timeout=AT_ONCE)
    with pytest.raises(Unreachable, match='did not answer in time.*gr00t.timeout'):
        infer(policy, prompt='slow')
    late.set()
    chunk = h.infer_when_it_is_back(policy, prompt='quick one', **FEATURES)
    assert chunk.actions[0, 0] == len('quick one')


def test_server_that_was_restarted_is_found_again(serve, connect):
    first = Gr00tServer()
    policy = connect(first, timeout=AT_ONCE)
    h.infer_when_it_is_back(policy, **FEATURES)
    first.close()
    with pytest.raises(Unreachable):
        infer(policy)
    second = serve(port=first.port)
    h.infer_when_it_is_back(policy, **FEATURES)
    assert 'get_action' in second.endpoints


def test_after_a_failure_the_server_is_left_alone_for_a_while(connect):
    server = Gr00tServer()
    policy = connect(server, timeout=AT_ONCE)
    policy._backoff.pause = 1000.0
    server.close()
    for words in ('no GR00T server', r'no GR00T server.*next attempt in \d+.\d s'):
        with pytest.raises(Unreachable, match=words):
            infer(policy)


def test_token_is_sent_from_the_parameter_or_the_environment(serve, connect, monkeypatch):
    server = serve(token='secret')
    with pytest.raises(PolicyError, match='Unauthorized.*gr00t.api_token.*GR00T_API_TOKEN'):
        connect(server)
    assert infer(connect(server, api_token='secret'))
    monkeypatch.setenv('GR00T_API_TOKEN', 'secret')
    assert infer(connect(server))


def actions(**parts):
    return pack([{'single_arm': np.zeros((1, ROWS, 3)), 'gripper': np.zeros((1, ROWS, 1)),
                  **parts}, {}])


@pytest.mark.parametrize(('answer', 'words'), [
    (b'\xc1 garbage', 'no message'),
    (actions()[:-9], 'no message'),
    (msgpack.packb([{'single_arm': {'__ndarray_class__': True, 'as_npy': b'PK\x03\x04'}}, {}]),
     'no npy file'),
    (msgpack.packb([{'single_arm': {'__ndarray_class__': True, 'as_npy': 3}}, {}]), 'no message'),
    (pack({'error': 'out of memory'}), 'failed at get_action: out of memory'),
    (pack({'error': 'tokenizer: no such word'}), "no such word; the traceback is in the server's"),
    (pack({'action.single_arm': np.zeros((20, 3))}), r'must answer get_action with \[actions'),
    (actions(gripper=None), "action 'gripper' must have shape .* got NoneType"),
    (actions(gripper=np.zeros((2, ROWS, 1))), r'got \(2, 20, 1\)'),
    (actions(gripper=np.zeros((1, 9, 1))), r'different numbers of rows: \[20, 9\]'),
    (actions(gripper=np.zeros((1, ROWS, 2))), 'answers 5 columns, contract.actions has 4'),
    (actions(gripper=np.full((1, ROWS, 1), np.inf)), 'answers inf in row 0 column 3')],
    ids=lambda value: value if isinstance(value, str) else '')
def test_unusable_answer_is_refused_and_the_next_one_is_used(serve, connect, answer, words):
    policy = connect(server := serve(lambda observation, options: answer))
    with pytest.raises(PolicyError, match=words):
        infer(policy)
    server.answer = follow_state
    assert infer(policy)


def test_array_of_objects_is_refused(serve, connect):
    npy = b'\x93NUMPY\x01\x00' + b'\x3e\x00' + (
        b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(61) + b'\n') + b'cos.'
    answer = msgpack.packb([{'single_arm': {'__ndarray_class__': True, 'as_npy': npy}}, {}])
    policy = connect(serve(lambda observation, options: answer))
    with pytest.raises(PolicyError, match='allow_pickle=False'):
        infer(policy)


def test_server_that_does_not_tell_its_modalities_is_used_too(serve, connect):
    assert infer(connect(serve(modalities={})))


@pytest.mark.parametrize(('params', 'words'), [
    ({'video': ('front',)}, "gr00t.video: the model of .* also wants 'wrist'"),
    ({'video': ('front', 'wrist', 'top')}, "gr00t.video: .* has no 'top'; it has front, wrist"),
    ({'language': 'task'}, "gr00t.language: .* has no 'task'"),
    ({'actions': ('arm',)}, "gr00t.actions: .* has no 'arm'; it has single_arm, gripper"),
    ({'rows': 21}, 'makes 20 rows, actions_per_chunk is 21; set it to 20'),
    ({'state': ('single_arm', 'gripper=')}, "gr00t.state: 'gripper=' must be feature=key"),
    ({'actions': ()}, 'needs contract.actions and gr00t.actions'),
    ({'host': 'a b'}, 'make no address')])
def test_parameters_that_do_not_fit_the_model_are_refused(serve, connect, params, words):
    with pytest.raises(PolicyError, match=words):
        connect(serve(), **params)


@pytest.mark.parametrize(('modality', 'value', 'words'), [
    ('video', {'modality_keys': ['front', 'wrist'], 'delta_indices': [-15, 0]},
     'wants 2 instants of video'),
    ('state', ['single_arm'], 'must tell modality_keys and delta_indices of state')])
def test_model_that_cannot_be_served_is_refused(serve, connect, modality, value, words):
    with pytest.raises(PolicyError, match=words):
        connect(serve(modalities=MODALITIES | {modality: value}))


@pytest.mark.parametrize(('features', 'words'), [
    ({'gripper': np.array([np.nan])}, "'gripper' must be an RGB image"),
    ({'front': np.zeros(4)}, "'front' is a vector; gr00t.video takes images"),
    ({'gripper': h.image(8, 8)}, "'gripper' is an image; gr00t.state takes vectors")])
def test_feature_that_cannot_be_sent_is_named(serve, connect, features, words):
    with pytest.raises(PolicyError, match=words):
        infer(connect(serve()), **features)
