"""The lerobot_server policy against servers that do as LeRobot's does, and against others."""

import pickle
import threading

import lerobot_server
import numpy as np
import pytest
import remote_helpers as h
from lerobot_server import LerobotServer, follow_state, timed

from policy_node.conformance import PolicyConformance
from policy_node.policies.lerobot_server import Params, create
from policy_node.policies.remote import Unreachable
from policy_node.policy import PolicyError

AT_ONCE = 0.3
INPUTS = ('agentview=observation.images.front', 'wrist=observation.images.wrist',
          'state=observation.state')
FEATURES = {'agentview': 0, 'wrist': 0, 'state': len(h.NAMES)}


@pytest.fixture
def serve(started):
    return lambda *arguments, **options: started(LerobotServer(*arguments, **options))


def config(port, rows=h.ROWS, inputs=INPUTS, timeout=10.0, load_timeout=10.0, **changes):
    return h.config('lerobot_server', Params(
        host='127.0.0.1', port=port, timeout=timeout, load_timeout=load_timeout, inputs=inputs),
        rows, **{'checkpoint': '/there/pretrained_model', 'features': FEATURES, **changes})


@pytest.fixture
def connect(started):
    return lambda server, *arguments, **options: started(
        create(config(server.port, *arguments, **options)))


def test_chunk_is_what_the_server_answers(serve, connect):
    server = serve()
    made = h.infer(connect(server))
    (seen,) = server.observations
    assert np.array_equal(made.actions.astype(np.float32), follow_state(seen)[:h.ROWS])
    assert made.frozen_rows == 0


def test_server_is_told_what_to_load_and_what_the_robot_gives(serve, connect):
    server = serve()
    connect(server, device='cuda:1')
    (told,) = server.instructions
    assert (told.policy_type, told.pretrained_name_or_path, told.actions_per_chunk, told.device,
            told.rename_map) == ('act', '/there/pretrained_model', h.ROWS, 'cuda:1', {})
    assert set(told.lerobot_features) == {'observation.images.front', 'observation.images.wrist',
                                          'observation.state'}
    assert told.lerobot_features['observation.state']['shape'] == (len(h.NAMES),)
    assert told.lerobot_features['observation.images.front']['dtype'] == 'image'
    assert server.readies == 1


def test_observation_arrives_whole_in_parts_of_two_megabytes(serve, connect):
    server = serve()
    large = h.image(1200, 1600)
    h.infer(connect(server), agentview=large)
    (seen,) = server.observations
    assert np.array_equal(seen.observation['front'], large)
    assert np.array_equal(seen.observation['wrist'], h.image(32, 32, 2))
    assert [seen.observation[f'column_{i}'] for i in range(4)] == list(h.STATE)
    assert (seen.observation['task'], seen.must_go) == ('pick up the soup', True)


def test_each_observation_has_a_number_of_its_own(serve, connect):
    server = serve()
    policy = connect(server)
    for _ in range(3):
        h.infer(policy)
    assert [seen.timestep for seen in server.observations] == [1, 2, 3]


def test_late_answer_is_not_taken_for_the_next_one(serve, connect):
    late = threading.Event()

    def answer(seen):
        if seen.observation['task'] == 'slow':
            late.wait(30)
        return np.full((h.ROWS, 4), len(seen.observation['task']), np.float32)

    policy = connect(serve(answer), timeout=AT_ONCE)
    with pytest.raises(Unreachable, match='did not answer in time.*lerobot_server.timeout'):
        h.infer(policy, prompt='slow')
    late.set()
    assert (h.infer_when_it_is_back(policy, prompt='another').actions == len('another')).all()


def test_answer_to_another_observation_is_refused(serve, connect):
    policy = connect(serve(lambda seen: timed(follow_state(seen), seen.timestep - 1)))
    with pytest.raises(Unreachable, match='answered observation 0, asked was 1'):
        h.infer(policy)


def test_server_that_was_restarted_is_told_again_what_to_load(serve, connect):
    first = serve()
    policy = connect(first)
    h.infer(policy)
    first.close()
    with pytest.raises(Unreachable, match='no LeRobot PolicyServer at 127.0.0.1'):
        h.infer(policy)
    second = serve(port=first.port)
    h.infer_when_it_is_back(policy)
    assert len(second.instructions) == 1


def test_slow_loading_is_waited_for_once_and_not_begun_again(serve, connect):
    may, first = threading.Event(), serve()
    policy = connect(first, timeout=AT_ONCE)
    h.infer(policy)
    first.close()
    with pytest.raises(Unreachable):
        h.infer(policy)
    second = serve(port=first.port, load=lambda instructions: may.wait(30))
    with pytest.raises(Unreachable, match='is loading the checkpoint'):
        while True:
            try:
                h.infer(policy)
            except Unreachable as error:
                if 'loading' in str(error):
                    raise
    may.set()
    h.infer_when_it_is_back(policy)
    assert len(second.instructions) == 1


def test_without_a_server_loading_says_where_it_looked():
    port = h.free_port()
    with pytest.raises(PolicyError, match=f'no LeRobot PolicyServer at 127.0.0.1:{port}.*start it'):
        create(config(port, load_timeout=AT_ONCE))


def test_checkpoint_that_the_server_cannot_load_is_told(serve, connect):
    def load(instructions):
        raise ValueError('no such folder')

    with pytest.raises(PolicyError, match='refuses with UNKNOWN.*no such folder.*policy_type'):
        connect(serve(load=load))


def test_failure_in_the_server_is_told_and_the_next_answer_is_used(serve, connect):
    def answer(seen):
        if seen.observation['task'] == 'bad':
            raise RuntimeError('CUDA out of memory')
        return follow_state(seen)

    policy = connect(serve(answer))
    with pytest.raises(PolicyError, match='answers without actions.*in its log'):
        h.infer(policy, prompt='bad')
    h.infer(policy)


@pytest.mark.parametrize(('answer', 'words'), [
    (pickle.dumps(print), 'names builtins.print, which is not allowed'),
    (b'garbage', '7 bytes that are no pickle of actions'),
    (pickle.dumps({'actions': 1}), 'a dict where a list of TimedAction is due')],
    ids=['command', 'garbage', 'other'])
def test_answer_that_is_no_list_of_actions_is_refused(serve, connect, answer, words):
    policy = connect(serve(lambda seen: answer))
    with pytest.raises(PolicyError, match=words):
        h.infer(policy)


@pytest.mark.parametrize(('rows', 'words'), [
    (np.zeros((h.ROWS, 3), np.float32), 'answers 3 columns, contract.actions has 4'),
    (np.zeros((3, 4), np.float32), 'answers 3 rows, actions_per_chunk is 16'),
    (np.full((h.ROWS, 4), np.nan, np.float32), 'answers nan in row 0 column 0')])
def test_rows_that_do_not_fit_are_refused(serve, connect, rows, words):
    with pytest.raises(PolicyError, match=words):
        h.infer(connect(serve(lambda seen: rows)))


@pytest.mark.parametrize(('changes', 'words'), [
    ({'inputs': ('agentview=front', 'state=observation.state')}, "key 'front' must be"),
    ({'inputs': ('agentview=observation.images.front',)}, 'must have <feature>=observation.state'),
    ({'features': {'agentview': 0, 'wrist': 0, 'state': 0}}, "gives no vector 'state'"),
    ({'checkpoint': ''}, 'needs .* checkpoint'),
    ({'action_names': (), 'action_units': ()}, 'needs contract.actions')])
def test_parameters_that_do_not_fit_are_refused(changes, words):
    with pytest.raises(PolicyError, match=words):
        create(config(1, **changes))


class TestConformance(PolicyConformance):
    @pytest.fixture(autouse=True)
    def _server(self, serve):
        self.port = serve().port

    def config(self):
        return config(self.port)

    def observation(self):
        return h.observation()


def test_what_the_test_server_writes_is_what_torch_and_lerobot_write():
    """So that the tests above mean something where LeRobot is not installed."""
    data = timed(np.zeros((1, 2), np.float32), 5)
    assert lerobot_server.HELPERS.encode() in data
    assert b'torch.storage' in data
