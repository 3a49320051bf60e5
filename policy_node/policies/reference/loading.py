"""From a configuration to a policy; imports torch."""

from __future__ import annotations

import torch

from policy_node.policies.reference.checkpoint import load
from policy_node.policies.reference.header import checkpoint_path
from policy_node.policies.reference.parameters import Params
from policy_node.policies.reference.policy import ReferencePolicy
from policy_node.policies.reference.two_level import TwoLevelReferencePolicy
from policy_node.policy import PolicyConfig


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
    path = checkpoint_path(config)
    model, statistics = load(path, config.device)
    kind = TwoLevelReferencePolicy if model.config.vocabulary else ReferencePolicy
    return kind(config, path, model, statistics)
