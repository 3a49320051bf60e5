"""What every policy must do, as tests: subclass `PolicyConformance` and let pytest run it.

```python
class TestMyPolicy(PolicyConformance):
    def config(self):
        return PolicyConfig('my_package.my_module:MyPolicy', actions_per_chunk=16, ...)

    def observation(self):
        return Observation(stamp_ns=0, timestep=0, prompt='...', features={...})
```
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from policy_node.policy import (
    BatchPolicy,
    Observation,
    Policy,
    PolicyConfig,
    PolicyError,
    Prediction,
    Query,
)
from policy_node.requirements import example, requirements_of, untruths
from policy_node.server import PolicyServer
from segue_core.chunk import Chunk, Request

TIMED_INFERENCES = 10
BATCH_ROUNDING = 1e-4
"""By how much an action may differ when it is inferred in a batch [its unit]."""


class PolicyConformance:
    """Tests that any policy passes.

    Attributes:
        deterministic: The same observation gives the same chunk, whatever was asked before in
            other sessions, and by another instance of the policy too. False leaves out the tests
            that rely on it.
    """

    deterministic = True

    def config(self) -> PolicyConfig:
        """How to load the policy."""
        raise NotImplementedError('config must return the PolicyConfig to test')

    def observation(self) -> Observation:
        """What the policy can infer from, a new one each time; made up if its plug-in tells."""
        if told := requirements_of(self.config()):
            return example(told.features)
        raise NotImplementedError('observation must return an Observation that the policy can use')

    def spoilt(self, value: Any) -> tuple[Any, ...]:
        """Values that cannot be used in place of a good one; override for features of your own."""
        if isinstance(value, np.ndarray) and value.ndim == 1:
            return value[:0], np.full_like(value, np.nan, dtype=np.float64)
        if isinstance(value, np.ndarray):
            return (value[..., 0],)
        return (type(value)(),) if isinstance(value, (str, Mapping)) else (None,)

    @pytest.fixture
    def server(self) -> Iterator[PolicyServer]:
        """The policy, loaded as policy_node loads it."""
        made = PolicyServer(self.config())
        made.load(made.config)
        yield made
        made.close()

    @pytest.fixture
    def policy(self, server: PolicyServer) -> Policy:
        """The policy itself, in a session that has begun."""
        policy = _policy_of(server)
        self._begin(policy)
        return policy

    # ---- metadata ----
    def test_metadata_agrees_with_the_contract(self, policy: Policy) -> None:
        """Columns, units, rows and features are those that were asked for."""
        metadata, config, given = policy.metadata, self.config(), self.observation().features
        units = dict(zip(metadata.action_names, metadata.action_units, strict=True))
        assert units == dict(zip(config.action_names, config.action_units, strict=True)), (
            f'columns and units {units} are not those of the configuration')
        assert metadata.horizon == config.actions_per_chunk, (
            f'horizon {metadata.horizon} is not actions_per_chunk {config.actions_per_chunk}')
        assert metadata.name, 'the name is empty'
        assert set(metadata.features) <= set(given), (
            f'features {metadata.features} are not all in the example observation: {set(given)}')

    def test_description_is_true(self, policy: Policy) -> None:
        """What the plug-in tells before it loads the policy, if it does."""
        told = requirements_of(self.config())
        assert not (told and untruths(told, policy)), untruths(told, policy)

    def test_other_columns_are_refused_or_made(self) -> None:
        """A policy never answers with columns that the robot does not have."""
        other = replace(self.config(), action_names=('no such column',), action_units=('m',))
        server = PolicyServer(other)
        try:
            made = server.load(other)
        except PolicyError:
            return
        try:
            chunk = made.infer(self.observation(), np.empty((0, 1)), 0.0)
        except PolicyError:
            return
        finally:
            server.close()
        assert np.shape(chunk.actions)[1:] == (1,), 'columns of its own were answered'

    # ---- chunks ----
    def test_chunk_is_finite_and_as_large_as_promised(self, policy: Policy) -> None:
        """One inference without a prefix."""
        chunk = self._infer(policy)
        assert chunk.frozen_rows == 0, f'{chunk.frozen_rows} rows are frozen without a prefix'

    def test_named_features_are_enough(self, policy: Policy) -> None:
        """The policy uses nothing that its metadata does not name."""
        seen = self.observation()
        only = {name: seen.features[name] for name in policy.metadata.features}
        self._infer(policy, replace(seen, features=only))

    @pytest.mark.parametrize('delay', [0.0, 1.5, 99.0])
    @pytest.mark.parametrize('queued', ['one', 'all', 'more'])
    def test_any_prefix_and_delay_give_a_chunk(self, policy: Policy, queued: str, delay: float
                                               ) -> None:
        """Rows that are called frozen are those of the prefix, and the prefix stays as it is."""
        horizon = policy.metadata.horizon
        rows = {'one': 1, 'all': horizon, 'more': horizon + 3}[queued]
        prefix = np.random.default_rng(0).uniform(-0.1, 0.1, (
            rows, len(policy.metadata.action_names)))
        given = prefix.copy()
        given.setflags(write=False)
        chunk = self._infer(policy, prefix=given, delay=delay)
        frozen = chunk.frozen_rows
        assert frozen <= rows, f'{frozen} rows are frozen, the prefix has {rows}'
        assert np.allclose(chunk.actions[:frozen], prefix[:frozen], atol=1e-6), (
            'frozen rows differ from the prefix')

    def test_observation_stays_as_it_was(self, policy: Policy) -> None:
        """Other policies and the log see the same one."""
        seen = self.observation()
        before = copy.deepcopy(dict(seen.features))
        self._infer(policy, seen)
        np.testing.assert_equal(dict(seen.features), before)

    def test_chunk_stays_as_it_was(self, policy: Policy) -> None:
        """The next inference does not write into the last chunk."""
        first = self._infer(policy)
        before = np.array(first.actions)
        self._infer(policy, replace(self.observation(), timestep=policy.metadata.horizon))
        assert np.array_equal(first.actions, before), 'a later inference changed an earlier chunk'

    # ---- repeatable, each session for itself ----
    def test_another_instance_answers_the_same(self, policy: Policy) -> None:
        """The seed is all that chance depends on."""
        self._needs_determinism()
        other = PolicyServer(self.config())
        try:
            twin = other.load(other.config)
            self._begin(twin)
            self._same(self._infer(policy), self._infer(twin),
                       'two instances with the same seed differ')
        finally:
            other.close()

    def test_reset_begins_anew(self, policy: Policy) -> None:
        """Nothing of an earlier run of the session is left."""
        self._needs_determinism()
        first = self._infer(policy)
        self._infer(policy, replace(self.observation(), timestep=policy.metadata.horizon))
        self._begin(policy)
        self._same(first, self._infer(policy), 'the chunk after a reset is not the first one')

    def test_sessions_do_not_disturb_each_other(self, policy: Policy) -> None:
        """The second chunk of a session is the same with another session between."""
        self._needs_determinism()
        seen = self.observation()
        later = replace(seen, timestep=policy.metadata.horizon)
        chunks = []
        for between in (False, True):
            self._begin(policy)
            self._infer(policy)
            if between:
                policy.reset('another')
                for other in (seen, later):
                    self._infer(policy, replace(other, session_id='another'))
            chunks.append(self._infer(policy, later))
        self._same(chunks[0], chunks[1], 'another session changed this one')

    def test_batch_gives_each_query_what_it_gets_alone(self, policy: Policy) -> None:
        """For policies with ``infer_batch``: who else is in the batch does not matter."""
        self._needs_determinism()
        if not isinstance(policy, BatchPolicy):
            pytest.skip('the policy infers one query at a time')
        seen, columns = self.observation(), len(policy.metadata.action_names)
        queries = [Query(replace(seen, timestep=rows, session_id=f'robot {rows}', features={
            name: _moved(value, rows) for name, value in seen.features.items()}),
            np.full((rows, columns), 0.1), rows / 2) for rows in range(3)]
        rounds = []
        for infer in (policy.infer_batch, lambda asked: [
                policy.infer(q.observation, q.prefix, q.delay) for q in asked]):
            for query in queries:
                policy.reset(query.observation.session_id)
            rounds.append(infer(queries))
        for batched, alone in zip(*rounds, strict=True):
            assert isinstance(batched, Prediction), f'a query of the batch was refused: {batched}'
            assert batched.frozen_rows == alone.frozen_rows
            assert np.allclose(batched.actions, alone.actions, atol=BATCH_ROUNDING), (
                'a chunk depends on who else is in the batch')

    # ---- refusals ----
    def test_missing_feature_is_refused_by_name(self, server: PolicyServer) -> None:
        """As policy_node does before it asks the policy."""
        seen = self.observation()
        for name in _policy_of(server).metadata.features:
            rest = {key: value for key, value in seen.features.items() if key != name}
            with pytest.raises(PolicyError, match=name):
                server.infer(self._request(), rest, seen.prompt)

    def test_unusable_feature_is_refused_and_the_next_one_is_used(self, policy: Policy) -> None:
        """A `PolicyError` that names the feature, and no harm done."""
        seen = self.observation()
        for name in policy.metadata.features:
            for bad in self.spoilt(seen.features[name]):
                self._begin(policy)
                with pytest.raises(PolicyError, match=name):
                    policy.infer(replace(seen, features={**seen.features, name: bad}),
                                 self._nothing(policy), 0.0)
                self._infer(policy)

    # ---- speed ----
    def test_speed_report(self, policy: Policy, capsys: pytest.CaptureFixture[str]) -> None:
        """Printed, never judged: how long an inference takes here."""
        seen, took = self.observation(), []
        for _ in range(TIMED_INFERENCES):
            began = time.perf_counter()
            self._infer(policy, seen)
            took.append((time.perf_counter() - began) * 1e3)
        rows, step_ms = policy.metadata.horizon, self.config().step_ns / 1e6
        with capsys.disabled():
            print(f'\n{policy.metadata.name}: {np.median(took):.1f} ms a chunk (slowest '
                  f'{max(took):.1f}), {np.median(took) / step_ms:.2f} control steps; its {rows} '
                  f'rows last {rows * step_ms:.0f} ms')

    # ---- what the tests share ----
    def _begin(self, policy: Policy) -> None:
        policy.reset(self.observation().session_id)

    def _infer(self, policy: Policy, seen: Observation | None = None,
               prefix: NDArray[np.float64] | None = None, delay: float = 0.0) -> Prediction:
        """Infer; refuse what policy_node would refuse."""
        made = policy.infer(seen or self.observation(),
                            self._nothing(policy) if prefix is None else prefix, delay)
        metadata = policy.metadata
        shape = np.shape(made.actions)
        assert shape == (metadata.horizon, len(metadata.action_names)), (
            f'actions have shape {shape}, promised are ({metadata.horizon}, '
            f'{len(metadata.action_names)})')
        Chunk(session_id='', request_id=0, stamp_ns=0, first_timestep=0,
              step_ns=self.config().step_ns, names=metadata.action_names,
              units=metadata.action_units, actions=np.asarray(made.actions),
              frozen_rows=made.frozen_rows)
        return made

    def _request(self) -> Request:
        config, seen = self.config(), self.observation()
        return Request(
            session_id='', session_start_ns=0, request_id=0, stamp_ns=seen.stamp_ns,
            timestep=seen.timestep, task=seen.prompt, must_go=True, queue_size=0,
            estimated_delay=0.0, deadline_ns=1, names=config.action_names,
            prefix=np.empty((0, len(config.action_names))))

    def _needs_determinism(self) -> None:
        if not self.deterministic:
            pytest.skip('the policy is not deterministic')

    @staticmethod
    def _nothing(policy: Policy) -> NDArray[np.float64]:
        return np.empty((0, len(policy.metadata.action_names)))

    @staticmethod
    def _same(one: Prediction, other: Prediction, otherwise: str) -> None:
        assert np.array_equal(one.actions, other.actions), otherwise


def _policy_of(server: PolicyServer) -> Policy:
    if server.policy is None:
        raise PolicyError('no policy is loaded')
    return server.policy


def _moved(value: Any, amount: int) -> Any:
    """A feature as another robot has it: an image shifted, a vector a little greater."""
    if not isinstance(value, np.ndarray):
        return value
    return np.roll(value, amount, axis=0) if value.ndim > 1 else value + 0.01 * amount
