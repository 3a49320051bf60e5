"""Our own small policy: language, two cameras and proprioception to chunks, by flow matching."""

from __future__ import annotations

from policy_node.policies.reference.parameters import Params
from policy_node.policy import Policy, PolicyConfig, PolicyError, Requirements

__all__ = ['Params', 'create', 'describe']

REMEDY = 'install them into this Python: pip install torch safetensors'


def create(config: PolicyConfig) -> Policy:
    """Load a checkpoint.

    Raises:
        PolicyError: torch is missing, or the checkpoint cannot be used.
    """
    try:
        from policy_node.policies.reference.loading import load_policy
    except ImportError as error:
        raise PolicyError(f'policy reference needs torch and safetensors: {error}; '
                          f'{REMEDY}') from error
    return load_policy(config)


def describe(config: PolicyConfig) -> Requirements:
    """What a checkpoint needs and makes.

    Raises:
        PolicyError: safetensors is missing, or the checkpoint cannot be read.
    """
    try:
        from policy_node.policies.reference import header
    except ImportError as error:
        raise PolicyError(f'policy reference needs safetensors: {error}; {REMEDY}') from error
    return header.describe(config)
