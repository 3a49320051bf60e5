"""Which weights of a pi0 or pi0.5 are not in its file: LeRobot prints that and goes on without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

MODEL = 'model.'
"""Before the names of all weights; LeRobot puts it there for files of openpi."""


def absent(policy: Any, checkpoint: Path) -> frozenset[str]:
    """Names of weights that the file lacks or has in another shape.

    Args:
        policy: A policy of LeRobot.
        checkpoint: Its folder.

    Returns:
        Nothing for kinds whose loader refuses such a file.
    """
    renamed = getattr(policy, '_fix_pytorch_state_dict_keys', None)
    if renamed is None:
        return frozenset()
    with safe_open(checkpoint / 'model.safetensors', 'pt') as file:
        saved = {name: torch.empty(file.get_slice(name).get_shape(), device='meta')
                 for name in file.keys()}
    shapes = {MODEL + name.removeprefix(MODEL): tensor.shape
              for name, tensor in renamed(saved, policy.config).items()}
    return frozenset(name for name, tensor in policy.state_dict().items()
                     if shapes.get(name) != tensor.shape)
