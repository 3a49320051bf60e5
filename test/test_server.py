"""Policy server: sessions reset the policy, its answers are checked, failures keep the old one."""

from dataclasses import replace

import numpy as np
import pytest

from policy_node.policy import PolicyConfig, PolicyError, PolicyMetadata, Prediction
from policy_node.ranges import DatasetRanges, Range
from policy_node.server import MAX_SESSIONS, Asked, PolicyServer, requested
from segue_core.chunk import Request

CONFIG = PolicyConfig('test_server:CountingPolicy', actions_per_chunk=3, step_ns=10,
                      action_names=('a', 'b'), action_units=('rad', 'rad'))
REQUEST = Request(session_id='s', session_start_ns=0, request_id=4, stamp_ns=9, timestep=7, task='',
                  must_go=True, queue_size=1, estimated_delay=2.0, deadline_ns=1,
                  names=('b', 'a'), prefix=np.array([[1.0, 2.0]]))


class CountingPolicy:
    """Answers with a value; notes resets and its end."""

    made = []

    def __init__(self, config):
        if config.checkpoint == 'broken':
            raise PolicyError('checkpoint broken: no such file')
        names = ('a', 'c') if config.config == 'other columns' else ('a', 'b')
        self.metadata = PolicyMetadata('counting', names, ('rad', 'rad'),
                                       config.actions_per_chunk, ('camera',))
        self.resets = []
        self.value = 0.0
        self.closed = False
        self.made.append(self)

    def infer(self, observation, prefix, delay):
        self.seen = observation, prefix, delay
        return Prediction(np.full((3, 2), self.value))

    def reset(self, session_id):
        self.resets.append(session_id)

    def close(self):
        self.closed = True


@pytest.fixture
def server():
    made = PolicyServer(CONFIG)
    made.load(CONFIG)
    return made


def test_answer_echoes_the_request(server):
    c = server.infer(REQUEST, {'camera': 0}, 'go')
    assert (c.session_id, c.request_id, c.stamp_ns, c.first_timestep) == ('s', 4, 9, 7)
    assert (c.names, c.horizon, c.step_ns, c.chunk_number) == (('a', 'b'), 3, 10, 0)
    assert c.inference_ns > 0


def test_policy_sees_prompt_delay_and_the_prefix_in_its_own_column_order(server):
    server.infer(REQUEST, {'camera': 0}, 'go')
    observation, prefix, delay = server.policy.seen
    assert (observation.prompt, observation.timestep, delay) == ('go', 7, 2.0)
    assert prefix.tolist() == [[2.0, 1.0]]


def test_two_robots_in_turn_each_have_their_own_session_that_is_reset_once(server):
    numbers = [server.infer(replace(REQUEST, session_id=s), {'camera': 0}, '').chunk_number
               for s in ('s', 't', 's', 't', 't')]
    assert (numbers, server.policy.resets) == ([0, 0, 1, 1, 2], ['s', 't'])


def test_sessions_that_are_long_over_are_forgotten(server):
    for k in range(MAX_SESSIONS + 1):
        server.infer(replace(REQUEST, session_id=f's{k}'), {'camera': 0}, '')
    assert server.policy.resets[-2:] == [f's{MAX_SESSIONS}', 's0']


@pytest.mark.parametrize(('value', 'message'), [(np.nan, 'row 0 column 0 is nan'),
                                                (np.inf, 'is inf')])
def test_unusable_prediction_is_the_policys_error(server, value, message):
    server.policy.value = value
    with pytest.raises(PolicyError, match=message):
        server.infer(REQUEST, {'camera': 0}, '')


def test_missing_feature_is_named(server):
    with pytest.raises(PolicyError, match="needs feature 'camera'; contract.observations gives x"):
        server.infer(REQUEST, {'x': 0}, '')


def test_policy_that_needs_what_the_contract_lacks_is_not_loaded(server):
    old = server.policy
    with pytest.raises(PolicyError, match="needs feature 'camera'; contract.observations gives "
                                          'state'):
        server.load(replace(CONFIG, features={'state': 6}))
    assert server.policy is old
    assert server.load(replace(CONFIG, features={'state': 6, 'camera': 0})) is not old


def test_foreign_columns_in_a_request_are_refused(server):
    with pytest.raises(PolicyError, match=r"columns \['b', 'z'\]"):
        server.infer(replace(REQUEST, names=('b', 'z')), {'camera': 0}, '')


def test_without_a_policy_the_remedy_is_named():
    with pytest.raises(PolicyError, match='load_policy'):
        PolicyServer(CONFIG).infer(REQUEST, {}, '')


@pytest.mark.parametrize(('change', 'message'), [
    ({'policy': 'exprt'}, r"no 'exprt' \(did you mean expert\?\); known: "),
    ({'policy': ''}, 'no policy is named, .* one of expert, '),
    ({'policy': 'nowhere:Policy'}, "cannot be imported: No module named 'nowhere'"),
    ({'checkpoint': 'broken'}, 'no such file'),
    ({'config': 'other columns'}, r"produces columns \['a', 'c'\], contract.actions wants"),
])
def test_policy_that_cannot_be_loaded_leaves_the_old_one(server, change, message):
    old = server.policy
    with pytest.raises(PolicyError, match=message):
        server.load(replace(CONFIG, **change))
    assert server.policy is old
    assert server.infer(REQUEST, {'camera': 0}, '')


@pytest.mark.parametrize(('given', 'wanted'), [
    ({'checkpoint': 'b'}, ('act', '', 'b', 'cuda')),
    ({'policy': 'act', 'config': 'c'}, ('act', 'c', 'a', 'cuda')),
    ({'policy': 'pi0'}, ('pi0', 'own', 'own', 'cpu')),
    ({'policy': 'reference'}, ('reference', '', '', 'cpu')),
])
def test_model_that_is_asked_for_gets_nothing_that_was_meant_for_another_kind(given, wanted):
    loaded = replace(CONFIG, policy='act', checkpoint='a', device='cuda')
    own = replace(CONFIG, policy='pi0', config='own', checkpoint='own')
    made = requested(loaded, own, **{
        'policy': '', 'config': '', 'checkpoint': '', 'device': '', **given})
    assert (made.policy, made.config, made.checkpoint, made.device) == wanted


def test_policy_is_closed_when_another_takes_its_place_and_at_the_end(server):
    first, second = server.policy, server.load(CONFIG)
    assert (first.closed, second.closed) == (True, False)
    server.close()
    assert (second.closed, server.policy) == (True, None)


def test_policy_that_is_refused_for_its_columns_is_closed(server):
    with pytest.raises(PolicyError):
        server.load(replace(CONFIG, config='other columns'))
    assert server.policy.made[-1].closed
    assert not server.policy.closed


def test_timings_are_those_of_the_last_prediction(server):
    server.policy.infer = lambda *_: Prediction(np.zeros((3, 2)), timings={'model': 0.5})
    server.infer(REQUEST, {'camera': 0}, '')
    assert server.timings == {'model': 0.5}


def test_what_is_unlike_the_dataset_is_kept_until_it_was_told(server):
    ranges = DatasetRanges(Range('action', ('b', 'a'), np.zeros(2), np.ones(2)), {
        'camera': Range('camera', ('x',), np.zeros(1), np.ones(1))})
    server = PolicyServer(CONFIG, ranges=ranges)
    server.load(CONFIG)
    server.infer(REQUEST, {'camera': [3.0]}, '')
    server.infer(REQUEST, {'camera': [0.0]}, '')
    assert server.doubt == 'camera x is 3, the dataset has 0..1'
    server.policy.value = 7.0
    server.infer(REQUEST, {'camera': [0.0]}, '')
    assert server.doubt == 'action b is 7, the dataset has 0..1'


class BatchingPolicy(CountingPolicy):
    """Answers with the timestep; ``refuse`` cannot be inferred, ``poison`` breaks the batch."""

    def __init__(self, config):
        super().__init__(config)
        self.batches, self.lacking = [], 0

    def infer(self, observation, prefix, delay):
        if observation.prompt == 'poison':
            raise ZeroDivisionError('a bug')
        return Prediction(np.full((3, 2), float(observation.timestep)))

    def infer_batch(self, queries):
        self.batches.append([q.observation.session_id for q in queries])
        return [PolicyError('refused') if q.observation.prompt == 'refuse' else
                self.infer(q.observation, q.prefix, q.delay) for q in queries][self.lacking:]


def batch(*prompts):
    return [Asked(replace(REQUEST, session_id=f's{k}', timestep=k), {'camera': 0}, prompt)
            for k, prompt in enumerate(prompts)]


@pytest.fixture(params=[CountingPolicy, BatchingPolicy], ids=lambda kind: kind.__name__)
def any_server(request):
    made = PolicyServer(CONFIG)
    made.load(replace(CONFIG, policy=f'test_server:{request.param.__name__}'))
    return made


def test_batch_is_answered_in_its_order_each_in_its_own_session(any_server):
    for number in range(2):
        chunks = any_server.infer_batch(batch('', '', ''))
        assert [(c.session_id, c.chunk_number) for c in chunks] == [
            ('s0', number), ('s1', number), ('s2', number)]
    assert any_server.policy.resets == ['s0', 's1', 's2']


def test_request_that_cannot_be_used_does_not_touch_the_others(any_server):
    asked = batch('', '', '')
    asked[1] = replace(asked[1], features={'x': 0})
    first, second, third = any_server.infer_batch(asked)
    assert (first.session_id, third.session_id) == ('s0', 's2')
    assert "needs feature 'camera'" in str(second)


@pytest.fixture
def batching():
    made = PolicyServer(CONFIG)
    made.load(replace(CONFIG, policy='test_server:BatchingPolicy'))
    return made


def test_policy_that_can_infers_all_at_once(batching):
    chunks = batching.infer_batch(batch('', '', ''))
    assert batching.batches
    assert batching.policy.batches == [['s0', 's1', 's2']]
    assert [c.actions[0, 0] for c in chunks] == [0.0, 1.0, 2.0]
    assert batching.batch_error is None


def test_query_that_the_policy_refuses_does_not_touch_the_others(batching):
    first, second, third = batching.infer_batch(batch('', 'refuse', ''))
    assert (first.actions[0, 0], str(second), third.actions[0, 0]) == (0.0, 'refused', 2.0)


def test_prediction_that_cannot_be_used_does_not_touch_the_others(batching):
    asked = batch('', '', '')
    batching.policy.infer = lambda o, prefix, delay: Prediction(
        np.full((3, 2), np.nan if o.timestep == 1 else 5.0))
    first, second, third = batching.infer_batch(asked)
    assert (first.actions[0, 0], third.actions[0, 0]) == (5.0, 5.0)
    assert 'unusable chunk: actions must be finite' in str(second)


def test_batch_that_fails_as_a_whole_is_inferred_one_by_one_and_says_so(batching):
    first, second, third = batching.infer_batch(batch('', 'poison', ''))
    assert (first.actions[0, 0], third.actions[0, 0]) == (0.0, 2.0)
    assert isinstance(second, ZeroDivisionError)
    assert isinstance(batching.batch_error, ZeroDivisionError)
    assert batching.infer_batch(batch('', '')) and batching.batch_error is None


def test_policy_that_forgets_an_answer_is_asked_one_by_one(batching):
    batching.policy.lacking = 1
    assert [c.actions[0, 0] for c in batching.infer_batch(batch('', '', ''))] == [0.0, 1.0, 2.0]
    assert 'gave 2 answers to 3 queries' in str(batching.batch_error)


def test_batch_without_a_policy_is_refused_one_by_one():
    assert ['load_policy' in str(e) for e in PolicyServer(CONFIG).infer_batch(batch('', ''))] == [
        True, True]
