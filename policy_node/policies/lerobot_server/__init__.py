"""A running LeRobot PolicyServer as a policy. It speaks pickle: for hosts that are trusted only."""

from __future__ import annotations

from policy_node.policies.lerobot_server.parameters import Params
from policy_node.policy import Policy, PolicyConfig, PolicyError

__all__ = ['Params', 'create']


def create(config: PolicyConfig) -> Policy:
    """Connect to a server and have it load the checkpoint.

    Raises:
        PolicyError: grpcio is missing, or the server is not there or cannot be used.
    """
    try:
        from policy_node.policies.lerobot_server.policy import LerobotServerPolicy
    except ImportError as error:
        raise PolicyError(f'policy lerobot_server needs grpcio: {error}; install it into this '
                          'Python: pip install grpcio') from error
    return LerobotServerPolicy(config)
