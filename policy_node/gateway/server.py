"""The port and its thread: opened, closed, and what was counted meanwhile."""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from concurrent.futures import Future
from contextlib import suppress
from typing import Any
from weakref import WeakSet

from websockets.asyncio.server import ServerConnection, serve
from websockets.frames import CloseCode

from policy_node.gateway.errors import GatewayError
from policy_node.gateway.limits import LOOPBACK
from policy_node.gateway.reception import TOKEN_VARIABLE, HeardConnection, Reception
from policy_node.gateway.shared import Shared
from policy_node.gateway.subtasks import Session
from policy_node.gateway.turns import split

CLOSE_TIMEOUT = 5.0
"""How long a client may take to agree to the end of its connection [s]; long enough to send all of
a message that is refused, so that it reads why."""
PING_TIMEOUT = 20.0
"""How long a client's sign of life is waited for, beside the request that it waits behind [s]."""
LEAVE_TIMEOUT = 1.0
"""The same when the gateway itself ends [s]: it must not keep the node from ending."""


class Gateway:
    """A `Reception` at a port.

    Args:
        shared: What conversations share.

    Attributes:
        reception: Who may come in.
        counts: What happened since it was made.
        port: Where it listens; 0 while it does not.
    """

    def __init__(self, shared: Shared) -> None:
        self.reception = Reception(shared)
        shared.inference.watch = self.reception.feed.answered
        self.counts = shared.counts
        self.port = 0
        self._shared, self._params = shared, shared.params
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = ''

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f'{"wss" if self._params.tls_key else "ws"}://{self._params.host}:{self.port}'

    def open(self) -> None:
        """Listen; returns when clients can connect.

        Raises:
            GatewayError: The port or a file cannot be used.
        """
        context = self._context()
        opened: Future[int] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run(opened, context)),
                                        name='gateway', daemon=True)
        self._thread.start()
        try:
            self.port = opened.result()
        except (OSError, ValueError) as error:
            self._thread.join()
            self._thread = None
            raise GatewayError(f'gateway.port {self._params.port} of gateway.host '
                               f'{self._params.host!r} cannot be opened: {error}') from error
        self._shared.log.info(f'gateway: open at {self.url}')
        if self._params.host not in LOOPBACK and not self.reception.token:
            self._shared.log.warning(
                f'gateway: {self._params.host} can be reached by other machines and anybody may '
                f'connect; set gateway.token or {TOKEN_VARIABLE}', throttle_duration_sec=2.0)

    def close(self, reason: str) -> None:
        """Disconnect everybody, with a reason, and stop listening."""
        if self._thread is None or self._loop is None:
            return
        self._closing = reason
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._thread = self._loop = None
        self.port = 0

    def session(self, session_id: str) -> Session | None:
        """A session of a client; None without it. From any thread."""
        client_id, at = split(session_id)
        conversation = self.reception.conversations.get(client_id)
        return conversation.turns.sessions.get(at) if conversation else None

    async def _run(self, opened: Future[int], context: ssl.SSLContext | None) -> None:
        p, self._stop = self._params, asyncio.Event()
        connections: WeakSet[ServerConnection] = WeakSet()  # those in a handshake, too

        def made(*args: Any, **kwargs: Any) -> ServerConnection:
            connections.add(connection := HeardConnection(*args, **kwargs))
            return connection

        self._loop = asyncio.get_running_loop()
        try:
            server = await serve(
                self.reception.handle, p.host, p.port, ssl=context, compression=None,
                process_request=self.reception.process, server_header=None, max_queue=1,
                max_size=p.max_message_bytes, close_timeout=CLOSE_TIMEOUT, create_connection=made,
                ping_timeout=PING_TIMEOUT + p.request_timeout, logger=_silent())
        except (OSError, ValueError) as error:      # ValueError: a host that can be no name
            opened.set_exception(error)
            return
        opened.set_result(next(iter(server.sockets)).getsockname()[1])
        await self._stop.wait()
        server.close(code=CloseCode.GOING_AWAY, reason=self._closing)
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(server.wait_closed(), LEAVE_TIMEOUT)
        for connection in connections:
            if hasattr(connection, 'transport'):    # it has none before TLS is agreed on
                connection.transport.abort()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(server.wait_closed(), LEAVE_TIMEOUT)
        await asyncio.sleep(0)      # sockets are closed in the turn after they are let go of

    def _context(self) -> ssl.SSLContext | None:
        p = self._params
        if not p.tls_key:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_cert_chain(p.tls_certificate, p.tls_key, password='')  # never ask
        except OSError as error:
            raise GatewayError(f'gateway.tls_certificate {p.tls_certificate!r} and gateway.tls_key '
                               f'{p.tls_key!r} cannot be used: {error}') from error
        return context


def _silent() -> logging.Logger:
    """A logger for the library: every broken handshake of a stranger is an error to it.

    To asyncio each frame for somebody who is gone is one, and a stranger may have asked for many.
    """
    logging.getLogger('asyncio').addFilter(_is_news)
    logger = logging.getLogger(f'{__name__}.websockets')
    logger.setLevel(logging.CRITICAL + 1)
    return logger


def _is_news(record: logging.LogRecord) -> bool:
    return record.msg not in ('socket.send() raised exception.', 'SSL connection is closed')
