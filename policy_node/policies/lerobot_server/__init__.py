"""A running LeRobot PolicyServer as a policy. It speaks pickle: for hosts that are trusted only."""

from __future__ import annotations

from types import ModuleType

from policy_node.policies.lerobot_server.parameters import Params
from policy_node.policy import Policy, PolicyConfig, PolicyError, Requirements

__all__ = ['Params', 'create', 'describe']


def create(config: PolicyConfig) -> Policy:
    """Connect to a server and have it load the checkpoint.

    Raises:
        PolicyError: grpcio is missing, or the server is not there or cannot be used.
    """
    policy: Policy = _policy().LerobotServerPolicy(config)
    return policy


def describe(config: PolicyConfig) -> Requirements:
    """What the parameters tell; the server is only looked for, because it forgets its client.

    Raises:
        PolicyError: A package is missing, or the server is not there.
    """
    told: Requirements = _policy().describe(config)
    return told


def _policy() -> ModuleType:
    try:
        from policy_node.policies.lerobot_server import policy
    except ImportError as error:
        raise PolicyError(f'policy lerobot_server needs grpcio: {error}; install it into this '
                          'Python: pip install grpcio') from error
    return policy
