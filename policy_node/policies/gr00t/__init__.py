"""A running GR00T server as a policy: its weights and its Python stay where they are."""

from __future__ import annotations

from policy_node.policies.gr00t.parameters import Params
from policy_node.policy import Policy, PolicyConfig, PolicyError

__all__ = ['Params', 'create']


def create(config: PolicyConfig) -> Policy:
    """Connect to a server.

    Raises:
        PolicyError: A package is missing, or the server is not there or cannot be used.
    """
    try:
        from policy_node.policies.gr00t.policy import Gr00tPolicy
    except ImportError as error:
        raise PolicyError(f'policy gr00t needs pyzmq and msgpack: {error}; install them into this '
                          'Python: pip install pyzmq msgpack') from error
    return Gr00tPolicy(config)
