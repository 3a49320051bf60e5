"""Any policy in a Ray Serve application: replicas on many machines, batches over many robots.

`app` and `cli` are the side that serves and need Ray; `policy` is the side that asks and does not.
"""

from __future__ import annotations

from policy_node.policies.ray.parameters import Params
from policy_node.policy import Policy, PolicyConfig, PolicyError

__all__ = ['Params', 'create']


def create(config: PolicyConfig) -> Policy:
    """Connect to an application.

    Raises:
        PolicyError: A package is missing, or the application is not there or cannot be used.
    """
    try:
        from policy_node.policies.ray.policy import RayPolicy
    except ImportError as error:
        raise PolicyError(f'policy ray needs msgpack: {error}; install it into this Python: '
                          'pip install msgpack') from error
    return RayPolicy(config)
