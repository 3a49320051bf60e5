"""From a configuration to a policy; imports torch."""

from __future__ import annotations

from pathlib import Path

import torch

from policy_node.policies.reference.checkpoint import load
from policy_node.policies.reference.parameters import Params
from policy_node.policies.reference.policy import ReferencePolicy
from policy_node.policies.reference.two_level import TwoLevelReferencePolicy
from policy_node.policy import PolicyConfig, PolicyError
from segue_core.parameters import ParameterError
from segue_core.paths import resolve


def load_policy(config: PolicyConfig) -> ReferencePolicy:
    """Load a checkpoint; one that was trained with subtasks becomes a policy of two levels.

    Args:
        config: ``checkpoint`` is a folder or a safetensors file; ``actions_per_chunk`` may be
            smaller than the model's horizon.

    Raises:
        PolicyError: The checkpoint cannot be used or does not fit the configuration.
    """
    params = config.params or Params()
    torch.set_num_threads(params.threads)
    path = _path(config)
    model, statistics = load(path, config.device)
    kind = TwoLevelReferencePolicy if model.config.vocabulary else ReferencePolicy
    return kind(config, path, model, statistics)


def _path(config: PolicyConfig) -> Path:
    if not config.checkpoint:
        raise PolicyError('policy reference needs parameter checkpoint, a folder that `ros2 run '
                          'segue train` wrote')
    try:
        return resolve(config.checkpoint)
    except ParameterError as error:
        raise PolicyError(f'checkpoint {error}') from error
