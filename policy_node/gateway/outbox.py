"""What goes out to one client, however slowly it reads."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from policy_node.gateway import messages
from policy_node.gateway.shared import Shared
from policy_node.subtasks import CurrentSubtask


class Outbox:
    """Sends answers and refreshes. Answers wait, refreshes are dropped, and who reads nothing goes.

    Args:
        shared: Limits and counts.
        connection: To the client.

    Attributes:
        binary: Whether refreshes go out in msgpack, as the client's newest request came.
    """

    def __init__(self, shared: Shared, connection: ServerConnection) -> None:
        self.binary = False
        self._shared, self._connection = shared, connection
        self._loop = asyncio.get_running_loop()
        self._refreshes: set[asyncio.Task[None]] = set()

    async def send(self, frame: str | bytes) -> None:
        """Send; disconnects a client that does not take it in time."""
        try:
            await asyncio.wait_for(self._connection.send(frame), self._shared.params.send_timeout)
        except asyncio.TimeoutError:
            self._shared.counts.slow_clients += 1
            self._shared.log.warning(
                f'gateway: {self._connection.remote_address[0]} does not read; disconnected',
                throttle_duration_sec=2.0)
            await self._connection.close(CloseCode.POLICY_VIOLATION,
                                         'messages were not read within gateway.send_timeout')
        except ConnectionClosed:
            pass

    def tell(self, new: CurrentSubtask) -> None:
        """A subtask was renewed; from any thread."""
        with suppress(RuntimeError):    # the gateway was closed meanwhile
            self._loop.call_soon_threadsafe(self._refresh, new)

    def close(self) -> None:
        """Send no more."""
        for task in self._refreshes:
            task.cancel()

    def _refresh(self, new: CurrentSubtask) -> None:
        if len(self._refreshes) >= self._shared.params.send_queue:
            self._shared.counts.dropped_refreshes += 1
            return
        message = messages.refresh(new.text, new.tokens, new.refresh_count, time.time())
        task = asyncio.ensure_future(self.send(messages.dumps(message, binary=self.binary)))
        self._refreshes.add(task)
        task.add_done_callback(self._refreshes.discard)
        self._shared.counts.refreshes += 1
