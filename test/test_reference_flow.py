"""Sampling: equations of real-time chunking against hand calculation and finite differences."""

import numpy as np
import pytest
import torch

from policy_node.policies.reference.flow import (
    guidance_gain,
    sample,
    sample_continued,
    sample_guided,
)

H, D = 6, 2


def noise(seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=(1, H, D))).float()


def towards(target):
    """Velocity whose straight flow ends at the target, whatever the number of steps."""
    return lambda x, time: (target - x) / (1 - time[..., None]).clamp_min(1e-6)


@pytest.mark.parametrize('steps', [1, 2, 8])
def test_straight_flow_ends_at_its_target(steps):
    target = noise(1)
    assert torch.allclose(sample(towards(target), noise(), steps), target, atol=1e-5)


def test_known_rows_stay_as_they_are_and_the_field_sees_them_as_finished():
    rows, seen = noise(2).repeat(2, 1, 1), []
    known = torch.tensor([[1, 1, 1, 0, 0, 0], [1, 0, 0, 0, 0, 0]], dtype=torch.bool)

    def field(x, time):
        seen.append((x[known], time.clone()))
        return torch.ones_like(x)

    start = noise().repeat(2, 1, 1)
    done = sample_continued(field, start, 4, rows, known)
    assert torch.equal(done[known], rows[known])
    assert torch.allclose(done[~known], start[~known] + 1)
    for step, (x, time) in enumerate(seen):
        assert torch.equal(x, rows[known])
        assert time.tolist() == [[1.0] * 3 + [step / 4] * 3, [1.0] + [step / 4] * 5]


@pytest.mark.parametrize(('tau', 'gain'), [
    (0.0, 5.0), (0.5, 2.0), (0.2, (0.04 + 0.64) / 0.16), (0.9, 5.0), (0.1, 5.0)])
def test_gain_is_that_of_the_paper_and_at_most_beta(tau, gain):
    # (1 - tau) / (tau r^2), r^2 = (1 - tau)^2 / (tau^2 + (1 - tau)^2)
    assert guidance_gain(tau, 5.0) == pytest.approx(min(5.0, gain))


def test_guidance_is_the_exact_vector_jacobian_product():
    random = np.random.default_rng(3)
    matrix = torch.from_numpy(random.normal(size=(H * D, H * D)) * 0.3).float()
    target, weights = noise(4), torch.tensor([1, 1, .6, .3, 0, 0])

    def field(x, time):
        return torch.tanh(x.flatten(1) @ matrix).reshape(x.shape)

    beta = 1.5
    guided = sample_guided(field, noise(), 1, target, weights, beta)
    x = noise()
    error = weights[:, None] * (target - (x + field(x, None)))
    pull = torch.empty(H * D)
    for k in range(H * D):      # d(denoised)/dx_k by central differences
        nudge = torch.zeros(H * D, dtype=torch.float64)
        nudge[k] = 1e-4
        plus, minus = ((x.double() + s * nudge.reshape(1, H, D)) for s in (1, -1))
        double = matrix.double()
        slope = sum(s * (y + torch.tanh(y.flatten(1) @ double).reshape(y.shape))
                    for s, y in ((1, plus), (-1, minus))) / 2e-4
        pull[k] = (slope * error).sum().float()
    assert torch.allclose(guided, x + field(x, None) + beta * pull.reshape(1, H, D), atol=1e-3)


def gaussian(x, time):
    """Velocity of the exact flow from noise to normally distributed actions."""
    tau = time[..., None]
    return (tau * x / (tau**2 + (1 - tau)**2) - x) / (1 - tau).clamp_min(1e-6)


def test_rows_with_weight_come_nearer_to_what_is_queued_than_without_guidance():
    target, weights = noise(5), torch.tensor([1, 1, 1, .5, 0, 0])
    free = sample(gaussian, noise(), 16)
    guided = sample_guided(gaussian, noise(), 16, target, weights, 5.0)

    def distance(rows, part):
        return (rows - target)[:, part].abs().mean()

    held, new = slice(0, 3), slice(4, 6)
    assert distance(guided, held) < 0.3 * distance(free, held)
    assert torch.allclose(guided[:, new], free[:, new], atol=1e-4)
