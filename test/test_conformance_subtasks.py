"""The suite for policies of two levels passes a good one and fails those that should."""

from dataclasses import replace

import numpy as np
import pytest

from policy_node.conformance_subtasks import TwoLevelConformance
from policy_node.policy import (
    Observation,
    PolicyConfig,
    PolicyError,
    PolicyMetadata,
    Prediction,
    Subtask,
)
from policy_node.server import PolicyServer

WORDS = ('grasp', 'lift', 'carry', 'place')


class Good:
    """Four words of its vocabulary; acts according to the subtask."""

    def __init__(self, config):
        if len(config.action_names) != 2:
            raise PolicyError(f'two columns, not {config.action_names}')
        self.metadata = PolicyMetadata('good', config.action_names, config.action_units,
                                       config.actions_per_chunk, ('state',))

    def infer(self, observation, prefix, delay):
        state = observation.features['state']
        if np.shape(state) != (2,) or not np.isfinite(state).all():
            raise PolicyError(f'state must be two finite values, got {state}')
        return Prediction(np.tile(state + 0.1 * len(observation.subtask), (4, 1)))

    def reset(self, session_id):
        pass

    def subtask(self, observation, decoding, give_way):
        random, tokens = np.random.default_rng(decoding.seed), []
        for k in range(min(4, decoding.max_decoding_steps)):
            tokens.append(int(random.integers(4)) if decoding.temperature else k)
            give_way()
        return Subtask(' '.join(WORDS[t] for t in tokens), tuple(tokens))


class OneLevel(Good):
    subtask = None


class Speechless(Good):
    def subtask(self, observation, decoding, give_way):
        return replace(super().subtask(observation, decoding, give_way), text=' ')


class Talkative(Good):
    def subtask(self, observation, decoding, give_way):
        return super().subtask(observation, replace(decoding, max_decoding_steps=25), give_way)


class Greedy(Good):
    def subtask(self, observation, decoding, give_way):
        return super().subtask(observation, decoding, lambda: None)


class Unseeded(Good):
    count = 0

    def subtask(self, observation, decoding, give_way):
        type(self).count += 1
        return Subtask(f'step {self.count}')


class NeverGreedy(Good):
    def subtask(self, observation, decoding, give_way):
        return super().subtask(observation, replace(decoding, temperature=1.0), give_way)


class SharedCache(Good):
    """Actions and decoding write into one cache."""

    cache = 0

    def infer(self, observation, prefix, delay):
        self.cache = 0
        return super().infer(observation, prefix, delay)

    def subtask(self, observation, decoding, give_way):
        self.cache = 0
        for _ in range(2):
            self.cache += 1
            give_way()
        return Subtask(WORDS[self.cache])


class LeftCache(SharedCache):
    """Its cache is emptied only at the end of a decoding."""

    infer = Good.infer

    def subtask(self, observation, decoding, give_way):
        self.cache += 1
        give_way()
        made, self.cache = Subtask(WORDS[self.cache]), 0
        return made


class WritesIntoObservation(Good):
    def subtask(self, observation, decoding, give_way):
        observation.features['state'][:] = 0
        return super().subtask(observation, decoding, give_way)


class Deaf(Good):
    def infer(self, observation, prefix, delay):
        return super().infer(replace(observation, subtask=''), prefix, delay)


class TestGood(TwoLevelConformance):
    policy_class = Good
    two_subtasks = ('lift', 'grasp it')

    def config(self):
        return PolicyConfig(f'test_conformance_subtasks:{self.policy_class.__name__}', 4,
                            50_000_000, ('a', 'b'), ('rad', 'rad'))

    def observation(self):
        return Observation(0, 0, 'tidy up', {'state': np.array([0.1, 0.2])})


@pytest.mark.parametrize(('policy', 'test', 'arguments'), [
    (OneLevel, 'test_policy_has_two_levels', ()),
    (Speechless, 'test_subtask_has_a_text_and_not_more_tokens_than_allowed', (25,)),
    (Talkative, 'test_subtask_has_a_text_and_not_more_tokens_than_allowed', (3,)),
    (Greedy, 'test_decoding_gives_way', ()),
    (Unseeded, 'test_same_seed_gives_the_same_subtask_by_another_instance_too', ()),
    (NeverGreedy, 'test_without_temperature_the_seed_does_not_matter', ()),
    (SharedCache, 'test_actions_inferred_between_two_steps_change_nothing', ()),
    (LeftCache, 'test_abandoned_decoding_leaves_nothing_behind', ()),
    (WritesIntoObservation, 'test_decoding_leaves_the_observation_as_it_was', ()),
    (Deaf, 'test_actions_depend_on_the_subtask', ())],
    ids=lambda value: value.__name__ if isinstance(value, type) else '')
def test_suite_fails_a_policy_that_does_not_conform(policy, test, arguments):
    suite = TestGood()
    suite.policy_class = policy
    made = PolicyServer(suite.config()).load(suite.config())
    with pytest.raises(AssertionError):
        getattr(suite, test)(made, *arguments)
