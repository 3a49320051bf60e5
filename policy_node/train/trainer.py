"""One training run: losses, optimiser, averaged weights, and its state on disk."""

from __future__ import annotations

import ast
import math
import os
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from policy_node.policies.reference.model import ReferenceModel, Speech
from policy_node.policies.reference.statistics import Statistics
from policy_node.policies.reference.text import PADDING
from policy_node.train.dataset import Batch, Demonstrations

STATE_FILE = 'training.pt'


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingParams:
    """How to train.

    Attributes:
        steps: Optimiser steps in all.
        batch: Observations in a step.
        learning_rate: Peak, after warming up; falls to a hundredth along a cosine.
        warmup: Steps.
        weight_decay: Of AdamW.
        average: Decay of the averaged weights, which are the ones that are kept.
        draws: Noise and flow times drawn for each observation.
        prefix_share: Share of the draws that continue a known prefix, when the model has one.
        landmark_weight: Weight of the landmark loss beside the flow loss.
        subtask_weight: Weight of the subtask loss beside the flow loss, when the model has one.
        task_share: Share of the batches whose actions follow from the task itself, so that a
            model that decodes subtasks can also do without.
        shift: Images are shifted by up to this [px].
        seed: Of weights, order and noise.
    """

    steps: int = 6000
    batch: int = 64
    learning_rate: float = 5e-4
    warmup: int = 200
    weight_decay: float = 0.05
    average: float = 0.999
    draws: int = 1
    prefix_share: float = 0.5
    landmark_weight: float = 0.3
    subtask_weight: float = 0.1
    task_share: float = 0.2
    shift: int = 1
    seed: int = 0


class Trainer:
    """Trains one model.

    Args:
        model: To be trained, on its device.
        statistics: Of the demonstrations.
        params: How.
    """

    def __init__(self, model: ReferenceModel, statistics: Statistics, params: TrainingParams
                 ) -> None:
        # On a CPU convolutions are faster with the channels last.
        self.model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.statistics, self.params = statistics, params
        self.averaged = deepcopy(model).requires_grad_(False)
        self.step_number = 0
        self._optimizer = torch.optim.AdamW(
            model.parameters(), lr=params.learning_rate, betas=(0.9, 0.95),
            weight_decay=params.weight_decay)
        self._random = np.random.default_rng(params.seed)
        self._device = next(model.parameters()).device

    def step(self, data: Demonstrations) -> dict[str, float]:
        """One optimiser step; its losses by name."""
        batch = data.batch(self._random.integers(len(data), size=self.params.batch))
        with torch.autocast(self._device.type, torch.bfloat16):
            losses = self.losses(batch)
            loss = losses['flow'] + self.params.landmark_weight * losses['landmark']
            if 'subtask' in losses:
                loss = loss + self.params.subtask_weight * losses['subtask']
        for group in self._optimizer.param_groups:
            group['lr'] = self._learning_rate()
        self._optimizer.zero_grad()
        torch.autograd.backward(loss)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self._optimizer.step()
        self.step_number += 1
        self._average()
        return {name: float(value.detach()) for name, value in losses.items()} | {
            'gradient': float(norm)}

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Losses of a batch: flow, landmark, and subtask if the model decodes subtasks."""
        to = self._device
        seen = [self.model.see(self._augmented(batch.images[name].to(to)), name)
                for name in self.model.config.cameras]
        state = self.statistics.state(batch.state.to(to))
        words, losses = batch.words, {}
        if self.model.speech is not None and batch.subtask is not None:
            context, mask = self.model.context(seen, state, batch.task.to(to))
            losses['subtask'] = _speech_loss(self.model.speech, batch.subtask.to(to), context, mask)
            if self._random.random() < self.params.task_share:
                words = batch.task
        context, mask = self.model.context(seen, state, words.to(to))
        found = self.model.landmarks(context).float()
        rows = self.statistics.rows(batch.actions.to(to))
        draws = self.params.draws
        losses['flow'] = self._flow_loss(rows.repeat_interleave(draws, 0),
                                         context.repeat_interleave(draws, 0),
                                         mask.repeat_interleave(draws, 0))
        losses['landmark'] = F.smooth_l1_loss(found, batch.landmarks.to(to))
        return losses

    def _flow_loss(self, rows: Tensor, context: Tensor, mask: Tensor) -> Tensor:
        """Squared error of the velocity, over the rows that are not known."""
        count, horizon, _ = rows.shape
        noise = self._tensor(self._random.standard_normal(rows.shape))
        # More weight on the noisy side, where it is decided what the chunk will be.
        time = self._tensor(1 - self._random.beta(1.5, 1.0, (count, 1))).expand(-1, horizon)
        known = self._known(count, horizon)
        time = torch.where(known, 1.0, time)
        mixed = time[..., None] * rows + (1 - time[..., None]) * noise
        field = self.model.velocity(mixed, time, self.model.keys(context), mask).float()
        error = (field - (rows - noise)).square().mean(-1)
        return (error * ~known).sum() / (~known).sum()

    def _known(self, count: int, horizon: int) -> Tensor:
        """Which rows are given as prefix, shape (count, horizon)."""
        longest = self.model.config.max_prefix
        given = self._random.random(count) < self.params.prefix_share * bool(longest)
        length = np.where(given, self._random.integers(0, longest + 1, count), 0)
        return torch.from_numpy(np.arange(horizon) < length[:, None]).to(self._device)

    def _augmented(self, image: Tensor) -> Tensor:
        """Images (B, 3, h, w) uint8 as -1..1, with other light and slightly shifted."""
        x = image.float() / 127.5 - 1
        light = self._tensor(self._random.uniform(0.85, 1.15, (len(x), 1, 1, 1)))
        tint = self._tensor(self._random.uniform(-0.06, 0.06, (len(x), 3, 1, 1)))
        x = (x * light + tint).clamp(-1, 1)
        d = self.params.shift
        if d:
            right, down = self._random.integers(-d, d + 1, 2).tolist()
            x = torch.roll(F.pad(x, (d, d, d, d), mode='replicate'), (down, right), (2, 3)
                           )[:, :, d:-d, d:-d]
        return x.contiguous(memory_format=torch.channels_last)

    def _learning_rate(self) -> float:
        p, step = self.params, self.step_number
        if step < p.warmup:
            return p.learning_rate * (step + 1) / p.warmup
        done = min(1.0, (step - p.warmup) / max(1, p.steps - p.warmup))
        return p.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))

    def _average(self) -> None:
        """Follow the weights slowly, faster in the beginning."""
        decay = min(self.params.average, (1 + self.step_number) / (10 + self.step_number))
        with torch.no_grad():
            for slow, fast in zip(self.averaged.parameters(), self.model.parameters(),
                                  strict=True):
                slow.lerp_(fast, 1 - decay)

    def _tensor(self, values: Any) -> Tensor:
        return torch.from_numpy(np.asarray(values, dtype=np.float32)).to(self._device)

    # ---- on disk ----
    def save(self, folder: Path) -> None:
        """Write everything that is needed to go on, whole or not at all."""
        partial = folder / f'{STATE_FILE}.partial'
        torch.save({
            'model': self.model.state_dict(), 'averaged': self.averaged.state_dict(),
            'optimizer': self._optimizer.state_dict(), 'step': self.step_number,
            'random': str(self._random.bit_generator.state)}, partial)
        os.replace(partial, folder / STATE_FILE)

    def resume(self, folder: Path) -> None:
        """Go on where `save` was called."""
        state = torch.load(folder / STATE_FILE, map_location=self._device, weights_only=True)
        self.model.load_state_dict(state['model'])
        self.averaged.load_state_dict(state['averaged'])
        self._optimizer.load_state_dict(state['optimizer'])
        self.step_number = state['step']
        self._random.bit_generator.state = ast.literal_eval(state['random'])


def _speech_loss(speech: Speech, tokens: Tensor, context: Tensor, mask: Tensor) -> Tensor:
    """How surprising the next words are, each after those before it."""
    scores = speech(tokens[:, :-1], context, mask).float()
    return F.cross_entropy(scores.flatten(0, 1), tokens.flatten(), ignore_index=PADDING)
