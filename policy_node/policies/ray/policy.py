"""The policy: observations to questions, answers to chunks. Needs no Ray."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from policy_node.policies.ray.client import Client
from policy_node.policies.ray.parameters import Params
from policy_node.policies.ray.wire import (
    Answer,
    Description,
    Question,
    WireError,
    read,
    to_jpeg,
    write,
)
from policy_node.policies.remote import (
    Backoff,
    Unreachable,
    feature_of,
    reach,
    rows_of,
    secret,
)
from policy_node.policy import (
    Observation,
    PolicyConfig,
    PolicyError,
    PolicyMetadata,
    Prediction,
    Query,
)


@dataclass(slots=True)
class _Session:
    """What is known of a session: its name there, and which replica remembers it."""

    key: str = field(default_factory=lambda: uuid4().hex)
    replica: str = ''


class RayPolicy:
    """An application in Ray Serve.

    Args:
        config: ``params`` say where it is.

    Raises:
        PolicyError: It is not there, or does not fit the configuration.
    """

    def __init__(self, config: PolicyConfig) -> None:
        self._params: Params = config.params or Params()
        self._client = Client(self._params.url, secret(self._params.token, 'SEGUE_RAY_TOKEN'))
        self._backoff = Backoff()
        self._sessions: dict[str, _Session] = {}
        try:
            loaded = reach(self._describe, self._params.load_timeout)
            _check(loaded, config, self._client.url)
        except PolicyError:
            self._client.close()
            raise
        self._units = loaded.units
        self.metadata = PolicyMetadata(
            name=f'{loaded.name} at {self._client.url}', action_names=loaded.names,
            action_units=loaded.units, horizon=config.actions_per_chunk, features=loaded.features)

    def reset(self, session_id: str) -> None:
        """Let a session begin anew: its next question has a name that no replica knows."""
        self._sessions.pop(session_id, None)

    def close(self) -> None:
        """Disconnect."""
        self._client.close()

    def infer(self, observation: Observation, prefix: NDArray[np.float64], delay: float
              ) -> Prediction:
        """Ask the application.

        Args:
            observation: Features: those that its policy needs.
            prefix: Rows that the robot still holds.
            delay: Control steps until the rows arrive.

        Raises:
            PolicyError: A feature cannot be sent, the policy refused, or there is no usable answer
                within ``ray.timeout``.
        """
        answer, = self.infer_batch([Query(observation, prefix, delay)])
        if isinstance(answer, PolicyError):
            raise answer
        return answer

    def infer_batch(self, queries: Sequence[Query]) -> list[Prediction | PolicyError]:
        """Ask for all at once, each on its own; Ray Serve says which are inferred together.

        Returns:
            For each query what `infer` returns or raises.
        """
        written = [self._written(query) for query in queries]
        sent = [each for each in written if not isinstance(each, PolicyError)]
        answers = iter(self._ask(sent) if sent else ())
        return [each if isinstance(each, PolicyError) else
                self._prediction(query.observation.session_id, next(answers))
                for query, each in zip(queries, written, strict=True)]

    def _ask(self, questions: Sequence[tuple[str, bytes]]) -> list[bytes | PolicyError]:
        """Ask, unless the application was gone a moment ago; it is if all questions fail."""
        try:
            with self._backoff.attempt():
                answers = self._client.ask(questions, self._params.timeout)
                gone = [each for each in answers if isinstance(each, Unreachable)]
                if len(gone) == len(answers):
                    raise gone[0]
                return answers
        except Unreachable as error:
            return [error for _ in questions]

    def _describe(self, timeout: float) -> Description:
        try:
            return read(Description, self._client.describe(timeout))
        except WireError as error:
            raise PolicyError(f'{self._client.url} sent {error}; is it an application of segue?'
                              ) from error

    def _written(self, query: Query) -> tuple[str, bytes] | PolicyError:
        """Name of the session and message, or why there is none."""
        seen = query.observation
        session = self._sessions.setdefault(seen.session_id, _Session())
        try:
            features = {name: self._feature(feature_of(seen.features, name))
                        for name in self.metadata.features}
            return session.key, write(Question(
                session=session.key, continues=session.replica, seconds=self._params.timeout,
                stamp_ns=seen.stamp_ns, timestep=seen.timestep, prompt=seen.prompt,
                features=features, names=self.metadata.action_names,
                prefix=np.asarray(query.prefix, dtype=np.float64), delay=float(query.delay)))
        except PolicyError as error:
            return error
        except TypeError as error:
            return PolicyError(f'features {", ".join(self.metadata.features)}: {error}; images, '
                               'vectors, texts and mappings of these can')

    def _feature(self, value: Any) -> Any:
        image = isinstance(value, np.ndarray) and value.dtype == np.uint8 and value.ndim == 3 \
            and value.shape[2] == 3 and value.size
        return to_jpeg(value, self._params.jpeg_quality) if image and self._params.jpeg_quality \
            else value

    def _prediction(self, session_id: str, data: bytes | PolicyError
                    ) -> Prediction | PolicyError:
        if isinstance(data, PolicyError):
            return data
        try:
            answer = read(Answer, data)
            if answer.error:
                return PolicyError(answer.error)
            self._check(answer)
            actions = rows_of(self._client.url, answer.actions, self.metadata.horizon,
                              len(self.metadata.action_names))
        except WireError as error:
            return PolicyError(f'{self._client.url} sent {error}; is it an application of segue?')
        except PolicyError as error:
            return error
        self._sessions[session_id].replica = answer.replica
        return Prediction(actions, frozen_rows=min(answer.frozen_rows, len(actions)),
                          subtask=answer.subtask, timings=answer.timings or {})

    def _check(self, answer: Answer) -> None:
        """Another policy may have been loaded meanwhile."""
        mine = (self.metadata.action_names, self.metadata.action_units)
        if (answer.names, answer.units) != mine:
            raise PolicyError(f'{self._client.url} now answers columns {list(answer.names)} in '
                              f'{list(answer.units)}; load the policy again')


def _check(loaded: Description, config: PolicyConfig, url: str) -> None:
    """Hold what the application has loaded against the configuration."""
    units = dict(zip(loaded.names, loaded.units, strict=False))
    for name, unit in zip(config.action_names, config.action_units, strict=True):
        if units.get(name, unit) != unit:
            raise PolicyError(f'{url} answers column {name!r} in {units[name]}, '
                              f'contract.action_units says {unit}')
    if loaded.horizon < config.actions_per_chunk:
        raise PolicyError(f'{url} answers {loaded.horizon} rows, actions_per_chunk is '
                          f'{config.actions_per_chunk}; set it to {loaded.horizon} or less')
    if abs(loaded.step_ns - config.step_ns) > 1e-3 * loaded.step_ns:
        raise PolicyError(f'contract.control_rate must be {1e9 / loaded.step_ns:g} Hz, as that of '
                          f'{url}, got {1e9 / config.step_ns:g}')
