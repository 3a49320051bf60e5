"""What the tests of policies with a server share."""

import time

import numpy as np

from policy_node.policies.remote import Unreachable
from policy_node.policy import Observation, PolicyConfig

NAMES = ('x', 'y', 'z', 'gripper')
NOTHING = np.empty((0, len(NAMES)))
ROWS = 16
STATE = np.array([0.1, -0.2, 0.3, 0.4])


def image(height, width, seed=1):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def config(policy, params, rows=ROWS, **changes):
    return PolicyConfig(**{
        'policy': policy, 'actions_per_chunk': rows, 'step_ns': 50_000_000,
        'action_names': NAMES, 'action_units': ('rad',) * len(NAMES), 'params': params, **changes})


def observation(prompt='pick up the soup', session='s', **features):
    return Observation(0, 0, prompt, {
        'agentview': image(48, 64), 'wrist': image(32, 32, 2), 'state': STATE, **features}, session)


def infer(policy, **changes):
    return policy.infer(observation(**changes), NOTHING, 0.0)


def infer_when_it_is_back(policy, seconds=20, **changes):
    """Ask until the server answers; other errors than its absence are raised."""
    end = time.monotonic() + seconds
    while True:
        try:
            return infer(policy, **changes)
        except Unreachable:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


def free_port():
    import socket
    with socket.create_server(('127.0.0.1', 0)) as probe:
        return probe.getsockname()[1]
