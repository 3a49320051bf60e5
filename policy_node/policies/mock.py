"""A policy without a model: each joint swings slowly between where it was and a little further."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from policy_node.policy import Observation, PolicyConfig, PolicyError, PolicyMetadata, Prediction
from segue_core.parameters import param

FEATURE = 'state'
SWINGS = {'rad': 0.15, 'deg': 8.0, 'percent': 8.0, 'm': 0.01}
"""Unit -> how far a column swings at ``mock.amplitude`` 1."""
FAR = 2.0
"""A column further from zero than so many swings swings towards zero, away from its limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Parameters ``mock.*``."""

    amplitude: float = param(1.0, 'How far joints swing; 1 is about 8 degrees.', low=0.0, high=3.0)
    period: float = param(4.0, 'Time of one swing and back.', unit='s', low=0.5, high=600.0)


class MockPolicy:
    """Needs the feature ``state``, whose values must be those of the action columns, in order.

    Args:
        config: Columns must have a unit of `SWINGS`.

    Raises:
        PolicyError: A column has another unit.
    """

    def __init__(self, config: PolicyConfig) -> None:
        other = sorted(set(config.action_units) - set(SWINGS))
        if other:
            raise PolicyError(f'policy mock moves joints in {", ".join(SWINGS)}, but '
                              f'contract.action_units has {", ".join(other)}')
        params = config.params or Params()
        self.metadata = PolicyMetadata('mock', config.action_names, config.action_units,
                                       config.actions_per_chunk, (FEATURE,))
        self._swing = params.amplitude * np.array([SWINGS[unit] for unit in config.action_units])
        self._turns_per_step = config.step_ns / 1e9 / params.period
        self._starts: dict[str, tuple[int, NDArray[np.float64]]] = {}

    def infer(self, observation: Observation, prefix: NDArray[np.float64], delay: float
              ) -> Prediction:
        """Swing on: actions depend on the pose at the start of the session and the timestep."""
        pose = np.asarray(observation.features[FEATURE], dtype=np.float64)
        if pose.shape != self._swing.shape or not np.isfinite(pose).all():
            raise PolicyError(f'policy mock needs one finite value of {FEATURE} for each of '
                              f'{len(self._swing)} actions, got {pose}: '
                              'name the same joints in contract.<input>.names')
        first, start = self._starts.setdefault(observation.session_id,
                                               (observation.timestep, pose))
        steps = observation.timestep - first + np.arange(self.metadata.horizon)
        way = (1 - np.cos(2 * np.pi * self._turns_per_step * steps)) / 2
        swing = np.where(start > FAR * self._swing, -self._swing, self._swing)
        return Prediction(start + way[:, np.newaxis] * swing)

    def reset(self, session_id: str) -> None:
        """Forget where a session began."""
        self._starts.pop(session_id, None)


def create(config: PolicyConfig) -> MockPolicy:
    """Make the policy."""
    return MockPolicy(config)
