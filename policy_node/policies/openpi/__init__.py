"""A running openpi server as a policy: its weights and its Python stay where they are."""

from __future__ import annotations

from policy_node.policies.openpi.parameters import Params
from policy_node.policy import Policy, PolicyConfig, PolicyError

__all__ = ['Params', 'create']


def create(config: PolicyConfig) -> Policy:
    """Connect to a server.

    Raises:
        PolicyError: A package is missing, or the server is not there or cannot be used.
    """
    try:
        from policy_node.policies.openpi.policy import OpenpiPolicy
    except ImportError as error:
        raise PolicyError(f'policy openpi needs websockets and msgpack: {error}; install them '
                          'into this Python: pip install websockets msgpack') from error
    return OpenpiPolicy(config)
