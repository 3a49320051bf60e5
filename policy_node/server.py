"""Serves requests with one loaded policy: sessions, checks, timing. Pure: no ROS."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ParamSpec, TypeVar

import numpy as np

from policy_node.policy import (
    BatchPolicy,
    Observation,
    Policy,
    PolicyConfig,
    PolicyError,
    Prediction,
    Query,
)
from policy_node.ranges import DatasetRanges
from policy_node.subtasks import SubtaskKeeper
from segue_core.chunk import Chunk, ChunkError, Request
from segue_core.plugins import PluginError, load_plugin, plugin_names

GROUP = 'segue.policies'
MAX_SESSIONS = 256
"""Sessions that are remembered; the one that was silent longest is forgotten first."""


P = ParamSpec('P')
R = TypeVar('R')


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One request with all that its answer needs, as the arguments of `PolicyServer.infer`."""

    request: Request
    features: Mapping[str, Any]
    prompt: str


class PolicyServer:
    """One policy and the sessions it works for, each undisturbed by the others.

    Args:
        config: What to load; replaced by `load`.
        subtasks: Says which subtask each session pursues; None for one with default settings,
            which decodes none.
        ranges: What state and actions are compared with; None for nothing.

    Attributes:
        config: What was loaded last.
        policy: The loaded policy; None without one.
        timings: What the policy measured at its last inference: name -> time [s].
        batch_error: Why the last batch was not inferred as one; None if it was.
        doubt: What of an observation or a chunk was last unlike the dataset; may be cleared.
        subtasks: As above.
    """

    def __init__(self, config: PolicyConfig, subtasks: SubtaskKeeper | None = None,
                 ranges: DatasetRanges | None = None) -> None:
        self.config = config
        self.subtasks = subtasks or SubtaskKeeper()
        self._ranges, self.doubt = ranges, ''
        self.policy: Policy | None = None
        self.timings: Mapping[str, float] = {}
        self.batch_error: Exception | None = None
        self._chunks: OrderedDict[str, int] = OrderedDict()

    def load(self, config: PolicyConfig) -> Policy:
        """Load a policy; on failure the old one stays.

        Raises:
            PolicyError: It cannot be loaded, or needs or produces other things than the contract
                has.
        """
        if not config.policy:
            raise PolicyError('no policy is named, and none is loaded whose kind it could be: give '
                              f'policy one of {", ".join(plugin_names(GROUP))}')
        try:
            plugin = load_plugin(GROUP, config.policy)
        except PluginError as error:
            raise PolicyError(str(error)) from error
        create = getattr(plugin, 'create', plugin)
        if not callable(create):
            raise PolicyError(f'policy {config.policy!r} must be a class, a function, or a module '
                              f'with create; it is a {type(plugin).__name__}')
        policy: Policy = create(config)
        try:
            _check_fit(policy, config)
        except PolicyError:
            _end(policy)
            raise
        self.close()
        self.config, self.policy = config, policy
        return policy

    def close(self) -> None:
        """Unload the policy."""
        policy, self.policy = self.policy, None
        self._chunks.clear()
        self.subtasks.clear()
        if policy is not None:
            _end(policy)

    def forget_sessions(self) -> None:
        """Let every session begin anew, as when episodes of the same names are run again."""
        policy = self.loaded()
        while self._chunks:
            self._leave(self._chunks.popitem()[0], policy)

    @property
    def batches(self) -> bool:
        """Whether the policy infers several requests at the cost of little more than one."""
        return isinstance(self.policy, BatchPolicy)

    def end(self, session_id: str) -> None:
        """A session is over: forget it."""
        if self._chunks.pop(session_id, None) is not None:
            self._leave(session_id, self.loaded())
        else:       # it may have settings all the same
            self.subtasks.forget(session_id)

    def infer(self, request: Request, features: Mapping[str, Any], prompt: str) -> Chunk:
        """Answer one request.

        Args:
            request: A session that was not seen before begins with a reset of the policy.
            features: Feature name -> value; holds what the policy needs.
            prompt: Instruction.

        Raises:
            PolicyError: No policy is loaded, a feature is missing, or the policy failed.
        """
        policy = self.loaded()
        with self.subtasks.gate.wanted():
            query = self._query(policy, Asked(request, features, prompt))
            with self.subtasks.gate.acting():
                began = time.perf_counter_ns()
                prediction = policy.infer(query.observation, query.prefix, query.delay)
                took = time.perf_counter_ns() - began
        return self._chunk(policy, request, query, prediction, took)

    def infer_batch(self, asked: Sequence[Asked]) -> list[Chunk | Exception]:
        """Answer requests of several sessions; one that fails does not touch the others.

        When a policy breaks its promise and fails as a whole, each request is inferred alone, and
        ``batch_error`` says why.

        Args:
            asked: At most `MAX_SESSIONS`, each of another session.

        Returns:
            For each its chunk or what went wrong, in the same order.
        """
        self.batch_error = None
        policy = self.policy
        if not isinstance(policy, BatchPolicy) or len(asked) == 1:
            return [self._alone(a) for a in asked]
        with self.subtasks.gate.wanted():
            queries = [_tried(self._query, policy, a) for a in asked]
            usable = [q for q in queries if isinstance(q, Query)]
            with self.subtasks.gate.acting():
                began = time.perf_counter_ns()
                predictions = _tried(_predictions, policy, usable)
                took = time.perf_counter_ns() - began
        if isinstance(predictions, Exception):
            self.batch_error = predictions
            return [self._alone(a) for a in asked]
        answers = iter(predictions)
        return [self._checked(policy, a.request, q, next(answers), took)
                if isinstance(q, Query) else q for a, q in zip(asked, queries, strict=True)]

    def forget(self, session_id: str) -> None:
        """Let a session begin anew with its next request."""
        self._chunks.pop(session_id, None)

    def _alone(self, asked: Asked) -> Chunk | Exception:
        return _tried(self.infer, asked.request, asked.features, asked.prompt)

    def loaded(self) -> Policy:
        """The loaded policy.

        Raises:
            PolicyError: There is none.
        """
        if self.policy is None:
            raise PolicyError('no policy is loaded; call ~/load_policy or set parameter policy')
        return self.policy

    def _query(self, policy: Policy, asked: Asked) -> Query:
        """Check a request against the policy, enter its session, and add what it pursues."""
        request = asked.request
        _check_features(policy, asked.features)
        prefix = _prefix(request, policy)
        if self._ranges:
            self.doubt = self._ranges.observed(asked.features) or self.doubt
        self._enter(request.session_id, policy)
        observation = Observation(request.stamp_ns, request.timestep, asked.prompt, asked.features,
                                  request.session_id)
        return self.subtasks.prepare(policy, Query(observation, prefix, request.estimated_delay))

    def _checked(self, policy: Policy, request: Request, query: Query,
                 answer: Prediction | Exception, took: int) -> Chunk | Exception:
        if isinstance(answer, Exception):
            return answer
        return _tried(self._chunk, policy, request, query, answer, took)

    def _chunk(self, policy: Policy, request: Request, query: Query, prediction: Prediction,
               took: int) -> Chunk:
        try:
            chunk = Chunk(
                session_id=request.session_id, request_id=request.request_id,
                stamp_ns=request.stamp_ns, first_timestep=request.timestep,
                step_ns=self.config.step_ns, names=policy.metadata.action_names,
                units=policy.metadata.action_units, actions=np.asarray(prediction.actions),
                chunk_number=self._chunks[request.session_id], frozen_rows=prediction.frozen_rows,
                inference_ns=max(took, 1),
                subtask=prediction.subtask or query.observation.subtask)
        except ChunkError as error:
            raise PolicyError(f'policy {policy.metadata.name} made an unusable chunk: {error}'
                              ) from error
        if self._ranges:
            self.doubt = self._ranges.made(chunk) or self.doubt
        self._chunks[request.session_id] += 1
        self.timings = prediction.timings
        return chunk

    def _enter(self, session_id: str, policy: Policy) -> None:
        """Remember a session; reset the policy for it if it is new."""
        if session_id not in self._chunks:
            with self.subtasks.gate.acting(forgetting=session_id):
                policy.reset(session_id)
            self._chunks[session_id] = 0
            if len(self._chunks) > MAX_SESSIONS:
                self._leave(self._chunks.popitem(last=False)[0], policy)
        self._chunks.move_to_end(session_id)

    def _leave(self, session_id: str, policy: Policy) -> None:
        self.subtasks.forget(session_id)
        with self.subtasks.gate.acting(forgetting=session_id):
            policy.reset(session_id)


def _predictions(policy: BatchPolicy, queries: list[Query]) -> list[Prediction | PolicyError]:
    answers = policy.infer_batch(queries) if queries else []
    if len(answers) != len(queries):
        raise PolicyError(f'policy {policy.metadata.name} gave {len(answers)} answers to '
                          f'{len(queries)} queries')
    return answers


def _prefix(request: Request, policy: Policy) -> np.ndarray:
    """The request's prefix in the policy's column order."""
    names = policy.metadata.action_names
    if set(request.names) != set(names):
        raise PolicyError(f'the request has columns {list(request.names)}, policy '
                          f'{policy.metadata.name} produces {list(names)}')
    return request.prefix[:, [request.names.index(name) for name in names]]


def _tried(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | Exception:
    """What a call returns or raises."""
    try:
        return call(*args, **kwargs)
    except Exception as error:      # a model may raise anything; every robot needs an answer
        return error


def _check_fit(policy: Policy, config: PolicyConfig) -> None:
    """Compare what a policy makes and needs with the contract."""
    made, wanted = policy.metadata.action_names, config.action_names
    if wanted and set(wanted) != set(made):
        raise PolicyError(f'policy {config.policy!r} produces columns {list(made)}, '
                          f'contract.actions wants {list(wanted)}')
    if config.features:
        _check_features(policy, config.features)


def _check_features(policy: Policy, given: Iterable[str]) -> None:
    given = sorted(given)
    for name in policy.metadata.features:
        if name not in given:
            raise PolicyError(f'policy {policy.metadata.name} needs feature {name!r}; '
                              f'contract.observations gives {", ".join(given)}')


def _end(policy: Policy) -> None:
    """Let a policy end what it holds, if it wants to."""
    if hasattr(policy, 'close'):
        policy.close()


def requested(loaded: PolicyConfig, own: PolicyConfig, /, **given: str) -> PolicyConfig:
    """What a request to load means: what it leaves empty is that of a policy of the same kind.

    Args:
        loaded: What was loaded last.
        own: What the node's parameters say.
        given: policy, config, checkpoint and device of the request.
    """
    kind = given['policy'] or loaded.policy
    base = next((c for c in (loaded, own) if c.policy == kind),
                replace(own, config='', checkpoint=''))
    return replace(base, **{k: v for k, v in given.items() if v})  # type: ignore[arg-type]
