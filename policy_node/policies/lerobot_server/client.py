"""One gRPC channel to a PolicyServer: asks, and never takes an old answer for a new one.

The server knows one client, one policy and one observation at a time. Each observation has a number
of its own as its timestep, which the server gives back with the rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc
from numpy.typing import NDArray

from policy_node.lerobot_wire.answers import read_actions
from policy_node.lerobot_wire.messages import (
    EMPTY,
    SERVICE,
    WireError,
    data_of,
    observation_parts,
    with_data,
)
from policy_node.lerobot_wire.reading import PickleError
from policy_node.lerobot_wire.writing import call
from policy_node.policies.remote import MAX_REPLY_BYTES, Unreachable
from policy_node.policy import PolicyError

OPTIONS = (('grpc.max_receive_message_length', MAX_REPLY_BYTES),
           ('grpc.enable_retries', 0),              # an observation is never sent twice
           ('grpc.max_reconnect_backoff_ms', 1000), ('grpc.client_idle_timeout_ms', 2**31 - 1))
GONE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.CANCELLED)


class Client:
    """Connection to a server that is told what to load whenever it is met.

    Args:
        host: Name or address.
        port: TCP port.
        instructions: Pickle of a ``RemotePolicyConfig``.
        load_timeout: How long the server may take to load the checkpoint [s].
    """

    def __init__(self, host: str, port: int, instructions: bytes, load_timeout: float) -> None:
        self.url = f'{host}:{port}'
        self._instructions, self._load_timeout = with_data(instructions), load_timeout
        self._number = 0
        self._lost = True
        self._loading: Any = None
        self._state: grpc.ChannelConnectivity | None = None
        self._channel = grpc.insecure_channel(self.url, OPTIONS)
        self._ready = self._channel.unary_unary(f'/{SERVICE}/Ready')
        self._instruct = self._channel.unary_unary(f'/{SERVICE}/SendPolicyInstructions')
        self._observe = self._channel.stream_unary(f'/{SERVICE}/SendObservations')
        self._actions = self._channel.unary_unary(f'/{SERVICE}/GetActions')
        self._channel.subscribe(self._on_connection)

    def prepare(self, timeout: float) -> None:
        """Meet the server if it is new, and wait until it has loaded the checkpoint.

        Raises:
            Unreachable: It is not there, or not ready in time; asking again goes on waiting.
            PolicyError: It cannot load the checkpoint.
        """
        deadline = time.monotonic() + timeout
        if self._lost:
            self._drop_loading()
            self._lost = False
            try:
                self._call(self._ready, EMPTY, deadline)
            except PolicyError:
                self._lost = True
                raise
            self._loading = self._instruct.future(self._instructions, timeout=self._load_timeout)
        if self._loading is not None:
            self._wait_for_loading(deadline)

    def infer(self, observation: dict[str, Any], timeout: float) -> NDArray[Any]:
        """Ask for rows.

        Args:
            observation: As LeRobot's robots give it: name -> number, image or text.
            timeout: For everything together [s].

        Returns:
            Shape (H, D).

        Raises:
            Unreachable: There is no server, or it does not answer in time.
            PolicyError: It answers something that is not to be used.
        """
        deadline = time.monotonic() + timeout
        self.prepare(timeout)
        self._number += 1
        sent = call('TimedObservation', time.time(), self._number, observation, True)
        self._call(self._observe, observation_parts(sent), deadline)
        answer = self._call(self._actions, EMPTY, deadline)
        try:
            data = data_of(answer)
            if not data:
                raise PolicyError(f'{self.url} answers without actions: it failed, the reason is '
                                  'in its log, or another client uses it too')
            number, rows = read_actions(data)
        except (WireError, PickleError) as error:
            raise PolicyError(f'{self.url} sent {error}; is it a LeRobot PolicyServer?') from error
        if number != self._number:
            raise Unreachable(f'{self.url} answered observation {number}, asked was '
                              f'{self._number}; is there another client?')
        return rows

    def close(self) -> None:
        """Disconnect."""
        self._channel.unsubscribe(self._on_connection)
        self._channel.close()

    def _on_connection(self, state: grpc.ChannelConnectivity) -> None:
        """Called by gRPC: a server that is met again may be another one."""
        if self._state == grpc.ChannelConnectivity.READY:
            self._lost = True
        self._state = state

    def _wait_for_loading(self, deadline: float) -> None:
        try:
            self._loading.result(timeout=max(deadline - time.monotonic(), 0))
        except grpc.FutureTimeoutError as error:
            raise Unreachable(f'{self.url} is loading the checkpoint') from error
        except grpc.RpcError as error:
            self._loading, self._lost = None, True
            raise self._failure(error) from error
        self._loading = None

    def _drop_loading(self) -> None:
        if self._loading is not None:
            self._loading.cancel()
            self._loading = None

    def _call(self, method: Callable[..., bytes], message: bytes | Iterator[bytes],
              deadline: float) -> bytes:
        try:
            return method(message, timeout=max(deadline - time.monotonic(), 0.001))
        except grpc.RpcError as error:
            raise self._failure(error) from error

    def _failure(self, error: Any) -> PolicyError:
        code, details = error.code(), error.details()
        if code == grpc.StatusCode.DEADLINE_EXCEEDED:
            return Unreachable(f'{self.url} did not answer in time; if its model is only slow, '
                               'raise lerobot_server.timeout')
        if code in GONE:
            self._lost = True
            return Unreachable(f'no LeRobot PolicyServer at {self.url}: {details}; start it, or '
                               'set lerobot_server.host and lerobot_server.port')
        return PolicyError(f'{self.url} refuses with {code.name}: {details}; see '
                           'lerobot_server.policy_type and checkpoint, and its log')


def instructions(policy_type: str, checkpoint: str, features: dict[str, Any], rows: int,
                 device: str) -> bytes:
    """Pickle that tells a server what to load.

    Args:
        policy_type: Kind of the checkpoint.
        checkpoint: Its folder on the server's machine, or its name on the model hub.
        features: LeRobot's description of what a robot gives.
        rows: Rows of a chunk.
        device: Of the server's machine.
    """
    return call('RemotePolicyConfig', policy_type, checkpoint, features, rows, device, {})
