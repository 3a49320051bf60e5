"""The policy: features of the contract to LeRobot's keys, its rows to a chunk."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from policy_node.policies.lerobot.adapter import Model, together
from policy_node.policies.lerobot.checkpoint import Checkpoint
from policy_node.policies.lerobot.history import History
from policy_node.policies.lerobot.parameters import Params
from policy_node.policies.remote import feature_of, is_image, rows_of
from policy_node.policy import (
    Observation,
    PolicyConfig,
    PolicyError,
    PolicyMetadata,
    Prediction,
    Query,
)

T = TypeVar('T')

FIXED_SIZE = ('act', 'diffusion', 'vqbet', 'tdmpc')
"""Kinds that take images as they come; the others bring them to their own size."""
LOADING = 'loading'
"""Session of the inference while loading."""


class LerobotPolicy:
    """A checkpoint of LeRobot.

    Args:
        config: ``actions_per_chunk`` may be smaller than what the model makes.
        checkpoint: The folder, which fits the contract.

    Attributes:
        model: LeRobot's policy with its steps.

    Raises:
        PolicyError: It cannot be loaded, or makes fewer rows than ``actions_per_chunk``.
    """

    def __init__(self, config: PolicyConfig, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._params: Params = config.params or Params()
        self._name = f'{checkpoint.kind} {checkpoint.path.name}'
        self.metadata = PolicyMetadata(
            name=f'{self._params.table} ({self._name})', action_names=config.action_names,
            action_units=config.action_units, horizon=config.actions_per_chunk,
            features=tuple(dict.fromkeys(checkpoint.feature_of.values())))
        self.model = Model(checkpoint, config.device, self._params, config.actions_per_chunk)
        self._history = History(self.model.memory)
        self._rehearse()

    def reset(self, session_id: str) -> None:
        """Forget what this session saw."""
        self._history.forget(session_id)

    def infer(self, observation: Observation, prefix: NDArray[np.float64], delay: float
              ) -> Prediction:
        """Infer a chunk.

        Args:
            observation: Features: those that the checkpoint's keys are fed by.
            prefix: Rows that the robot still holds; used by RTC.
            delay: Control steps until the rows arrive; used by RTC.

        Raises:
            PolicyError: A feature cannot be used, or the model failed.
        """
        torch.manual_seed(_seed(self._params.seed, observation.timestep))
        batch = self.batch(observation)
        past = self._history.add(observation.session_id, observation.timestep, batch)
        chunk = self.model.predict(batch, past, **self._rtc(*self._held(prefix, delay)))
        return self._prediction(chunk, Query(observation, prefix, delay))

    def batch(self, observation: Observation) -> dict[str, Any]:
        """What the model sees, as `Model.prepare` gives it.

        Raises:
            PolicyError: A feature cannot be used.
        """
        return self.model.prepare(
            {key: self._value(key, feature, feature_of(observation.features, feature))
             for key, feature in self._checkpoint.feature_of.items()}, observation.prompt)

    def blank(self) -> Observation:
        """An observation of zeros."""
        features: dict[str, Any] = {}
        for key, feature in self._checkpoint.feature_of.items():
            features[feature] = (np.zeros((*self._checkpoint.images[key], 3), np.uint8)
                                 if key in self._checkpoint.images
                                 else np.zeros(self._checkpoint.vectors[key]))
        return Observation(0, 0, '', features, LOADING)

    def _held(self, prefix: NDArray[np.float64], delay: float) -> tuple[NDArray[np.float64], int]:
        """The queued rows that RTC uses, and how many of them will have been executed."""
        held = prefix[:self.metadata.horizon if self._params.rtc else 0]
        return held, min(math.ceil(delay), len(held))

    def _prediction(self, chunk: torch.Tensor, query: Query) -> Prediction:
        """The rows that are wanted of a chunk of shape (1, H, D)."""
        horizon = self.metadata.horizon
        actions = rows_of(self._name, self.model.actions(chunk[:, :horizon]), horizon,
                          len(self.metadata.action_names))
        _, frozen = self._held(query.prefix, query.delay)
        actions[:frozen] = query.prefix[:frozen]
        return Prediction(actions, frozen_rows=frozen)

    def _rtc(self, held: NDArray[np.float64], delay: int) -> dict[str, Any]:
        """Arguments of LeRobot's RTC; none without queued rows."""
        if not len(held):
            return {}
        return {'prev_chunk_left_over': self.model.normalized(held), 'inference_delay': delay,
                'execution_horizon': self._params.rtc_execution_horizon}

    def _value(self, key: str, feature: str, value: Any) -> NDArray[Any]:
        """A feature as LeRobot's robots give it."""
        image = is_image(feature, value)
        if image != (key in self._checkpoint.images):
            raise PolicyError(f'feature {feature!r} is {"an image" if image else "a vector"}, '
                              f'{key!r} of {self._name} is not; see '
                              f'{self._params.table}.rename_map')
        if image:
            return self._image(key, feature, value)
        columns = self._checkpoint.vectors[key]
        if value.shape != (columns,):
            raise PolicyError(f'feature {feature!r} must have {columns} columns for {key!r} of '
                              f'{self._name}, got {value.shape[0]}')
        return value.astype(np.float32)

    def _image(self, key: str, feature: str, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        size = self._checkpoint.images[key]
        if image.shape[:2] != size and self._params.resize:
            pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None]
            fitted = F.interpolate(pixels, size=size, mode='bilinear', align_corners=False)
            return np.ascontiguousarray(fitted[0].permute(1, 2, 0).numpy())
        if image.shape[:2] != size and self._checkpoint.kind in FIXED_SIZE:
            raise PolicyError(
                f'feature {feature!r} is {image.shape[1]}x{image.shape[0]} px, {self._name} was '
                f'trained with {size[1]}x{size[0]}; set the camera to that, or '
                f'{self._params.table}.resize to true')
        return np.array(image)      # LeRobot gets a copy: torch cannot read what is read-only

    def _rehearse(self) -> None:
        """Infer once from zeros: what does not work is told now, and memory is warm."""
        try:
            self.infer(self.blank(), np.empty((0, len(self.metadata.action_names))), 0.0)
        except PolicyError:
            raise
        except Exception as error:      # a model raises all kinds
            raise PolicyError(f'{self._name} cannot infer: {type(error).__name__}: {error}'
                              ) from error
        finally:
            self.reset(LOADING)


class BatchingLerobotPolicy(LerobotPolicy):
    """A checkpoint that `checkpoint.batches`."""

    def infer_batch(self, queries: Sequence[Query]) -> list[Prediction | PolicyError]:
        """Infer a chunk for each query, all at once.

        Returns:
            For each query what `infer` returns, but for rounding, or raises.
        """
        seen = [_tried(self.batch, query.observation) for query in queries]
        usable = [(batch, query) for batch, query in zip(seen, queries, strict=True)
                  if isinstance(batch, dict)]
        chunks = iter(self._chunks(usable) if usable else ())
        return [batch if isinstance(batch, PolicyError)
                else _tried(self._prediction, next(chunks)[None], query)
                for batch, query in zip(seen, queries, strict=True)]

    def _chunks(self, usable: Sequence[tuple[dict[str, Any], Query]]) -> torch.Tensor:
        """Chunks of shape (B, H, D), normalised."""
        noises = [noise for _, query in usable if (noise := self.model.noise(
            _seed(self._params.seed, query.observation.timestep))) is not None]
        more = {'noise': torch.cat(noises)} if noises else {}
        return self.model.predict(together([batch for batch, _ in usable]), {}, **more)


def _tried(call: Callable[..., T], *arguments: Any) -> T | PolicyError:
    """What a call returns, or why it refuses; LeRobot and torch raise all kinds."""
    try:
        return call(*arguments)
    except PolicyError as error:
        return error
    except Exception as error:
        return PolicyError(f'{type(error).__name__}: {error}')


def _seed(seed: int, timestep: int) -> int:
    """Seed of the noise of one chunk."""
    return int(np.random.SeedSequence([seed, timestep]).generate_state(1)[0])
