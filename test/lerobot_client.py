"""A LeRobot robot_client, written from its protocol: pickles as LeRobot's classes make them."""

import pickle
import sys
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from unittest import mock

import grpc
import numpy as np
import torch  # noqa: F401  what it imports must outlast with_lerobots_classes

HELPERS = 'lerobot.async_inference.helpers'
SERVICE = '/transport.AsyncInference/'
JOINTS = ('joint_1', 'joint_2', 'joint_3')


@dataclass
class TimedAction:
    timestamp: float
    timestep: int
    action: Any


@dataclass
class TimedObservation:
    timestamp: float
    timestep: int
    observation: dict[str, Any]
    must_go: bool = False


@dataclass
class RemotePolicyConfig:
    policy_type: str
    pretrained_name_or_path: str
    lerobot_features: dict[str, Any]
    actions_per_chunk: int
    device: str = 'cpu'
    rename_map: dict[str, str] = field(default_factory=dict)


_stub = ModuleType(HELPERS)
for made in (TimedAction, TimedObservation, RemotePolicyConfig):
    made.__module__ = HELPERS
    setattr(_stub, made.__name__, made)


def with_lerobots_classes():
    return mock.patch.dict(sys.modules, {
        'lerobot': _stub, 'lerobot.async_inference': _stub, HELPERS: _stub})


def dumps(value, protocol=None):
    with with_lerobots_classes():
        return pickle.dumps(value, protocol)


def loads(data):
    with with_lerobots_classes():
        return pickle.loads(data)


def features(columns=JOINTS, **cameras):
    """LeRobot's description of a robot; cameras are name -> shape."""
    return {'observation.state': {'dtype': 'float32', 'shape': (len(columns),),
                                  'names': [f'{c}.pos' for c in columns]},
            **{f'observation.images.{name}': {'dtype': 'image', 'shape': shape,
                                              'names': ['height', 'width', 'channels']}
               for name, shape in cameras.items()}}


def config(lerobot_features=None, rows=50, **changes):
    return RemotePolicyConfig(**{
        'policy_type': 'act', 'pretrained_name_or_path': 'user/model',
        'lerobot_features': features() if lerobot_features is None else lerobot_features,
        'actions_per_chunk': rows, **changes})


def observation(timestep=0, must_go=True, timestamp=100.0, **values):
    return TimedObservation(timestamp, timestep, {
        **{f'{joint}.pos': 0.25 * k for k, joint in enumerate(JOINTS)}, 'task': 'wave', **values},
        must_go)


def message(data, number=1):
    length, size = b'', len(data)
    while size > 127:
        length, size = length + bytes([size & 127 | 128]), size >> 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + data


def part(state, data):
    return bytes([1 << 3, state]) + message(data, 2)


class Client:
    """One connection of its own.

    Args:
        port: On this machine.
    """

    def __init__(self, port, timeout=30.0):
        self._channel = grpc.insecure_channel(
            f'127.0.0.1:{port}', (('grpc.use_local_subchannel_pool', 1),))
        self._timeout = timeout

    def call(self, name, message=b''):
        return self._channel.unary_unary(SERVICE + name)(message, timeout=self._timeout)

    def send(self, parts):
        return self._channel.stream_unary(SERVICE + 'SendObservations')(
            iter(parts), timeout=self._timeout)

    def begin(self, wanted=None):
        self.call('Ready')
        self.call('SendPolicyInstructions', message(dumps(wanted or config())))
        return self

    def observe(self, seen=None, **changes):
        self.send([part(3, dumps(seen or observation(**changes)))])

    def actions(self):
        """Timed actions, or None."""
        answer = self.call('GetActions')
        if not answer:
            return None
        start = next(i for i in range(1, 11) if answer[i] < 128) + 1
        return loads(answer[start:])

    def asking(self):
        """GetActions in the background."""
        return self._channel.unary_unary(SERVICE + 'GetActions').future(b'', timeout=self._timeout)

    def close(self):
        self._channel.close()


def rows_of(actions):
    return np.array([each.action.tolist() for each in actions])
