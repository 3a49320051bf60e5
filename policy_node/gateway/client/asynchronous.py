"""The client for asyncio: requests find their answers by their ids."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import numpy as np
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from policy_node.gateway import messages
from policy_node.gateway.client.images import ENCODINGS, prepare
from policy_node.gateway.client.link import Link, Lost, lost_by, pause
from policy_node.gateway.client.values import (
    Answer,
    ClientError,
    Refresh,
    Refused,
    TimedOut,
    Unreachable,
    answer_of,
    refresh_of,
)

UNREAD = 100
"""Refreshes kept for a listener that is slow; then the oldest are dropped."""


class AsyncClient:
    """Asks a gateway.

    A request whose connection breaks is asked again on the next one, and one that was refused by a
    limit after a pause: neither has changed anything. Nothing else is asked twice, but for one
    thing: a connection that is lost is made anew in the background, and while somebody listens to
    refreshes, the last request is repeated there if it had an interval, as the gateway has
    forgotten the session. One request is under way at a time, as the gateway answers them.

    Args:
        url: ``ws://host:port``; ``wss://`` for TLS. Without a path ``/ws``.
        token: The gateway's; empty for none.
        timeout: How long a request may take, with connecting and asking again [s].
        attempts: How often a request is asked at most, >= 1.
        encoding: How images travel: msgpack, jpeg, png or lists.
        image_size: Images are resized to this width and height, padded with black; 0 leaves them
            as they are [px].
        tls: For ``wss://`` with a certificate that this machine does not know.

    Attributes:
        retries: Requests that were asked again.
    """

    def __init__(self, url: str = 'ws://127.0.0.1:8000', *, token: str = '', timeout: float = 30.0,
                 attempts: int = 3, encoding: str = 'msgpack', image_size: int = 0,
                 tls: ssl.SSLContext | None = None) -> None:
        if encoding not in ENCODINGS:
            raise ValueError(f'encoding must be one of {", ".join(ENCODINGS)}, got {encoding!r}')
        if attempts < 1:
            raise ValueError(f'attempts must be >= 1, got {attempts}')
        if not timeout > 0:
            raise ValueError(f'timeout must be > 0, got {timeout}')
        if image_size < 0:
            raise ValueError(f'image_size must be >= 0, got {image_size}')
        parts = urlsplit(url)
        if parts.path in ('', '/'):
            url = urlunsplit(parts._replace(path='/ws'))
        self.retries = 0
        self._timeout, self._attempts = timeout, attempts
        self._encoding, self._image_size = encoding, image_size
        self._link = Link(url, {'Authorization': f'Bearer {token}'} if token else {}, tls,
                          self._on_frame, self._on_lost)
        self._ids = itertools.count(1)
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._turn = asyncio.Lock()
        self._listeners: set[asyncio.Queue[Refresh | ClientError | None]] = set()
        self._renewed: Mapping[str, Any] | None = None
        self._renewing: asyncio.Task[Any] | None = None

    async def __aenter__(self) -> AsyncClient:
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def reconnects(self) -> int:
        """How often the connection was made anew."""
        return max(self._link.made - 1, 0)

    async def connect(self) -> None:
        """Connect; `infer` does it too.

        Raises:
            Unreachable: It did not work within ``timeout``, or the gateway does not let us in.
        """
        try:
            await asyncio.wait_for(self._link.connection(), self._timeout)
        except asyncio.TimeoutError as error:
            why = self._link.trouble or (f'{self._link.url} does not answer; is a gateway there, '
                                         'with TLS for wss:// only?')
            raise Unreachable(f'not connected within {self._timeout:g} s: {why}') from error

    async def close(self) -> None:
        """Disconnect."""
        self._renewed = None
        self._tell(None)
        await self._link.close()

    async def infer(self, images: Mapping[str, Any], high_level_prompt: str = '',
                    low_level_prompt: str = '', state: Sequence[float] | None = None, *,
                    generate_subtask: bool = True, max_decoding_steps: int = 25,
                    temperature: float = 0.1, subtask_refresh_interval: float | None = None
                    ) -> Answer:
        """Ask for actions.

        Args:
            images: Name -> file, or RGB array (H, W, 3) of uint8.
            high_level_prompt: Instruction; empty for policy_node's own.
            low_level_prompt: Subtask to pursue when none is to be generated.
            state: Of the robot, shape (N,).
            generate_subtask: Whether a policy of two levels chooses the subtask.
            max_decoding_steps: Tokens of a subtask at most.
            temperature: Of sampling a subtask.
            subtask_refresh_interval: Renew the subtask so often [s] and tell; None for never.

        Raises:
            ImageError: An image cannot be loaded.
            Refused: The gateway says why not.
            TimedOut: There is no answer in time.
            Unreachable: There is no gateway.
        """
        began = time.perf_counter()
        reply = await self._ask(await asyncio.to_thread(self._body, {
            'images': images, 'high_level_prompt': high_level_prompt,
            'low_level_prompt': low_level_prompt, 'state': state,
            'generate_subtask': generate_subtask, 'max_decoding_steps': max_decoding_steps,
            'temperature': temperature, 'subtask_refresh_interval': subtask_refresh_interval}))
        return answer_of(reply, _ms_since(began))

    async def batch(self, requests: Sequence[Mapping[str, Any]]) -> list[Answer | Refused]:
        """Ask several requests in one message; one that fails does not touch the others.

        Args:
            requests: Arguments of `infer` for each.

        Returns:
            For each its answer or why there is none.

        Raises:
            ImageError: An image cannot be loaded.
            Refused: The message as a whole is refused.
            TimedOut: There is no answer in time.
            Unreachable: There is no gateway.
        """
        began = time.perf_counter()
        reply = await self._ask({'requests': [await asyncio.to_thread(self._body, each)
                                              for each in requests]})
        if 'responses' not in reply:
            answer_of(reply, _ms_since(began))
        answers: list[Answer | Refused] = []
        for each in reply['responses']:
            try:
                answers.append(answer_of(each, _ms_since(began)))
            except Refused as refused:
                answers.append(refused)
        return answers

    async def refreshes(self) -> AsyncIterator[Refresh]:
        """Renewed subtasks, as they come, until `close`; of a session that asked with an interval.

        Raises:
            Unreachable: The gateway does not let us in again.
        """
        unread: asyncio.Queue[Refresh | ClientError | None] = asyncio.Queue(UNREAD)
        self._listeners.add(unread)
        try:
            while came := await unread.get():
                if isinstance(came, ClientError):
                    raise came
                yield came
        finally:
            self._listeners.discard(unread)

    async def listen_for_refresh_messages(
            self, callback: Callable[[Refresh], Awaitable[None] | None]) -> None:
        """Call a function, or await a coroutine, with each renewed subtask; as `refreshes`."""
        async for refresh in self.refreshes():
            result = callback(refresh)
            if inspect.isawaitable(result):
                await result

    # ---- requests ----
    def _body(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """A request as it travels: without what is not given, images encoded."""
        encode = ENCODINGS[self._encoding]
        body = {name: value for name, value in request.items() if value is not None}
        body['images'] = {name: encode(prepare(name, image, self._image_size))
                          for name, image in request.get('images', {}).items()}
        if 'state' in body:
            body['state'] = np.asarray(body['state'], dtype=np.float64).tolist()
        return body

    async def _ask(self, message: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return await asyncio.wait_for(self._until_answered(message), self._timeout)
        except asyncio.TimeoutError as error:
            why = f': {self._link.trouble}' if self._link.trouble else ''
            raise TimedOut(f'{self._link.url} gave no answer within {self._timeout:g} s{why}'
                           ) from error

    async def _until_answered(self, message: Mapping[str, Any]) -> dict[str, Any]:
        attempt = 1
        while True:
            try:
                reply = await self._once(message)
                if reply.get('error_type') != 'limit' or attempt == self._attempts:
                    self._renewed = message if _has_interval(message) else None
                    return reply
                await asyncio.sleep(pause(attempt))
            except Lost:
                if attempt == self._attempts:
                    raise
            attempt += 1
            self.retries += 1

    async def _once(self, message: Mapping[str, Any]) -> dict[str, Any]:
        async with self._turn:
            return await self._asked_on(await self._link.connection(), message)

    async def _asked_on(self, connection: ClientConnection, message: Mapping[str, Any]
                        ) -> dict[str, Any]:
        request_id = next(self._ids)
        answered = self._asked[request_id] = asyncio.get_running_loop().create_future()
        frame = messages.dumps({**message, 'request_id': request_id},
                               binary=self._encoding == 'msgpack')
        try:
            await connection.send(frame)
            return await answered
        except ConnectionClosed as error:
            answered.cancel()
            raise lost_by(self._link.url, error) from error
        finally:
            del self._asked[request_id]

    def _on_frame(self, frame: str | bytes) -> None:
        message = messages.loads(frame)
        if message.get('type') == 'subtask_refresh':
            self._tell(refresh_of(message))
            return
        # An answer without an id is to a message that the gateway could not read.
        answered = self._asked.get(message.get('request_id', next(iter(self._asked), 0)))
        if answered is not None and not answered.done():
            answered.set_result(message)

    def _on_lost(self, lost: ClientError) -> None:
        for answered in self._asked.values():
            if not answered.done():
                answered.set_exception(lost)
        if not isinstance(lost, Lost):
            self._tell(lost)
        elif self._renewed and self._listeners and (not self._renewing or self._renewing.done()):
            self._renewing = asyncio.ensure_future(self._renew(self._renewed))

    def _tell(self, news: Refresh | ClientError | None) -> None:
        for unread in self._listeners:
            if unread.full():
                unread.get_nowait()
            unread.put_nowait(news)

    async def _renew(self, message: Mapping[str, Any]) -> None:
        """Have a new session's subtask refreshed as that of the one before."""
        with suppress(ClientError):     # the next request tells the caller
            await self._until_answered(message)


def _has_interval(message: Mapping[str, Any]) -> bool:
    return any(each.get('subtask_refresh_interval')
               for each in message.get('requests', [message]))


def _ms_since(began: float) -> float:
    return (time.perf_counter() - began) * 1e3
