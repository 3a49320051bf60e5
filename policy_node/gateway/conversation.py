"""One client, from its first message to its last: one request at a time, each is answered."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from policy_node.gateway import messages, openpi
from policy_node.gateway.errors import BadRequest, ClientGone, kind_of, sendable, text_of
from policy_node.gateway.features import given_fields, given_keys
from policy_node.gateway.images import PixelBudget
from policy_node.gateway.jobs import GatewayJob
from policy_node.gateway.outbox import Outbox
from policy_node.gateway.shared import Shared
from policy_node.gateway.subtasks import pursued
from policy_node.gateway.turns import Turns
from segue_core.chunk import Chunk

T = TypeVar('T')
Prepared = tuple[messages.InferRequest, GatewayJob]


class Conversation:
    """Answers one client.

    Args:
        shared: What it shares with others.
        connection: To the client.
        seat: Number of its place.
        speaks_openpi: Whether binary frames are openpi's; else they are our own messages.

    Attributes:
        turns: Its requests and sessions.
    """

    def __init__(self, shared: Shared, connection: ServerConnection, seat: int, *,
                 speaks_openpi: bool) -> None:
        self._shared, self._connection = shared, connection
        self._speaks_openpi = speaks_openpi
        self._outbox = Outbox(shared, connection)
        self.turns = Turns(shared, connection, seat, self._outbox.tell)
        self._previous_ns: int | None = None

    async def run(self, first: str | bytes | None) -> None:
        """Answer until the client is gone.

        Args:
            first: Its first message, if that came already.
        """
        try:
            if first is not None:
                await self._serve(first)
            async for frame in self._connection:
                await self._serve(frame)
        except (ConnectionClosed, ClientGone):
            pass
        finally:
            self._outbox.close()
            self.turns.end()

    async def _serve(self, frame: str | bytes) -> None:
        came_ns = time.monotonic_ns()
        if isinstance(frame, bytes) and self._speaks_openpi:
            answer = await self._openpi(frame, came_ns)
        else:
            answer = await self._messages(frame, came_ns)
        await self._outbox.send(answer)
        self._previous_ns = time.monotonic_ns() - came_ns

    async def _openpi(self, frame: bytes, came_ns: int) -> str | bytes:
        """Answer a frame of openpi's protocol; there an error is a text."""
        try:
            try:
                message = await self._work(messages.loads, frame)
            finally:
                self.turns.take(1)
            given = await self._work(given_keys, message, openpi.PROMPT_KEY)
            job = await self._work(self.turns.job, 0, given, openpi.prompt_of(message), came_ns,
                                   None, self._budget())
            chunk = (await self.turns.inferred({0: job}))[0]
            if isinstance(chunk, Exception):
                raise chunk
            self._succeeded()
            state = job.features.get(self._shared.features.state_feature)
            return messages.dumps(openpi.reply(chunk, state, _since(came_ns), self._previous_ns),
                                  binary=True)
        except ClientGone:
            raise
        except Exception as error:      # every client needs an answer
            self._failed(error)
            return text_of(error)

    async def _messages(self, frame: str | bytes, came_ns: int) -> str | bytes:
        """Answer a frame of our own messages."""
        self._outbox.binary, request_id = isinstance(frame, bytes), None
        dumps = partial(messages.dumps, binary=self._outbox.binary)
        try:
            try:
                message = await self._work(messages.loads, frame)
                request_id = messages.request_id_of(message)
                batch = messages.batch_of(message, self._shared.params.max_requests)
            except BadRequest:
                self.turns.take(1)      # it was work as well
                raise
            answers = await self._answers([message] if batch is None else batch, came_ns)
            answer = answers[0] if batch is None else messages.successes(
                answers, _since(came_ns), request_id)
            return await self._work(dumps, answer)
        except ClientGone:
            raise
        except Exception as error:
            self._failed(error)
            return dumps(messages.failure(error, _since(came_ns), request_id))

    async def _answers(self, items: Sequence[Any], came_ns: int) -> list[dict[str, Any]]:
        """Answer requests, all at once; one that fails does not touch the others."""
        self.turns.take(len(items))
        budget = self._budget()
        prepared = [await self._work(self._prepared, at, item, came_ns, budget)
                    for at, item in enumerate(items)]
        usable = {at: p for at, p in enumerate(prepared) if not isinstance(p, Exception)}
        chunks = await self.turns.inferred(
            {at: job for at, (_, job) in usable.items()},
            [at for at, (request, _) in usable.items() if request.refresh_interval])
        answers = []
        for at, (item, each) in enumerate(zip(items, prepared, strict=True)):
            if isinstance(each, Exception):
                answers.append(self._refusal(item, each, _since(came_ns)))
            elif isinstance(chunk := chunks[at], Exception):
                answers.append(self._refusal(item, chunk, _since(came_ns)))
            else:
                answers.append(self._success(*each, chunk, _since(came_ns)))
        return answers

    def _prepared(self, at: int, item: Any, came_ns: int, budget: PixelBudget
                  ) -> Prepared | Exception:
        """A request that may go to its turn, or what is wrong with it; on a worker."""
        try:
            request = messages.request_of(item)
            given = given_fields(request.images, request.state,
                                 self._shared.features.state_feature)
            return request, self.turns.job(at, given, request.prompt, came_ns, request, budget)
        except Exception as error:      # becomes the answer
            return error

    def _success(self, request: messages.InferRequest, job: GatewayJob, chunk: Chunk,
                 total_ns: int) -> dict[str, Any]:
        self._succeeded()
        subtask = pursued(self._shared.inference.server, request, job, chunk)
        return messages.success(request, chunk, subtask, total_ns)

    def _refusal(self, item: Any, error: Exception, total_ns: int) -> dict[str, Any]:
        self._failed(error)
        return messages.failure(error, total_ns, messages.request_id_of(item))

    # ---- the rest ----
    def _budget(self) -> PixelBudget:
        return PixelBudget(self._shared.params.max_message_pixels)

    def _succeeded(self) -> None:
        self._shared.counts.answers += 1
        self._shared.counts.last_error = ''

    def _failed(self, error: Exception) -> None:
        self._shared.counts.errors += 1
        self._shared.counts.last_error = text_of(error)
        self._shared.log.warning(
            f'gateway: {self.turns.client_id}: {kind_of(error)}: {text_of(error)}',
            throttle_duration_sec=2.0)
        if kind_of(error) == 'internal':    # for people here; the client gets no traceback
            self._shared.log.warning(sendable(''.join(traceback.format_exception(error))),
                                     throttle_duration_sec=2.0)

    async def _work(self, call: Callable[..., T], *args: Any) -> T:
        """Call on a worker."""
        return await asyncio.get_running_loop().run_in_executor(self._shared.workers, call, *args)


def _since(came_ns: int) -> int:
    return time.monotonic_ns() - came_ns
