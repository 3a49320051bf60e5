"""What every policy of two levels must do, as tests: subclass `TwoLevelConformance`.

It has the tests of `policy_node.conformance.PolicyConformance` and those of subtasks.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from policy_node.conformance import PolicyConformance
from policy_node.policy import Decoding, Policy, PolicyError, Subtask, SubtaskPolicy
from policy_node.server import PolicyServer
from policy_node.subtasks import DecodingAbandoned

GREEDY = Decoding(temperature=0.0)
SAMPLED = Decoding(temperature=1.0, seed=7)


class TwoLevelConformance(PolicyConformance):
    """Tests that any policy of two levels passes.

    Attributes:
        two_subtasks: Two subtasks that must lead to different actions; None if the actions need
            not depend on them.
    """

    two_subtasks: tuple[str, str] | None = None

    def test_policy_has_two_levels(self, policy: Policy) -> None:
        """Or policy_node never asks it for a subtask."""
        assert isinstance(policy, SubtaskPolicy), 'the policy has no method subtask'

    @pytest.mark.parametrize('steps', [1, 3, 25])
    def test_subtask_has_a_text_and_not_more_tokens_than_allowed(self, policy: Policy, steps: int
                                                                 ) -> None:
        """One that is cut short may be refused, but not be empty."""
        try:
            made = self._subtask(policy, Decoding(max_decoding_steps=steps))
        except PolicyError:
            assert steps < 25, 'no subtask with max_decoding_steps 25'
            return
        assert made.text.strip(), 'the text is empty'
        assert len(made.tokens) <= steps, f'{len(made.tokens)} tokens, allowed are {steps}'

    def test_decoding_gives_way(self, policy: Policy) -> None:
        """Or actions wait until all of it is done."""
        calls: list[int] = []
        self._subtask(policy, GREEDY, lambda: calls.append(0))
        assert calls, 'give_way was never called'

    def test_same_seed_gives_the_same_subtask_by_another_instance_too(self, policy: Policy) -> None:
        """The seed is all that chance depends on."""
        self._needs_determinism()
        other = PolicyServer(self.config())
        try:
            twin = other.load(other.config)
            self._begin(twin)
            made = [self._subtask(each, SAMPLED) for each in (policy, policy, twin)]
        finally:
            other.close()
        assert made[0] == made[1] == made[2], f'subtasks differ: {made}'

    def test_without_temperature_the_seed_does_not_matter(self, policy: Policy) -> None:
        """Greedy decoding."""
        made = [self._subtask(policy, replace(GREEDY, seed=seed)) for seed in range(4)]
        assert all(each == made[0] for each in made), f'subtasks differ: {made}'

    def test_actions_inferred_between_two_steps_change_nothing(self, policy: Policy) -> None:
        """Neither the subtask nor the actions know of each other; on a thread of their own.

        Other sessions come and go meanwhile.
        """
        self._needs_determinism()
        alone, chunk = self._subtask(policy, GREEDY), self._infer(policy)
        with ThreadPoolExecutor(1) as other:
            def infer() -> None:
                other.submit(policy.reset, 'another session').result()
                self._begin(policy)
                self._same(chunk, other.submit(self._infer, policy).result(),
                           'actions differ in the middle of a decoding')

            self._begin(policy)
            assert self._subtask(policy, GREEDY, infer) == alone, 'actions changed the subtask'

    def test_abandoned_decoding_leaves_nothing_behind(self, policy: Policy) -> None:
        """What ``give_way`` raises passes, and the next subtask is the same as without it."""
        self._needs_determinism()
        alone = self._subtask(policy, GREEDY)

        def abandon() -> None:
            raise DecodingAbandoned('of no use any more')

        with pytest.raises((DecodingAbandoned, PolicyError)):
            self._subtask(policy, GREEDY, abandon)
        assert self._subtask(policy, GREEDY) == alone, 'an abandoned decoding left something behind'

    def test_decoding_leaves_the_observation_as_it_was(self, policy: Policy) -> None:
        """Other policies and the log see the same one."""
        seen = self.observation()
        before = copy.deepcopy(dict(seen.features))
        _two_level(policy).subtask(seen, GREEDY, lambda: None)
        np.testing.assert_equal(dict(seen.features), before)

    def test_actions_depend_on_the_subtask(self, policy: Policy) -> None:
        """Of two that must lead to different actions."""
        if self.two_subtasks is None:
            pytest.skip('two_subtasks names none that lead to different actions')
        chunks = []
        for text in self.two_subtasks:
            self._begin(policy)
            chunks.append(self._infer(policy, replace(self.observation(), subtask=text)))
        assert not np.array_equal(chunks[0].actions, chunks[1].actions), (
            f'the same actions for {self.two_subtasks}')

    def _subtask(self, policy: Policy, decoding: Decoding,
                 give_way: Callable[[], None] = lambda: None) -> Subtask:
        return _two_level(policy).subtask(self.observation(), decoding, give_way)


def _two_level(policy: Policy) -> SubtaskPolicy:
    if not isinstance(policy, SubtaskPolicy):
        raise PolicyError(f'policy {policy.metadata.name} has no method subtask')
    return policy
