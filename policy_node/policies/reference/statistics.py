"""What state and actions of the demonstrations looked like; part of a checkpoint. Pure torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

SMALLEST_SPREAD = 1e-2
"""Columns that hardly change are not blown up [their unit]."""


@dataclass(frozen=True, slots=True, eq=False)
class Statistics:
    """Mean and spread of each column.

    Attributes:
        state_mean: Shape (S,).
        state_std: Shape (S,), > 0.
        action_mean: Shape (D,).
        action_std: Shape (D,), > 0.
        action_low: Smallest action, shape (D,).
        action_high: Largest action, shape (D,).
    """

    state_mean: Tensor
    state_std: Tensor
    action_mean: Tensor
    action_std: Tensor
    action_low: Tensor
    action_high: Tensor

    @classmethod
    def of(cls, states: Tensor, actions: Tensor) -> Statistics:
        """Measure states (N, S) and chunks (N, H, D)."""
        rows = actions.flatten(0, 1)
        return cls(states.mean(0), states.std(0).clamp_min(SMALLEST_SPREAD), rows.mean(0),
                   rows.std(0).clamp_min(SMALLEST_SPREAD), rows.amin(0), rows.amax(0))

    def widened(self, other: Statistics) -> Statistics:
        """The same means and spreads, and actions of the range of either."""
        low, high = (t.to(self.action_low.device) for t in (other.action_low, other.action_high))
        return replace(self, action_low=torch.minimum(self.action_low, low),
                       action_high=torch.maximum(self.action_high, high))

    def state(self, state: Tensor) -> Tensor:
        """Normalise states (..., S)."""
        return (state - self.state_mean) / self.state_std

    def rows(self, actions: Tensor) -> Tensor:
        """Normalise actions (..., D)."""
        return (actions - self.action_mean) / self.action_std

    def actions(self, rows: Tensor) -> Tensor:
        """Undo `rows`, within the range that was demonstrated."""
        return (rows * self.action_std + self.action_mean).clamp(self.action_low, self.action_high)

    def tensors(self) -> dict[str, Tensor]:
        """Name -> tensor."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> Statistics:
        """Undo `tensors`.

        Raises:
            KeyError: One is missing.
        """
        return cls(**{f.name: tensors[f.name].to(torch.float32) for f in fields(cls)})
