"""A running openpi server as a policy: its weights and its Python stay where they are."""

from __future__ import annotations

from types import ModuleType

from policy_node.policies.openpi.parameters import Params
from policy_node.policy import Policy, PolicyConfig, PolicyError, Requirements

__all__ = ['Params', 'create', 'describe']


def create(config: PolicyConfig) -> Policy:
    """Connect to a server.

    Raises:
        PolicyError: A package is missing, or the server is not there or cannot be used.
    """
    policy: Policy = _policy().OpenpiPolicy(config)
    return policy


def describe(config: PolicyConfig) -> Requirements:
    """What the parameters and the server tell.

    Raises:
        PolicyError: A package is missing, or the server is not there.
    """
    told: Requirements = _policy().describe(config)
    return told


def _policy() -> ModuleType:
    try:
        from policy_node.policies.openpi import policy
    except ImportError as error:
        raise PolicyError(f'policy openpi needs websockets and msgpack: {error}; install them '
                          'into this Python: pip install websockets msgpack') from error
    return policy
