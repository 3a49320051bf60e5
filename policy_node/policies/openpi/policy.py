"""The policy: observation to openpi's keys, its actions to a chunk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy_node.policies.model_server import HOST, start_server
from policy_node.policies.openpi.client import Client
from policy_node.policies.openpi.parameters import Params
from policy_node.policies.remote import (
    Backoff,
    feature_of,
    fit_image,
    is_image,
    mapping,
    reach,
    rows_of,
    secret,
)
from policy_node.policy import (
    IMAGE,
    VECTOR,
    Feature,
    Observation,
    PolicyConfig,
    PolicyError,
    PolicyMetadata,
    Prediction,
    Requirements,
)

IMAGE_WORDS = ('image', 'cam')
"""What openpi's keys of images have in their names."""
LONGEST_TOLD = 300


class OpenpiPolicy:
    """An openpi server.

    Args:
        config: ``params`` say where the server is and which feature feeds which of its keys.

    Raises:
        PolicyError: A mapping is malformed, or the server is not there or cannot be used.
    """

    def __init__(self, config: PolicyConfig) -> None:
        self._params: Params = config.params or Params()
        if not config.action_names:
            raise PolicyError('policy openpi needs contract.actions: the server does not name its '
                              'columns')
        self._inputs = mapping('openpi.inputs', self._params.inputs)
        self._filled(dict.fromkeys(self._inputs), '')
        key = secret(self._params.api_key, 'OPENPI_API_KEY')
        self._server = start_server('openpi.command', self._params.command, config)
        self._client = Client(HOST, self._server.port, key) if self._server else Client(
            self._params.host, self._params.port, key)
        self._backoff = Backoff()
        self.metadata = PolicyMetadata(
            name=f'openpi ({self._client.url})', action_names=config.action_names,
            action_units=config.action_units, horizon=config.actions_per_chunk,
            features=tuple(dict.fromkeys(self._inputs.values())))
        try:
            reach(self._connect, self._params.load_timeout)
        except PolicyError:
            self.close()
            raise

    def reset(self, session_id: str) -> None:
        """Do nothing: the protocol has no sessions, every answer follows from its request."""

    def close(self) -> None:
        """Disconnect; end a server that was started here."""
        self._client.close()
        if self._server:
            self._server.close()

    def infer(self, observation: Observation, prefix: NDArray[np.float64], delay: float
              ) -> Prediction:
        """Ask the server.

        Args:
            observation: Features: those of ``openpi.inputs``.
            prefix: Not sent, the protocol has no field for it.
            delay: Not sent.

        Raises:
            PolicyError: A feature cannot be sent, or there is no usable answer within
                ``openpi.timeout``.
        """
        with self._backoff.attempt():
            request = self._request(observation)
            answer = self._client.infer(request, self._params.timeout)
        return Prediction(
            rows_of(self._client.url, answer.get('actions'), self.metadata.horizon,
                    len(self.metadata.action_names)),
            timings=_timings(answer))

    def _connect(self, timeout: float) -> None:
        if self._server:
            self._server.check()
        self._client.check_health(timeout)
        self._client.connect(timeout)

    def _request(self, observation: Observation) -> dict[str, Any]:
        """The server's keys, filled."""
        return self._filled({key: self._value(name, feature_of(observation.features, name))
                             for key, name in self._inputs.items()}, observation.prompt)

    def _filled(self, values: Mapping[str, Any], prompt: str) -> dict[str, Any]:
        request: dict[str, Any] = {}
        for key, value in values.items():
            _put(request, key, value)
        if self._params.prompt_key:
            _put(request, self._params.prompt_key, prompt)
        return request

    def _value(self, name: str, value: Any) -> NDArray[Any]:
        if not is_image(name, value):
            return np.asarray(value, dtype=np.float32)
        image = fit_image(value, self._params.image_size, mirror=name in self._params.mirrored)
        return np.ascontiguousarray(image.transpose(2, 0, 1)) if self._params.channels_first \
            else image


def describe(config: PolicyConfig) -> Requirements:
    """What the parameters and the server tell; shapes and columns it does not.

    Raises:
        PolicyError: The server is not there or cannot be used.
    """
    params: Params = config.params or Params()
    inputs = mapping('openpi.inputs', params.inputs)
    client = Client(params.host, params.port, secret(params.api_key, 'OPENPI_API_KEY'))
    try:
        client.connect(params.timeout)
    finally:
        client.close()
    return Requirements(
        features=tuple({name: Feature(name, IMAGE if any(word in key for word in IMAGE_WORDS)
                                      else VECTOR) for key, name in inputs.items()}.values()),
        notes=(f'{client.url} tells of itself: {str(client.metadata)[:LONGEST_TOLD]}',
               'Which features are images is guessed by the names of its keys.'))


def _put(request: Any, key: str, value: Any) -> None:
    """Set a key; dots lead into maps within."""
    *path, last = key.split('.')
    for part in path:
        request = request.setdefault(part, {}) if isinstance(request, dict) else None
    if not isinstance(request, dict) or last in request:
        raise PolicyError(f'openpi.inputs: key {key!r} is taken by another key')
    request[last] = value


def _timings(answer: dict[str, Any]) -> dict[str, float]:
    """What the server measured [s], by ``policy_timing.infer_ms`` and the like."""
    return {f'{group}.{name.removesuffix("_ms")}': float(value) / 1e3
            for group in ('policy_timing', 'server_timing')
            if isinstance(answer.get(group), dict)
            for name, value in answer[group].items()
            if isinstance(name, str) and isinstance(value, (int, float))}
