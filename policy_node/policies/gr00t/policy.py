"""The policy: observation to GR00T's modalities, the keys of its answer to columns."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy_node.policies.gr00t.client import Client
from policy_node.policies.gr00t.modalities import (
    check_modalities,
    modalities_of,
    read_modality,
)
from policy_node.policies.gr00t.parameters import Params
from policy_node.policies.model_server import HOST, start_server
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

LOOK_PERIOD = 1.0
"""How often it is looked whether a server that was started here still runs [s]."""


class Gr00tPolicy:
    """A GR00T server.

    Args:
        config: ``params`` say where the server is, which feature feeds which of its keys, and
            which of its keys are the columns.

    Raises:
        PolicyError: A mapping is malformed, or the server is not there or does not fit.
    """

    def __init__(self, config: PolicyConfig) -> None:
        self._params: Params = config.params or Params()
        if not config.action_names or not self._params.actions:
            raise PolicyError('policy gr00t needs contract.actions and gr00t.actions: the server '
                              'names groups of columns, not columns')
        self._video = mapping('gr00t.video', self._params.video)
        self._state = mapping('gr00t.state', self._params.state)
        self._backoff = Backoff()
        self._reset_due = True
        token = secret(self._params.api_token, 'GR00T_API_TOKEN')
        self._server = start_server('gr00t.command', self._params.command, config)
        self._client = Client(HOST, self._server.port, token) if self._server else Client(
            self._params.host, self._params.port, token)
        self.metadata = PolicyMetadata(
            name=f'gr00t ({self._client.url})', action_names=config.action_names,
            action_units=config.action_units, horizon=config.actions_per_chunk,
            features=tuple(dict.fromkeys((*self._video.values(), *self._state.values()))))
        try:
            reach(self._check, self._params.load_timeout)
        except PolicyError:
            self.close()
            raise

    def reset(self, session_id: str) -> None:
        """Have the server reset before the next inference; it knows one session only."""
        self._reset_due = True

    def close(self) -> None:
        """Disconnect; end a server that was started here."""
        self._client.close()
        if self._server:
            self._server.close()

    def infer(self, observation: Observation, prefix: NDArray[np.float64], delay: float
              ) -> Prediction:
        """Ask the server.

        Args:
            observation: Features: those of ``gr00t.video`` and ``gr00t.state``.
            prefix: Not sent, the protocol has no field for it.
            delay: Not sent.

        Raises:
            PolicyError: A feature cannot be sent, or there is no usable answer within
                ``gr00t.timeout``.
        """
        with self._backoff.attempt():
            request = {'observation': self._observation(observation), 'options': None}
            deadline = time.monotonic() + self._params.timeout
            if self._reset_due:
                self._client.call('reset', {'options': None}, deadline)
                self._reset_due = False
            answer = self._client.call('get_action', request, deadline)
        return Prediction(rows_of(self._client.url, self._columns(answer), self.metadata.horizon,
                                  len(self.metadata.action_names)))

    def _check(self, timeout: float) -> None:
        """See that the server is there and its model fits."""
        deadline = time.monotonic() + timeout
        if self._server:
            self._server.check()
            timeout = min(timeout, LOOK_PERIOD)
        self._client.call('ping', None, time.monotonic() + timeout)
        modalities = self._client.call('get_modality_config', None, deadline)
        check_modalities(self._client.url, modalities, self.metadata.horizon, {
            'video': tuple(self._video), 'state': tuple(self._state),
            'language': (self._params.language,), 'action': self._params.actions})

    def _observation(self, observation: Observation) -> dict[str, Any]:
        """One instant of one robot: images (1, 1, H, W, 3), vectors (1, 1, D)."""
        features = observation.features
        return {
            'video': {key: self._image(features, name) for key, name in self._video.items()},
            'state': {key: _vector(features, name) for key, name in self._state.items()},
            'language': {self._params.language: [[observation.prompt]]}}

    def _image(self, features: Mapping[str, Any], name: str) -> NDArray[np.uint8]:
        image = feature_of(features, name)
        if not is_image(name, image):
            raise PolicyError(f'feature {name!r} is a vector; gr00t.video takes images')
        return fit_image(image, self._params.image_size,
                         mirror=name in self._params.mirrored)[None, None]

    def _columns(self, answer: Any) -> NDArray[Any]:
        """The columns of ``gr00t.actions`` side by side, shape (H, D)."""
        url = self._client.url
        if not isinstance(answer, list) or len(answer) != 2 or not isinstance(answer[0], dict):
            raise PolicyError(f'{url} must answer get_action with [actions, info], got '
                              f'{type(answer).__name__}; is it GR00T N1.6 or later?')
        parts = []
        for key in self._params.actions:
            part = answer[0].get(key)
            if not isinstance(part, np.ndarray) or part.ndim != 3 or len(part) != 1:
                got = part.shape if isinstance(part, np.ndarray) else type(part).__name__
                raise PolicyError(f'{url}: action {key!r} must have shape (1, rows, columns), got '
                                  f'{got}; the server has {", ".join(map(str, answer[0]))}: see '
                                  'gr00t.actions')
            parts.append(part[0])
        if len({len(part) for part in parts}) > 1:
            raise PolicyError(f'{url}: actions have different numbers of rows: '
                              f'{[len(part) for part in parts]}')
        return np.concatenate(parts, axis=1)


def describe(config: PolicyConfig) -> Requirements:
    """What the server's model needs and makes; sizes and columns it does not tell.

    Features are called as in ``gr00t.video`` and ``gr00t.state``, keys that are not there as the
    key.

    Raises:
        PolicyError: The server is not there or cannot be used.
    """
    params: Params = config.params or Params()
    video, state = mapping('gr00t.video', params.video), mapping('gr00t.state', params.state)
    client = Client(params.host, params.port, secret(params.api_token, 'GR00T_API_TOKEN'))
    try:
        told = client.call('get_modality_config', None, time.monotonic() + params.timeout)
        modalities = {name: read_modality(client.url, name, value)
                      for name, value in modalities_of(client.url, told).items()}
    finally:
        client.close()
    keys = {name: modalities.get(name, ([], 0))[0] for name in ('video', 'state', 'action')}
    rows = modalities.get('action', ([], 0))[1]
    return Requirements(
        features=(*(Feature(video.get(key, key), IMAGE) for key in keys['video']),
                  *(Feature(state.get(key, key), VECTOR) for key in keys['state'])),
        horizon=rows,
        notes=(f'The columns of {", ".join(keys["action"]) or "its keys"}, one key after the '
               'other, are contract.actions (gr00t.actions).',))


def _vector(features: Mapping[str, Any], name: str) -> NDArray[np.float32]:
    vector = feature_of(features, name)
    if is_image(name, vector):
        raise PolicyError(f'feature {name!r} is an image; gr00t.state takes vectors')
    return np.asarray(vector, dtype=np.float32)[None, None]
