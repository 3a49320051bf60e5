"""Recorded actions as a policy: what was done then is what the robot is asked to do now."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from policy_node.dataset_info import INFO
from policy_node.policies.replay.bag import read_bag
from policy_node.policies.replay.dataset import read_dataset
from policy_node.policies.replay.parameters import Params
from policy_node.policies.replay.recording import Recording, RecordingError
from policy_node.policy import (
    Observation,
    PolicyConfig,
    PolicyError,
    PolicyMetadata,
    Prediction,
)
from segue_core.parameters import ParameterError
from segue_core.paths import resolve


class ReplayPolicy:
    """Answers timestep t with the recorded rows from t on; after the end, with the last one.

    Args:
        config: ``params`` names the recording; its columns are those of the contract.

    Raises:
        PolicyError: The recording cannot be read or does not fit the contract.
    """

    def __init__(self, config: PolicyConfig) -> None:
        p: Params = config.params or Params()
        try:
            recording = _read(p)
            names = config.action_names or recording.names
            if p.columns and len(p.columns) != len(names):
                raise RecordingError(f'replay.columns must have one entry for each of '
                                     f'contract.actions ({len(names)}), got {len(p.columns)}')
            fitting = recording.with_columns(p.columns or names, config.action_units)
        except (RecordingError, ParameterError) as error:
            raise PolicyError(str(error)) from error
        rows = fitting.resampled(config.step_ns)
        if p.start >= len(rows):
            raise PolicyError(f'replay.start must be within 0..{len(rows) - 1} for '
                              f'{recording.title}, got {p.start}')
        self._rows = rows[p.start:p.start + p.max_frames]
        self.metadata = PolicyMetadata(
            name=f'replay ({recording.title}, {len(self._rows)} actions)',
            action_names=tuple(names),
            action_units=config.action_units or fitting.units or ('',) * len(names),
            horizon=config.actions_per_chunk)

    def reset(self, session_id: str) -> None:
        """Do nothing: the rows follow from the timestep alone."""

    def infer(self, observation: Observation, prefix: NDArray[np.float64], delay: float
              ) -> Prediction:
        """Take the rows that are due; neither what is seen nor what is queued matters."""
        due = observation.timestep + np.arange(self.metadata.horizon)
        return Prediction(self._rows[np.clip(due, 0, len(self._rows) - 1)])


def _read(p: Params) -> Recording:
    if not p.path:
        raise RecordingError('policy replay needs parameter replay.path: the folder of a LeRobot '
                             'dataset, or a bag')
    path = resolve(p.path)
    if not path.exists():
        raise RecordingError(f'replay.path {p.path} does not exist')
    if (path / INFO).is_file():
        return read_dataset(path, p.episode)
    return read_bag(path, p.episode, p.topic)
