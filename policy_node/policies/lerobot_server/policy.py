"""The policy: features of the contract to LeRobot's robot observation, its rows to a chunk."""

from __future__ import annotations

import socket
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy_node.policies.lerobot_server.client import Client, instructions
from policy_node.policies.lerobot_server.parameters import Params
from policy_node.policies.remote import (
    Backoff,
    Unreachable,
    feature_of,
    is_image,
    mapping,
    reach,
    rows_of,
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

STATE, IMAGES = 'observation.state', 'observation.images.'


class LerobotServerPolicy:
    """A LeRobot PolicyServer.

    Args:
        config: ``params`` say where the server is and which feature feeds which of its keys;
            ``checkpoint`` and ``device`` are the server's.

    Raises:
        PolicyError: A mapping is malformed or does not fit the contract, or the server is not there
            or cannot load the checkpoint.
    """

    def __init__(self, config: PolicyConfig) -> None:
        self._params: Params = config.params or Params()
        if not config.action_names or not config.checkpoint:
            raise PolicyError('policy lerobot_server needs contract.actions, because a checkpoint '
                              "does not name its columns, and checkpoint, a folder on the server's "
                              'machine or a name on the model hub')
        self._inputs = mapping('lerobot_server.inputs', self._params.inputs)
        self._columns = _columns(self._inputs, config)
        self._client = Client(
            self._params.host, self._params.port,
            instructions(self._params.policy_type, config.checkpoint, self._features(),
                         config.actions_per_chunk, config.device), self._params.load_timeout)
        self._backoff = Backoff()
        self.metadata = PolicyMetadata(
            name=f'lerobot_server ({self._client.url})', action_names=config.action_names,
            action_units=config.action_units, horizon=config.actions_per_chunk,
            features=tuple(dict.fromkeys(self._inputs.values())))
        try:
            reach(self._client.prepare, self._params.load_timeout)
        except PolicyError:
            self._client.close()
            raise

    def reset(self, session_id: str) -> None:
        """Do nothing: the server has no sessions, and what it remembers it does not use."""

    def close(self) -> None:
        """Disconnect."""
        self._client.close()

    def infer(self, observation: Observation, prefix: NDArray[np.float64], delay: float
              ) -> Prediction:
        """Ask the server.

        Args:
            observation: Features: those of ``lerobot_server.inputs``.
            prefix: Not sent, the protocol has no field for it.
            delay: Not sent.

        Raises:
            PolicyError: A feature cannot be sent, or there is no usable answer within
                ``lerobot_server.timeout``.
        """
        with self._backoff.attempt():
            request = self._request(observation)
            rows = self._client.infer(request, self._params.timeout)
        return Prediction(rows_of(self._client.url, rows, self.metadata.horizon,
                                  len(self.metadata.action_names)))

    def _features(self) -> dict[str, Any]:
        """LeRobot's description of what the robot gives."""
        described: dict[str, Any] = {
            key: {'dtype': 'image', 'shape': (0, 0, 3), 'names': ['height', 'width', 'channels']}
            for key in self._inputs if key != STATE}
        described[STATE] = {'dtype': 'float32', 'shape': (self._columns,),
                            'names': _names(self._columns)}
        return described

    def _request(self, observation: Observation) -> dict[str, Any]:
        """What LeRobot's robot would give: each column by name, each camera by name."""
        request: dict[str, Any] = {'task': observation.prompt}
        for key, feature in self._inputs.items():
            value = feature_of(observation.features, feature)
            if is_image(feature, value) == (key == STATE):
                raise PolicyError(f'feature {feature!r} must be '
                                  f'{"a vector" if key == STATE else "an image"} for {key}; see '
                                  'lerobot_server.inputs')
            if key != STATE:
                request[key.removeprefix(IMAGES)] = np.ascontiguousarray(value)
            elif len(value) != self._columns:
                raise PolicyError(f'feature {feature!r} must have {self._columns} columns as in '
                                  f'the contract, got {len(value)}')
            else:
                request |= dict(zip(_names(len(value)), map(float, value), strict=True))
        return request


def describe(config: PolicyConfig) -> Requirements:
    """What the parameters tell.

    The server is only looked for: it tells nothing, and any call makes it forget its client.

    Raises:
        PolicyError: A mapping is malformed, or the server is not there.
    """
    params: Params = config.params or Params()
    inputs = mapping('lerobot_server.inputs', params.inputs)
    url = f'{params.host}:{params.port}'
    try:
        socket.create_connection((params.host, params.port), params.timeout).close()
    except OSError as error:
        raise Unreachable(f'no LeRobot PolicyServer at {url}: {error}; start it, or set '
                          'lerobot_server.host and lerobot_server.port') from error
    return Requirements(
        features=tuple({name: Feature(name, VECTOR if key == STATE else IMAGE)
                        for key, name in inputs.items()}.values()),
        notes=(f'{url} is there; its protocol tells nothing of the model.',))


def _columns(inputs: dict[str, str], config: PolicyConfig) -> int:
    """Columns of the state.

    Raises:
        PolicyError: The server cannot be given one of the keys, or the contract not say how many
            columns the state has.
    """
    for key in inputs:
        if key != STATE and not key.startswith(IMAGES):
            raise PolicyError(f'lerobot_server.inputs: key {key!r} must be {STATE} or begin with '
                              f'{IMAGES}: the server knows no others')
    if STATE not in inputs:
        raise PolicyError(f'lerobot_server.inputs must have <feature>={STATE}: the server cannot '
                          'work without')
    columns = config.features.get(inputs[STATE], 0)
    if not columns:
        raise PolicyError(f'{STATE} needs a vector; contract.observations gives no vector '
                          f'{inputs[STATE]!r}')
    return columns


def _names(columns: int) -> list[str]:
    """Names of the columns between us and the server."""
    return [f'column_{i}' for i in range(columns)]
