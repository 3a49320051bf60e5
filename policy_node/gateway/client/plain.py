"""The client for programs without asyncio: an `AsyncClient` on a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from policy_node.gateway.client.asynchronous import AsyncClient
from policy_node.gateway.client.values import Answer, Refresh, Refused

T = TypeVar('T')


class Client:
    """Asks a gateway; may be used from several threads.

    Args:
        url: As `AsyncClient`.
        options: As `AsyncClient`.

    Raises:
        Unreachable: There is no gateway, or it does not let us in.
    """

    def __init__(self, url: str = 'ws://127.0.0.1:8000', **options: Any) -> None:
        self._client = AsyncClient(url, **options)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name='segue-client',
                                        daemon=True)
        self._thread.start()
        try:
            self._wait(self._client.connect())
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def retries(self) -> int:
        """Requests that were asked again."""
        return self._client.retries

    @property
    def reconnects(self) -> int:
        """How often the connection was made anew."""
        return self._client.reconnects

    def infer(self, images: Mapping[str, Any], high_level_prompt: str = '', **options: Any
              ) -> Answer:
        """Ask for actions, as `AsyncClient.infer`."""
        return self._wait(self._client.infer(images, high_level_prompt, **options))

    def batch(self, requests: Sequence[Mapping[str, Any]]) -> list[Answer | Refused]:
        """Ask several requests in one message, as `AsyncClient.batch`."""
        return self._wait(self._client.batch(requests))

    def listen_for_refresh_messages(self, callback: Callable[[Refresh], None]) -> Future[None]:
        """Have a function called with each renewed subtask, on the client's thread.

        The function must be quick, and cannot ask the client itself.

        Returns:
            Cancel it to listen no more; it has the error that the function raised.
        """
        return asyncio.run_coroutine_threadsafe(
            self._client.listen_for_refresh_messages(callback), self._loop)

    def close(self) -> None:
        """Disconnect; to be called once."""
        self._wait(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        await self._client.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._loop.shutdown_default_executor()

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError('a function that is called with refreshes runs on the thread that '
                               'would do this; do it on another one, or use AsyncClient')
        waiting = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return waiting.result()
        except BaseException:       # Ctrl-C while waiting
            waiting.cancel()
            raise
