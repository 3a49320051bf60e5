"""The reference model as a policy: observation in, chunk out, deterministic by its seed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from policy_node.policies.reference.config import ModelConfig
from policy_node.policies.reference.flow import (
    Velocity,
    sample,
    sample_continued,
    sample_guided,
)
from policy_node.policies.reference.header import STATE
from policy_node.policies.reference.model import Keys, ReferenceModel
from policy_node.policies.reference.parameters import Params
from policy_node.policies.reference.statistics import Statistics
from policy_node.policies.reference.text import tokenize
from policy_node.policy import (
    Observation,
    PolicyConfig,
    PolicyError,
    PolicyMetadata,
    Prediction,
    Query,
)
from segue_core.rtc import soft_mask


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """One observation as the model takes it, each tensor with a batch dimension of 1."""

    images: Mapping[str, Tensor]
    state: Tensor
    words: Tensor


class ReferencePolicy:
    """A checkpoint of the reference model, see `policy_node.policies.reference.loading`.

    Args:
        config: What it was loaded by.
        path: Of the checkpoint.
        model: Its model.
        statistics: Of its demonstrations.

    Raises:
        PolicyError: The checkpoint does not fit the configuration.
    """

    def __init__(self, config: PolicyConfig, path: Path, model: ReferenceModel,
                 statistics: Statistics) -> None:
        self._params = config.params or Params()
        self._model, self._statistics = model, statistics
        self._config = c = model.config
        self._device = config.device
        _check(config, c, path)
        if self._params.rtc == 'trained' and not c.max_prefix:
            raise PolicyError(f'reference.rtc trained: checkpoint {path} was not trained to '
                              'continue a prefix; use off or guided')
        self.metadata = PolicyMetadata(
            name=f'reference ({path.name})', action_names=c.action_names,
            action_units=c.action_units, horizon=config.actions_per_chunk,
            features=(*c.cameras, STATE))

    def reset(self, session_id: str) -> None:
        """Do nothing: every chunk follows from its observation alone."""

    def infer(self, observation: Observation, prefix: NDArray[np.float64], delay: float
              ) -> Prediction:
        """Sample a chunk.

        Args:
            observation: Features: the cameras and ``state``.
            prefix: Rows that the robot still holds.
            delay: Control steps until the rows arrive.

        Raises:
            PolicyError: A feature has another shape than the model was trained for.
        """
        answer, = self.infer_batch([Query(observation, prefix, delay)])
        if isinstance(answer, PolicyError):
            raise answer
        return answer

    def infer_batch(self, queries: Sequence[Query]) -> list[Prediction | PolicyError]:
        """Sample a chunk for each query, all at once.

        Returns:
            For each query what `infer` returns or raises.
        """
        seen = [self._seen(query.observation) for query in queries]
        usable = [(query, inputs) for query, inputs in zip(queries, seen, strict=True)
                  if not isinstance(inputs, PolicyError)]
        predictions = iter(self._predict(*zip(*usable, strict=True)) if usable else ())
        return [inputs if isinstance(inputs, PolicyError) else next(predictions)
                for inputs in seen]

    def _predict(self, queries: Sequence[Query], seen: Sequence[_Seen]) -> Iterator[Prediction]:
        with torch.inference_mode(self._params.rtc != 'guided'), torch.no_grad():
            context, mask = self._model.context(
                [self._model.see(torch.cat([s.images[name] for s in seen]), name)
                 for name in self._config.cameras],
                torch.cat([s.state for s in seen]), torch.cat([s.words for s in seen]))
            velocity = partial(_velocity, self._model, self._model.keys(context), mask)
            rows = self._sample(velocity, queries)
            chunks = self._statistics.actions(rows).cpu().numpy().astype(np.float64)
        for query, actions in zip(queries, chunks, strict=True):
            frozen = min(math.ceil(query.delay), len(query.prefix), self.metadata.horizon)
            if self._params.rtc == 'off':
                frozen = 0
            actions[:frozen] = query.prefix[:frozen]
            yield Prediction(actions[:self.metadata.horizon], frozen_rows=frozen)

    def _sample(self, velocity: Velocity, queries: Sequence[Query]) -> Tensor:
        """Rows of all chunks, normalised, shape (B, H, D)."""
        p, c = self._params, self._config
        noise = self._tensor(np.stack([self._noise(q.observation.timestep) for q in queries]))
        held = [min(len(q.prefix), c.horizon) for q in queries]
        if p.rtc == 'off' or not any(held):
            return sample(velocity, noise, p.flow_steps)
        queued = torch.zeros_like(noise)
        for row, query, length in zip(queued, queries, held, strict=True):
            row[:length] = self._statistics.rows(self._tensor(query.prefix[:length]))
        delays = [min(math.ceil(q.delay), length) for q, length in zip(queries, held, strict=True)]
        if p.rtc == 'trained':
            known = np.arange(c.horizon) < np.minimum(delays, c.max_prefix)[:, np.newaxis]
            return sample_continued(velocity, noise, p.flow_steps, queued,
                                    torch.from_numpy(known).to(self._device))
        weights = np.stack([self._weights(*each) for each in zip(delays, held, strict=True)])
        return sample_guided(velocity, noise, p.flow_steps, queued, self._tensor(weights),
                             p.rtc_beta)

    def _noise(self, timestep: int) -> NDArray[np.float32]:
        """Where a flow begins, shape (H, D); the same for a timestep whoever else is in a batch."""
        random = np.random.default_rng([self._params.seed, timestep])
        shape = (self._config.horizon, len(self._config.action_names))
        return np.float32(self._params.noise) * random.standard_normal(shape, dtype=np.float32)

    def _weights(self, delay: int, held: int) -> NDArray[np.float64]:
        """How firmly each row is guided towards what is queued, shape (H,)."""
        horizon = self._config.horizon
        delay = min(delay, horizon // 2)
        return soft_mask(horizon, delay, max(delay, horizon - held), self._params.rtc_schedule)

    def _seen(self, observation: Observation) -> _Seen | PolicyError:
        try:
            return _Seen({name: self._image(observation, name) for name in self._config.cameras},
                         self._state(observation),
                         self._words(observation.subtask or observation.prompt))
        except PolicyError as error:
            return error

    def _image(self, observation: Observation, name: str) -> Tensor:
        """Image as the model wants it, shape (1, 3, size, size) within -1..1."""
        image, size = np.asarray(observation.features[name]), self._config.image_size
        if image.ndim != 3 or image.shape[2] != 3 or image.shape[0] != image.shape[1]:
            raise PolicyError(f'feature {name!r} must be a square RGB image as the model was '
                              f'trained with, got shape {image.shape}')
        pixels = torch.from_numpy(np.ascontiguousarray(image)).to(self._device)
        x = pixels.permute(2, 0, 1)[None].float() / 127.5 - 1
        if image.shape[0] == size:
            return x
        return F.interpolate(x, size=(size, size), mode='bilinear', antialias=True,
                             align_corners=False)

    def _state(self, observation: Observation) -> Tensor:
        state = np.asarray(observation.features[STATE], dtype=np.float32)
        if state.shape != (self._config.state_size,) or not np.isfinite(state).all():
            raise PolicyError(f'feature {STATE!r} must be {self._config.state_size} finite '
                              f'numbers, got shape {state.shape} with '
                              f'{np.isfinite(state).sum()} that are')
        return self._statistics.state(self._tensor(state)[None])

    def _words(self, prompt: str) -> Tensor:
        return torch.from_numpy(tokenize(prompt, self._config.words, self._config.buckets)
                                )[None].to(self._device)

    def _tensor(self, values: NDArray[Any]) -> Tensor:
        return torch.from_numpy(np.asarray(values, dtype=np.float32)).to(self._device)


def _check(wanted: PolicyConfig, model: ModelConfig, path: Path) -> None:
    """Refuse what a model cannot do."""
    if wanted.actions_per_chunk > model.horizon:
        raise PolicyError(f'actions_per_chunk must be within 1..{model.horizon} for checkpoint '
                          f'{path}, got {wanted.actions_per_chunk}')
    step_ns = round(1e9 / model.control_rate)
    if abs(wanted.step_ns - step_ns) > 1e-3 * step_ns:
        raise PolicyError(f'contract.control_rate must be {model.control_rate:g} Hz for '
                          f'checkpoint {path}, got {1e9 / wanted.step_ns:g}')
    size = wanted.features.get(STATE, model.state_size)
    if size != model.state_size:
        raise PolicyError(f'feature {STATE!r} must have {model.state_size} columns for checkpoint '
                          f'{path}, the contract gives {size}')


def _velocity(model: ReferenceModel, keys: Sequence[Keys], mask: Tensor, rows: Tensor,
              time: Tensor) -> Tensor:
    return model.velocity(rows, time, keys, mask)
