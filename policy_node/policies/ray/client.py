"""HTTP to an application: many questions at once, one deadline for all of them.

A connection carries one question at a time. One whose answer did not come in time is given up, so
that a late answer is never taken for the next.
"""

from __future__ import annotations

import http.client
import select
import socket
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from urllib.parse import urlsplit

from policy_node.policies.remote import MAX_REPLY_BYTES, Unreachable
from policy_node.policy import PolicyError

LONGEST_TEXT = 300
MAX_CONNECTIONS = 256
SESSION_HEADER = 'x-session-id'
"""By which Ray Serve sends a session to the same replica each time."""


class Client:
    """Connections to an application, made when needed.

    Args:
        url: Where it is.
        token: For the header ``Authorization``; empty for none.

    Raises:
        PolicyError: The URL is none.
    """

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        try:
            parts = urlsplit(url)
            self._host, self._port = parts.hostname or '', parts.port
        except ValueError as error:
            raise PolicyError(f'ray.url {url!r}: {error}') from error
        if parts.scheme not in ('http', 'https') or not self._host:
            raise PolicyError(f'ray.url must be http://machine:port/route, got {url!r}')
        self._kind = http.client.HTTPSConnection if parts.scheme == 'https' else \
            http.client.HTTPConnection
        self._path = parts.path or '/'
        self._headers = {'Authorization': f'Bearer {token}'} if token else {}
        self._idle: list[http.client.HTTPConnection] = []
        self._pool = ThreadPoolExecutor(MAX_CONNECTIONS, thread_name_prefix='ray')

    def describe(self, timeout: float) -> bytes:
        """Ask what is loaded.

        Raises:
            Unreachable: Nobody answers in time, or no application is there yet.
            PolicyError: It refuses.
        """
        answer, = self._exchange([('GET', '', b'')], timeout)
        if isinstance(answer, PolicyError):
            raise answer
        return answer

    def ask(self, questions: Sequence[tuple[str, bytes]], timeout: float
            ) -> list[bytes | PolicyError]:
        """Ask all questions at the same time.

        Args:
            questions: Session and message of each.
            timeout: For everything together [s].

        Returns:
            For each what was answered, or why nothing was.
        """
        return self._exchange([('POST', *question) for question in questions], timeout)

    def close(self) -> None:
        """Disconnect."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        while self._idle:
            self._idle.pop().close()

    def _exchange(self, requests: Sequence[tuple[str, str, bytes]], timeout: float
                  ) -> list[bytes | PolicyError]:
        deadline = time.monotonic() + timeout
        running = []
        for request in requests:
            connection = self._connection()
            running.append((connection, self._pool.submit(
                self._one, connection, request, deadline)))
        wait([future for _, future in running], max(deadline - time.monotonic(), 0))
        return [self._outcome(*each) for each in running]

    def _outcome(self, connection: http.client.HTTPConnection,
                 future: Future[bytes | PolicyError]) -> bytes | PolicyError:
        """The answer, or that it is too late: then its connection is cut."""
        if future.done():
            answer = future.result()
            if isinstance(answer, Unreachable):
                connection.close()
            else:
                self._idle.append(connection)
            return answer
        if connection.sock is not None:
            _cut(connection.sock)
        future.add_done_callback(lambda _: connection.close())
        return self._late()

    def _one(self, connection: http.client.HTTPConnection, request: tuple[str, str, bytes],
             deadline: float) -> bytes | PolicyError:
        """Send one request and read its answer, on a thread of the pool."""
        method, session, body = request
        headers = self._headers | ({SESSION_HEADER: session} if session else {})
        try:
            left = deadline - time.monotonic()
            if left <= 0:
                return self._late()
            if connection.sock is None:
                connection.timeout = left
                connection.connect()
            connection.sock.settimeout(max(deadline - time.monotonic(), 0.001))
            connection.request(method, self._path, body or None, headers)
            with connection.getresponse() as response:
                data = response.read(MAX_REPLY_BYTES + 1)
        except (OSError, UnicodeError, http.client.HTTPException) as error:
            connection.close()
            return self._late() if time.monotonic() >= deadline else self._gone(error)
        if len(data) > MAX_REPLY_BYTES:
            connection.close()
            return PolicyError(f'{self.url} answers more than {MAX_REPLY_BYTES} bytes')
        return data if response.status == http.client.OK else self._refusal(response.status, data)

    def _connection(self) -> http.client.HTTPConnection:
        """One that is open and on which nothing came unasked, else a new one."""
        while self._idle:
            connection = self._idle.pop()
            if connection.sock and not select.select([connection.sock], [], [], 0)[0]:
                return connection
            connection.close()
        return self._kind(self._host, self._port)

    def _refusal(self, status: int, data: bytes) -> PolicyError:
        text = ' '.join(data[:LONGEST_TEXT].decode(errors='replace').split())
        if status in (http.client.UNAUTHORIZED, http.client.FORBIDDEN):
            return PolicyError(f'{self.url} refuses the token with status {status}; set ray.token '
                               'or the environment variable SEGUE_RAY_TOKEN')
        if status == http.client.NOT_FOUND:
            return Unreachable(f'no application at {self.url}: {text}; is it deployed, and is '
                               'that its route?')
        if status >= http.client.INTERNAL_SERVER_ERROR or status == http.client.REQUEST_TIMEOUT:
            return Unreachable(f'{self.url} answers with status {status}: {text}')
        return PolicyError(f'{self.url} refuses with status {status}: {text}')

    def _gone(self, error: Exception) -> Unreachable:
        return Unreachable(f'no Ray Serve at {self.url}: {str(error) or type(error).__name__}; '
                           'start `ros2 run segue ray_serve`, or set ray.url')

    def _late(self) -> Unreachable:
        return Unreachable(f'{self.url} did not answer in time; if it is only busy, add replicas '
                           'or raise ray.timeout')


def _cut(connection: socket.socket) -> None:
    """End a connection at once: the thread that waits for it fails."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:     # it has ended already
        pass
