"""Our own small policy: language, two cameras and proprioception to chunks, by flow matching."""

from __future__ import annotations

from policy_node.policies.reference.parameters import Params
from policy_node.policy import Policy, PolicyConfig, PolicyError

__all__ = ['Params', 'create']


def create(config: PolicyConfig) -> Policy:
    """Load a checkpoint.

    Raises:
        PolicyError: torch is missing, or the checkpoint cannot be used.
    """
    try:
        from policy_node.policies.reference.loading import load_policy
    except ImportError as error:
        raise PolicyError(f'policy reference needs torch and safetensors: {error}; install them '
                          'into this Python: pip install torch safetensors') from error
    return load_policy(config)
