"""One ZeroMQ socket to a GR00T server: asks, and never takes an old answer for a new one.

A socket whose answer did not come in time is thrown away: the server can no longer reach it, and
what was not sent yet never is.
"""

from __future__ import annotations

import time
from typing import Any

import zmq

from policy_node.policies.gr00t.wire import WireError, pack, unpack
from policy_node.policies.remote import MAX_REPLY_BYTES, Unreachable
from policy_node.policy import PolicyError

LONGEST_TEXT = 300


class Client:
    """Connection to a server, made when needed.

    Args:
        host: Name or address.
        port: TCP port.
        api_token: Sent with each request; empty for none.
    """

    def __init__(self, host: str, port: int, api_token: str) -> None:
        self.url = f'tcp://{host}:{port}'
        self._token = {'api_token': api_token} if api_token else {}
        self._context = zmq.Context()
        self._socket: zmq.Socket[bytes] | None = None

    def call(self, endpoint: str, data: Any, deadline: float) -> Any:
        """Ask one thing.

        Args:
            endpoint: Name of what the server offers.
            data: Its arguments by name; None for an endpoint without.
            deadline: When an answer is too late [s, time.monotonic].

        Raises:
            Unreachable: There is no server, or it does not answer in time.
            PolicyError: It refuses, or is no GR00T server.
        """
        request = {'endpoint': endpoint, **self._token}
        if data is not None:
            request['data'] = data
        message = pack(request)
        try:
            answer = unpack(self._exchange(message, deadline))
        except WireError as error:
            self._drop()
            raise PolicyError(f'{self.url} sent {error}; is it a GR00T server?') from error
        if isinstance(answer, dict) and 'error' in answer:
            raise self._failure(endpoint, str(answer['error'])[:LONGEST_TEXT])
        return answer

    def close(self) -> None:
        """Disconnect."""
        self._drop()
        self._context.term()

    def _exchange(self, message: bytes, deadline: float) -> bytes:
        """Send one message and wait for the answer to it."""
        connected = self._socket or self._open()
        self._socket = connected
        answered = False
        try:
            if not connected.poll(_left_ms(deadline), zmq.POLLOUT):
                raise Unreachable(f'no GR00T server at {self.url}; start it, or set gr00t.host and '
                                  'gr00t.port')
            connected.send(message, zmq.NOBLOCK)
            if not connected.poll(_left_ms(deadline), zmq.POLLIN):
                raise Unreachable(f'{self.url} did not answer in time; if its model is only slow, '
                                  'raise gr00t.timeout')
            frames: list[bytes] = connected.recv_multipart(zmq.NOBLOCK)
            answered = True
            return b''.join(frames)
        except zmq.ZMQError as error:
            raise Unreachable(f'{self.url}: {error}') from error
        finally:
            if not answered:
                self._drop()

    def _failure(self, endpoint: str, text: str) -> PolicyError:
        remedy = ('set gr00t.api_token or the environment variable GR00T_API_TOKEN'
                  if 'api token' in text.lower() else "the traceback is in the server's log")
        return PolicyError(f'{self.url} failed at {endpoint}: {text}; {remedy}')

    def _open(self) -> zmq.Socket[bytes]:
        made: zmq.Socket[bytes] = self._context.socket(zmq.REQ)
        made.setsockopt(zmq.LINGER, 0)
        made.setsockopt(zmq.IMMEDIATE, 1)       # nothing can be sent until the server is there
        made.setsockopt(zmq.MAXMSGSIZE, MAX_REPLY_BYTES)
        try:
            made.connect(self.url)
        except zmq.ZMQError as error:
            made.close()
            raise PolicyError(f'gr00t.host and gr00t.port make no address, {self.url}: {error}'
                              ) from error
        return made

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _left_ms(deadline: float) -> int:
    """Time until a deadline [ms]."""
    return max(round((deadline - time.monotonic()) * 1e3), 0)
