"""A trained model on disk: one safetensors file with weights, statistics and configuration."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from policy_node.policies.reference.config import ModelConfig
from policy_node.policies.reference.header import CONFIG, FILE, read_config
from policy_node.policies.reference.model import ReferenceModel
from policy_node.policies.reference.statistics import Statistics
from policy_node.policy import PolicyError

__all__ = ['FILE', 'load', 'save']

_STATISTICS = 'statistics.'
_WEIGHTS = 'model.'


def save(folder: Path, model: ReferenceModel, statistics: Statistics) -> Path:
    """Write a checkpoint, whole or not at all; weights are kept in half precision.

    Args:
        folder: Made if it is not there.
        model: Trained.
        statistics: Of its demonstrations.

    Returns:
        The file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {_WEIGHTS + name: value.detach().half().contiguous()
               for name, value in model.state_dict().items()}
    tensors |= {_STATISTICS + name: value.contiguous()
                for name, value in statistics.tensors().items()}
    partial = folder / f'{FILE}.partial'
    save_file(tensors, partial, metadata={CONFIG: model.config.to_json()})
    os.replace(partial, folder / FILE)
    return folder / FILE


def load(path: Path, device: str) -> tuple[ReferenceModel, Statistics]:
    """Read a checkpoint.

    Args:
        path: File, or folder with `FILE`.
        device: Where the model shall run.

    Raises:
        PolicyError: It is missing, damaged or incomplete, or its tensors do not fit.
    """
    file, config = read_config(path)
    with safe_open(file, framework='pt', device='cpu') as opened:
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    model = ReferenceModel(config)
    try:
        statistics = Statistics.from_tensors(
            {name.removeprefix(_STATISTICS): value for name, value in tensors.items()
             if name.startswith(_STATISTICS)})
    except KeyError as error:
        raise PolicyError(f'checkpoint {file} lacks the statistics {error}; train it anew with '
                          '`ros2 run segue train`') from error
    _check(file, config, statistics)
    weights = {name.removeprefix(_WEIGHTS): value.float() for name, value in tensors.items()
               if name.startswith(_WEIGHTS)}
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise PolicyError(f'checkpoint {file} does not fit its own configuration: '
                          f'{" ".join(str(error).split())}') from error
    try:
        on_device = {name: value.to(device) for name, value in statistics.tensors().items()}
        return model.to(device).eval(), Statistics.from_tensors(on_device)
    except (RuntimeError, AssertionError) as error:     # torch raises both for absent devices
        first_line = str(error).splitlines()[0]
        raise PolicyError(f'device {device!r} cannot be used: {first_line}') from error


def _check(file: Path, config: ModelConfig, statistics: Statistics) -> None:
    for name, value in statistics.tensors().items():
        size = config.state_size if name.startswith('state') else len(config.action_names)
        if value.shape != (size,) or not torch.isfinite(value).all():
            raise PolicyError(f'checkpoint {file}: statistics {name} must be {size} finite '
                              f'numbers, got shape {tuple(value.shape)}')
