"""A connection to a gateway that is made anew when it is lost."""

from __future__ import annotations

import asyncio
import http
import random
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidURI, WebSocketException
from websockets.frames import CloseCode

from policy_node.gateway.client.values import ClientError, Refused, Unreachable
from policy_node.gateway.errors import BadRequest
from policy_node.policies.remote import MAX_REPLY_BYTES

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Between attempts [s]; each is about twice the last."""


class Lost(Unreachable):
    """The connection ended while a request was under way; it may be asked again."""


class Link:
    """Connects when it is first needed, and from then on whenever there is no connection.

    Args:
        url: Where the gateway is.
        headers: Sent with each attempt.
        tls: For certificates that this machine does not know.
        on_frame: Told each message; `BadRequest` ends the connection.
        on_lost: Told when a connection ends, and why.

    Attributes:
        trouble: Why there is no connection; empty while there is one.
        made: Connections so far.
    """

    def __init__(self, url: str, headers: Mapping[str, str], tls: ssl.SSLContext | None,
                 on_frame: Callable[[str | bytes], None],
                 on_lost: Callable[[ClientError], None]) -> None:
        self.url, self.trouble, self.made = url, '', 0
        self._headers = headers
        self._tls = {'ssl': tls} if tls else {}     # ssl=None would forbid wss://
        self._on_frame, self._on_lost = on_frame, on_lost
        self._open: ClientConnection | None = None
        self._waiting: set[asyncio.Future[ClientConnection]] = set()
        self._keeping: asyncio.Task[None] | None = None

    async def connection(self) -> ClientConnection:
        """The connection, as soon as there is one.

        Raises:
            Unreachable: The gateway does not let us in.
        """
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.ensure_future(self._keep())
        if self._open is not None:
            return self._open
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            return await waiting
        finally:
            self._waiting.discard(waiting)

    async def close(self) -> None:
        """Disconnect."""
        if self._keeping is not None:
            self._keeping.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeping
            self._keeping = None
        self._refuse(f'the connection to {self.url} was closed here')

    async def _keep(self) -> None:
        """Stay connected until the gateway does not let us in."""
        failures = 0
        while True:
            lost: ClientError = Lost(f'{self.url} closed the connection')
            try:
                async with connect(self.url, additional_headers=self._headers, compression=None,
                                   max_size=MAX_REPLY_BYTES, proxy=None, **self._tls) as opened:
                    self._begin(opened)
                    async for frame in opened:
                        failures = 0
                        self._on_frame(frame)
            except ConnectionClosed as error:
                lost = lost_by(self.url, error)
            except BadRequest as error:
                lost = Lost(f'{self.url} is no gateway: {error}')
            except InvalidURI as error:
                return self._refuse(f'{self.url} is no address of a gateway: {error}')
            except InvalidStatus as error:
                response = error.response
                text = f'{self.url} refuses with status {response.status_code}: ' \
                       f'{(response.body or b"").decode(errors="replace").strip()}'
                if response.status_code < http.HTTPStatus.INTERNAL_SERVER_ERROR:
                    return self._refuse(text)
                lost = Lost(text)
            except (OSError, WebSocketException, asyncio.TimeoutError) as error:
                lost = Lost(f'no gateway at {self.url}: {error or type(error).__name__}')
            self._end(lost)
            failures += 1
            await asyncio.sleep(pause(failures))

    def _begin(self, opened: ClientConnection) -> None:
        self._open, self.trouble, self.made = opened, '', self.made + 1
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(opened)

    def _end(self, lost: ClientError) -> None:
        self._open, self.trouble = None, str(lost)
        self._on_lost(lost)

    def _refuse(self, text: str) -> None:
        self._end(Unreachable(text))
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_exception(Unreachable(text))


def lost_by(url: str, error: ConnectionClosed) -> ClientError:
    """What the end of a connection means for a request."""
    if error.rcvd is not None and error.rcvd.code == CloseCode.MESSAGE_TOO_BIG:
        return Refused(f'the message is too large: {error.rcvd.reason or "see "}'
                       'gateway.max_message_bytes', 'bad_request')
    return Lost(f'{url} closed the connection: {error}')


def pause(failures: int) -> float:
    """How long to wait after so many failures in a row [s]; clients do not come back as one."""
    longest = min(FIRST_PAUSE * 2.0 ** min(failures - 1, 10), LONGEST_PAUSE)
    return longest * random.uniform(0.5, 1.0)
