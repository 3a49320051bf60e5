"""One WebSocket to an openpi server: asks, and never takes an old answer for a new one.

The protocol has no request ids, so a connection whose answer did not come in time is given up.
"""

from __future__ import annotations

import http.client
import re
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from policy_node.policies.openpi.wire import WireError, pack, unpack
from policy_node.policies.remote import MAX_REPLY_BYTES, Unreachable
from policy_node.policy import PolicyError

MACHINE = re.compile(r'[^\s/:\[\]]+|\[[^\s/\[\]]+\]')
"""Its name or address; an address of IPv6 in brackets."""
LONGEST_TEXT = 300
SHORTEST_TIMEOUT = 0.01
"""For a connection, when packing the request took all the time [s]."""
CLOSE_TIMEOUT = 0.1
"""How long to wait for the end of a connection that was cut [s]."""
OLD_SERVER = 426
"""Status of servers that are older than their health check: a WebSocket is wanted."""


class Client:
    """Connection to a server, made when needed.

    Args:
        host: Name or address; with ``ws://`` or ``wss://`` before it if wanted.
        port: TCP port.
        api_key: For the header ``Authorization``; empty for none.

    Attributes:
        metadata: What the server told of itself when it was connected, a map of its own choice.
    """

    def __init__(self, host: str, port: int, api_key: str) -> None:
        scheme, _, name = host.rpartition('://')
        if scheme not in ('', 'ws', 'wss') or not MACHINE.fullmatch(name):
            raise PolicyError('openpi.host must be a machine such as gpu, wss://gpu or [::1], with '
                              f'its port in openpi.port; got {host!r}')
        self._address, self._secure = (name, port), scheme == 'wss'
        self.url = f'{scheme or "ws"}://{name}:{port}'
        self._headers = {'Authorization': f'Api-Key {api_key}'} if api_key else {}
        self.metadata: Mapping[str, Any] = {}
        self._socket: ClientConnection | None = None
        self._open = ExitStack()

    def check_health(self, timeout: float) -> None:
        """Ask ``GET /healthz``.

        Raises:
            Unreachable: Nobody answers, or the server is not well.
            PolicyError: Another kind of server answers.
        """
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(*self._address, timeout=timeout)
        try:
            connection.request('GET', '/healthz', headers=self._headers)
            status = connection.getresponse().status
        except (OSError, UnicodeError, http.client.HTTPException) as error:
            raise self._unreachable(error) from error
        finally:
            connection.close()
        if status not in (http.client.OK, OLD_SERVER):
            raise self._refusal(status, 'GET /healthz')

    def connect(self, timeout: float) -> ClientConnection:
        """Connect anew and read the server's metadata.

        Raises:
            Unreachable: There is no server, or it does not answer in time.
            PolicyError: It refuses, or is no openpi server.
        """
        self.close()
        deadline = time.monotonic() + timeout
        try:
            self._socket = connected = self._open.enter_context(connect(
                self.url, additional_headers=self._headers, compression=None, proxy=None,
                max_size=MAX_REPLY_BYTES, open_timeout=timeout, close_timeout=CLOSE_TIMEOUT,
                ping_interval=None))    # an inferring server answers no ping
            self.metadata = self._receive(connected, deadline, 'its metadata')
        except InvalidStatus as error:
            raise self._refusal(error.response.status_code, 'the WebSocket') from error
        except (OSError, WebSocketException) as error:
            raise self._unreachable(error) from error
        return connected

    def infer(self, request: Mapping[str, Any], timeout: float) -> dict[str, Any]:
        """Ask for actions; connects if needed.

        Args:
            request: Key -> image, vector, text or map of these.
            timeout: For everything together [s].

        Raises:
            Unreachable: There is no server, or it does not answer in time.
            PolicyError: It refuses, or is no openpi server.
        """
        deadline = time.monotonic() + timeout
        message = pack(request)
        try:
            if self._socket and _silent(self._socket):
                with suppress(ConnectionClosed):    # since then, as by a restart: ask anew
                    return self._exchange(self._socket, message, deadline)
            return self._exchange(self.connect(max(deadline - time.monotonic(), SHORTEST_TIMEOUT)),
                                  message, deadline)
        except (OSError, ConnectionClosed) as error:
            raise self._unreachable(error) from error

    def _exchange(self, connected: ClientConnection, message: bytes, deadline: float
                  ) -> dict[str, Any]:
        self._send(connected, message, deadline)
        return self._receive(connected, deadline, 'an answer')

    def close(self) -> None:
        """Give the connection up; what the server still sends is never read."""
        if self._socket is not None:
            _cut(self._socket)
            self._open.close()
            self._socket = None

    def _send(self, connected: ClientConnection, message: bytes, deadline: float) -> None:
        """Send, and be cut off at the deadline if the server does not read."""
        timer = threading.Timer(max(deadline - time.monotonic(), 0), _cut, (connected,))
        timer.start()
        try:
            connected.send(message)
        except ConnectionClosed as error:
            if time.monotonic() < deadline:
                raise
            self.close()
            raise Unreachable(f'{self.url} did not take the request in time; is it stopped?'
                              ) from error
        finally:
            timer.cancel()

    def _receive(self, connected: ClientConnection, deadline: float, what: str) -> dict[str, Any]:
        """One message; after anything else the connection is given up."""
        answer: dict[str, Any] | None = None
        try:
            data = connected.recv(timeout=max(deadline - time.monotonic(), 0))
            if isinstance(data, str):
                raise PolicyError(f'{self.url} failed: {_last_line(data)}; the traceback is in '
                                  "the server's log. If it misses a key, see openpi.inputs")
            answer = unpack(data)
            return answer
        except TimeoutError as error:
            raise Unreachable(f'{self.url} did not send {what} in time; if its model is only '
                              'slow, raise openpi.timeout') from error
        except WireError as error:
            raise PolicyError(f'{self.url} sent {error}; is it an openpi server?') from error
        finally:
            if answer is None:
                self.close()

    def _refusal(self, status: int, what: str) -> PolicyError:
        if status in (http.client.UNAUTHORIZED, http.client.FORBIDDEN):
            return PolicyError(f'{self.url} refuses the key with status {status}; set '
                               'openpi.api_key or the environment variable OPENPI_API_KEY')
        if status >= http.client.INTERNAL_SERVER_ERROR:
            return Unreachable(f'{self.url} answers {what} with status {status}; it is not ready')
        return PolicyError(f'{self.url} answers {what} with status {status}; it is no openpi '
                           'server: see openpi.host and openpi.port')

    def _unreachable(self, error: Exception) -> Unreachable:
        self.close()
        text = str(error) or type(error).__name__
        if isinstance(error, ConnectionClosed):
            return Unreachable(f'{self.url} closed the connection: {text}')
        return Unreachable(f'no openpi server at {self.url}: {text}; start it, or set openpi.host '
                           'and openpi.port')


def _silent(connection: ClientConnection) -> bool:
    """Whether a connection is open and nothing came unasked."""
    try:
        connection.recv(timeout=0)
    except TimeoutError:
        return True
    except ConnectionClosed:
        pass
    return False


def _cut(connection: ClientConnection) -> None:
    """End a connection at once: whoever waits for it fails, and closing it does not wait."""
    try:
        connection.socket.shutdown(socket.SHUT_RDWR)
    except OSError:     # it has ended already
        pass


def _last_line(text: str) -> str:
    """The line of a traceback that says what went wrong."""
    lines = text.strip().splitlines() or ['it gives no reason']
    return lines[-1].strip()[:LONGEST_TEXT]
