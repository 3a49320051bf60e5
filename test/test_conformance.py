"""Every policy that ships passes the conformance suite, and the suite fails those that should."""

from dataclasses import replace

import bag_helpers
import gr00t_server
import numpy as np
import openpi_server
import pytest
import ray_application
import reference_helpers
import remote_helpers
from expert_world import NAMES, two_things

from policy_node.conformance import PolicyConformance
from policy_node.conformance_subtasks import TwoLevelConformance
from policy_node.policies import gr00t, openpi, ray, replay
from policy_node.policies.reference import Params
from policy_node.policies.reference.checkpoint import save
from policy_node.policy import (
    VECTOR,
    Feature,
    Observation,
    PolicyConfig,
    PolicyError,
    PolicyMetadata,
    Prediction,
    Requirements,
)
from policy_node.server import PolicyServer


class TestExpert(TwoLevelConformance):
    two_subtasks = tuple(f'pick up the {thing} and place it in the basket'
                         for thing in ('soup', 'milk'))

    def config(self):
        return PolicyConfig('expert', 16, 50_000_000, NAMES, ('normalized',) * 7)

    def observation(self):
        return two_things().observe()


class TestMock(PolicyConformance):
    def config(self):
        return PolicyConfig('mock', 16, 50_000_000, ('a', 'b'), ('rad', 'percent'))

    def observation(self):
        return Observation(stamp_ns=0, timestep=0, prompt='',
                           features={'state': np.array([0.3, 90.0])})


class TestReference(PolicyConformance):
    rtc = 'off'

    @pytest.fixture(autouse=True)
    def _checkpoint(self, tmp_path):
        self.checkpoint = tmp_path
        save(tmp_path, reference_helpers.awake(reference_helpers.model()),
             reference_helpers.statistics())

    def config(self):
        return reference_helpers.config(self.checkpoint, params=Params(rtc=self.rtc))


class TestReferenceGuided(TestReference):
    rtc = 'guided'


class TestReferenceTrained(TestReference):
    rtc = 'trained'


class TestReplay(PolicyConformance):
    @pytest.fixture(autouse=True)
    def _bag(self, tmp_path):
        self.bag = bag_helpers.write_bag(tmp_path / 'bag', bag_helpers.session(0, 's', 30))

    def config(self):
        return PolicyConfig('replay', 16, bag_helpers.STEP_NS, ('a', 'b'), ('rad', 'rad'),
                            params=replay.Params(path=str(self.bag)))

    def observation(self):
        return Observation(0, 3, 'again', {})


class TestOpenpi(PolicyConformance):
    @pytest.fixture(autouse=True)
    def _server(self, started):
        self.port = started(openpi_server.OpenpiServer()).port

    def config(self):
        return remote_helpers.config('openpi', openpi.Params(
            host='127.0.0.1', port=self.port, timeout=10.0))

    def observation(self):
        return remote_helpers.observation()


class TestRayMock(TestMock):
    @pytest.fixture(autouse=True)
    def _application(self, started):
        self.application = started(ray_application.Application(TestMock.config(self)))

    def config(self):
        return replace(super().config(), policy='ray', params=ray.Params(
            url=self.application.url, timeout=30.0))


class TestRayReference(TestReference):
    rtc = 'trained'

    @pytest.fixture(autouse=True)
    def _application(self, _checkpoint, started):
        self.application = started(ray_application.Application(TestReference.config(self)))

    def config(self):
        return replace(super().config(), policy='ray', params=ray.Params(
            url=self.application.url, timeout=30.0))

    def observation(self):
        return reference_helpers.observation()


class TestGr00t(PolicyConformance):
    @pytest.fixture(autouse=True)
    def _server(self, started):
        self.port = started(gr00t_server.Gr00tServer()).port

    def config(self):
        return remote_helpers.config('gr00t', gr00t.Params(
            host='127.0.0.1', port=self.port, timeout=10.0))

    def observation(self):
        return remote_helpers.observation(front=remote_helpers.image(48, 64),
                                          single_arm=remote_helpers.STATE[:3],
                                          gripper=remote_helpers.STATE[3:])


class Good:
    """Passes; each of those below does one thing wrong."""

    made = 0

    def __init__(self, config):
        self.metadata = PolicyMetadata('good', config.action_names, config.action_units,
                                       config.actions_per_chunk, ('state',))
        Good.made += 1
        self.calls = {}

    def reset(self, session_id):
        self.calls[session_id] = 0

    def infer(self, observation, prefix, delay):
        state = observation.features['state']
        if not isinstance(state, np.ndarray) or state.shape != (2,) \
                or not np.isfinite(state).all():
            raise PolicyError('state must be two finite numbers')
        self.calls[observation.session_id] += 1
        rows = np.repeat(state[np.newaxis], self.metadata.horizon, axis=0)
        return Prediction(rows + self.calls[observation.session_id])


class OtherUnits(Good):
    def __init__(self, config):
        super().__init__(replace(config, action_units=('deg', 'deg')))


class ToldOtherwise(Good):
    @staticmethod
    def describe(config):
        return Requirements(features=(Feature('state', VECTOR, (2,)),), columns=2, batches=True)


class TooLong(Good):
    def __init__(self, config):
        super().__init__(config)
        self.metadata = replace(self.metadata, horizon=config.actions_per_chunk + 1)


class TooShort(Good):
    def infer(self, observation, prefix, delay):
        return Prediction(super().infer(observation, prefix, delay).actions[1:])


class NotFinite(Good):
    def infer(self, observation, prefix, delay):
        return Prediction(super().infer(observation, prefix, delay).actions * np.inf)


class SecretFeature(Good):
    def infer(self, observation, prefix, delay):
        if 'camera' not in observation.features:
            raise PolicyError('camera is missing')
        return super().infer(observation, prefix, delay)


class FalseFreeze(Good):
    def infer(self, observation, prefix, delay):
        chunk = super().infer(observation, prefix, delay)
        return replace(chunk, frozen_rows=min(len(prefix), len(chunk.actions)))


class WritesIntoPrefix(Good):
    def infer(self, observation, prefix, delay):
        prefix += 1.0
        return super().infer(observation, prefix, delay)


class WritesIntoObservation(Good):
    def infer(self, observation, prefix, delay):
        chunk = super().infer(observation, prefix, delay)
        observation.features['state'][:] = 0.0
        return chunk


class OneBuffer(Good):
    buffer = None

    def infer(self, observation, prefix, delay):
        chunk = super().infer(observation, prefix, delay)
        self.buffer = chunk.actions if self.buffer is None else self.buffer
        self.buffer[:] = chunk.actions
        return replace(chunk, actions=self.buffer)


class Unseeded(Good):
    def __init__(self, config):
        super().__init__(config)
        self.luck = Good.made

    def infer(self, observation, prefix, delay):
        return Prediction(super().infer(observation, prefix, delay).actions + self.luck)


class Remembers(Good):
    def reset(self, session_id):
        self.calls.setdefault(session_id, 0)


class OneSession(Good):
    def reset(self, session_id):
        self.calls.clear()
        self.calls.setdefault(session_id, 0)

    def infer(self, observation, prefix, delay):
        return super().infer(replace(observation, session_id=next(iter(self.calls))), prefix,
                             delay)


class Gullible(Good):
    def infer(self, observation, prefix, delay):
        state = np.resize(np.nan_to_num(observation.features['state']), 2)
        return super().infer(replace(observation, features={'state': state}), prefix, delay)


class OneOfMany(PolicyConformance):
    """The suite, for a policy of this module."""

    def __init__(self, policy):
        self.policy_class = policy

    def config(self):
        return PolicyConfig(f'test_conformance:{self.policy_class.__name__}', 4, 50_000_000,
                            ('a', 'b'), ('rad', 'rad'))

    def observation(self):
        return Observation(0, 0, '', {'state': np.array([0.1, 0.2]), 'camera': 0})

    def runs(self, name, *arguments):
        policy = PolicyServer(self.config()).load(self.config())
        policy.reset('')
        getattr(self, name)(policy, *arguments)


@pytest.mark.parametrize(('policy', 'test', 'arguments'), [
    (OtherUnits, 'test_metadata_agrees_with_the_contract', ()),
    (ToldOtherwise, 'test_description_is_true', ()),
    (TooLong, 'test_metadata_agrees_with_the_contract', ()),
    (TooShort, 'test_chunk_is_finite_and_as_large_as_promised', ()),
    (NotFinite, 'test_chunk_is_finite_and_as_large_as_promised', ()),
    (SecretFeature, 'test_named_features_are_enough', ()),
    (FalseFreeze, 'test_any_prefix_and_delay_give_a_chunk', ('all', 1.5)),
    (WritesIntoPrefix, 'test_any_prefix_and_delay_give_a_chunk', ('all', 1.5)),
    (WritesIntoObservation, 'test_observation_stays_as_it_was', ()),
    (OneBuffer, 'test_chunk_stays_as_it_was', ()),
    (Unseeded, 'test_another_instance_answers_the_same', ()),
    (Remembers, 'test_reset_begins_anew', ()),
    (OneSession, 'test_sessions_do_not_disturb_each_other', ()),
    (Gullible, 'test_unusable_feature_is_refused_and_the_next_one_is_used', ())],
    ids=lambda value: value.__name__ if isinstance(value, type) else '')
def test_suite_fails_a_policy_that_does_not_conform(policy, test, arguments):
    OneOfMany(Good).runs(test, *arguments)
    with pytest.raises((AssertionError, ValueError, PolicyError, pytest.fail.Exception)):
        OneOfMany(policy).runs(test, *arguments)


class Batching(Good):
    def infer_batch(self, queries):
        return [self.infer(q.observation, q.prefix, q.delay) for q in queries]


class Mixing(Batching):
    def infer_batch(self, queries):
        return [replace(made, actions=made.actions + 0.1 * k)
                for k, made in enumerate(super().infer_batch(queries))]


class Choosy(Batching):
    def infer_batch(self, queries):
        return [*super().infer_batch(queries)[1:], PolicyError('too many')]


@pytest.mark.parametrize('policy', [Mixing, Choosy])
def test_suite_fails_a_policy_whose_batches_are_not_what_it_infers_alone(policy):
    name = 'test_batch_gives_each_query_what_it_gets_alone'
    OneOfMany(Batching).runs(name)
    with pytest.raises(AssertionError):
        OneOfMany(policy).runs(name)
