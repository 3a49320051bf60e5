"""From noise to a chunk: plain, continuing a known prefix, or guided towards what is queued."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Velocity = Callable[[Tensor, Tensor], Tensor]
"""Velocity of rows (B, H, D) at times (B, H): the model with its context filled in."""


def sample(velocity: Velocity, noise: Tensor, steps: int) -> Tensor:
    """Integrate the flow by Euler steps.

    Args:
        velocity: The field.
        noise: Where it begins, shape (B, H, D).
        steps: How many, >= 1.

    Returns:
        Rows, shape (B, H, D).
    """
    nothing = torch.zeros(noise.shape[:2], dtype=torch.bool, device=noise.device)
    return sample_continued(velocity, noise, steps, noise, nothing)


def sample_continued(velocity: Velocity, noise: Tensor, steps: int, rows: Tensor, known: Tensor
                     ) -> Tensor:
    """Integrate the flow around rows that are known: they stay, and the others continue them.

    Args:
        velocity: The field of a model trained with prefixes.
        noise: Where it begins, shape (B, H, D).
        steps: How many, >= 1.
        rows: The known rows, shape (B, H, D); the others may hold anything.
        known: Which are known, shape (B, H).

    Returns:
        Rows, shape (B, H, D).
    """
    x, kept = noise, known[..., None]
    for step in range(steps):
        x = torch.where(kept, rows, x)
        time = known.to(x.dtype).masked_fill(~known, step / steps)
        x = x + velocity(x, time) / steps
    return torch.where(kept, rows, x)


def sample_guided(velocity: Velocity, noise: Tensor, steps: int, target: Tensor, weights: Tensor,
                  beta: float) -> Tensor:
    """Integrate the flow, pulled towards rows that the robot still holds.

    Args:
        velocity: The field.
        noise: Where it begins, shape (B, H, D).
        steps: How many, >= 1.
        target: What is queued, shape (B, H, D); rows of weight 0 may hold anything finite.
        weights: How firmly each row is pulled, 0..1, shape (B, H).
        beta: Largest gain of the guidance.

    Returns:
        Rows, shape (B, H, D).

    Source:
        Black, Galliker and Levine 2025, arXiv:2506.07339, equations 2 to 5: the exact
        vector-Jacobian product of the denoised estimate, with the gain clipped at beta.
    """
    x = noise
    for step in range(steps):
        tau = step / steps
        time = torch.full(x.shape[:2], tau, device=x.device)
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            field = velocity(x, time)
            denoised = x + (1 - tau) * field
            error = weights[..., None] * (target - denoised.detach())
            pull, = torch.autograd.grad(denoised, x, error)
        x = (x + (field + guidance_gain(tau, beta) * pull) / steps).detach()
    return x


def guidance_gain(tau: float, beta: float) -> float:
    """Gain of the guidance at flow time ``tau`` in 0..1, at most ``beta``.

    It is (1 - tau) / (tau r^2) with r^2 = (1 - tau)^2 / (tau^2 + (1 - tau)^2).
    """
    if tau <= 0:
        return beta
    return min(beta, (tau**2 + (1 - tau)**2) / (tau * (1 - tau)))
