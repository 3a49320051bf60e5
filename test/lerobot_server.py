"""A LeRobot PolicyServer on a thread, written from its protocol: answers as it is told.

What arrives is unpickled with classes of this module in the place of LeRobot's, as the real server
does with its own.
"""

import io
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import grpc
import numpy as np
import torch

HELPERS = 'lerobot.async_inference.helpers'
ROWS = 20


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


class _Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        return globals()[name] if module == HELPERS else super().find_class(module, name)


def unpickle(data):
    return _Unpickler(io.BytesIO(data)).load()


def field_of(message, number):
    """Bytes or number of one field of a protobuf message; None without."""
    at, found = 0, None
    while at < len(message):
        tag, at = _varint(message, at)
        value, at = _varint(message, at)
        if tag & 7 == 2:
            value, at = message[at:at + value], at + value
        found = value if tag >> 3 == number else found
    return found


def _varint(message, at):
    value = shift = 0
    while True:
        value |= (message[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if message[at - 1] < 128:
            return value, at


def actions_message(data):
    size, length = len(data), b''
    while size > 127:
        length, size = length + bytes([size & 127 | 128]), size >> 7
    return b'\x0a' + length + bytes([size]) + data


def follow_state(seen):
    """Rows that depend on everything in an observation."""
    state = np.array([seen.observation[f'column_{i}'] for i in range(4)])
    level = 0.1 * np.tanh(state) + 0.01 * np.tanh(len(seen.observation['task']))
    level += sum(v.mean() / 2550 for v in seen.observation.values() if isinstance(v, np.ndarray))
    return (level + 0.001 * np.arange(ROWS)[:, np.newaxis]).astype(np.float32)


def timed(rows, timestep):
    """The pickle of an answer as LeRobot and torch write it."""
    actions = [TimedAction(0.0, timestep + i, row) for i, row in enumerate(torch.from_numpy(rows))]
    return pickle.dumps(actions).replace(_named(__name__), _named(HELPERS))


def _named(module):
    """Text of a pickle of protocol 4; the length comes first."""
    return b'\x8c' + bytes([len(module)]) + module.encode()


@dataclass
class TimedAction:
    timestamp: float
    timestep: int
    action: Any


class LerobotServer:
    """On a thread.

    Args:
        answer: Observation -> rows, or bytes that go out as the pickle; what it raises makes the
            answer empty, as in the real server.
        load: Called with the instructions.
    """

    def __init__(self, answer=follow_state, *, load=lambda instructions: None, port=0):
        self.answer, self.load = answer, load
        self.readies, self.instructions, self.observations = 0, [], []
        self._waiting = threading.Condition()
        self._newest = None
        self._server = grpc.server(ThreadPoolExecutor(4))
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(
            'transport.AsyncInference', {
                'Ready': grpc.unary_unary_rpc_method_handler(self._ready),
                'SendPolicyInstructions': grpc.unary_unary_rpc_method_handler(self._instruct),
                'SendObservations': grpc.stream_unary_rpc_method_handler(self._observe),
                'GetActions': grpc.unary_unary_rpc_method_handler(self._actions)}),))
        self.port = self._server.add_insecure_port(f'127.0.0.1:{port}')
        self._server.start()

    def _ready(self, message, context):
        self.readies += 1
        return b''

    def _instruct(self, message, context):
        self.instructions.append(unpickle(field_of(message, 1)))
        self.load(self.instructions[-1])
        return b''

    def _observe(self, messages, context):
        parts = [(field_of(m, 1), field_of(m, 2)) for m in messages]
        states = [state for state, _ in parts]
        assert states == [1, *[2] * (len(parts) - 2), 3][-len(parts):], states
        with self._waiting:
            self._newest = unpickle(b''.join(data for _, data in parts))
            self.observations.append(self._newest)
            self._waiting.notify()
        return b''

    def _actions(self, message, context):
        with self._waiting:
            self._waiting.wait_for(lambda: self._newest is not None, 2.0)
            seen, self._newest = self._newest, None
        if seen is None or not self.instructions:
            return b''
        try:
            made = self.answer(seen)
        except RuntimeError:
            return b''
        return actions_message(made if isinstance(made, bytes) else timed(made, seen.timestep))

    def close(self):
        self._server.stop(None).wait()
