"""One client, from its first message to its last: one request at a time, each is answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar
from uuid import uuid4

import numpy as np
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from policy_node.gateway import messages, openpi
from policy_node.gateway.counts import GatewayCounts
from policy_node.gateway.errors import Limited, TooLate, kind_of, text_of
from policy_node.gateway.features import FeatureMap, Given, given_fields, given_keys
from policy_node.gateway.jobs import GatewayJob
from policy_node.gateway.limits import RateLimit
from policy_node.gateway.parameters import Params
from policy_node.gateway.subtasks import PolicysOwn, Subtasks
from policy_node.inference import InferenceThread
from policy_node.scheduler import Waiting
from segue_core.chunk import Chunk

T = TypeVar('T')


class Log(Protocol):
    """What is used of a node's logger; from any thread."""

    def info(self, message: str) -> Any:
        """Tell."""

    def warning(self, message: str, *, throttle_duration_sec: float) -> Any:
        """Tell, but not too often [s]."""


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What all conversations have in common.

    Attributes:
        params: ``gateway.*``.
        inference: Where requests go.
        features: What becomes of a client's names.
        prompt: The instruction of requests without one.
        log: Where to tell people.
        subtasks: Who keeps them.
        counts: What happened.
        workers: Threads that read messages, so that a large one holds up no other client.
    """

    params: Params
    inference: InferenceThread
    features: FeatureMap
    prompt: Callable[[], str]
    log: Log
    subtasks: Subtasks = field(default_factory=PolicysOwn)
    counts: GatewayCounts = field(default_factory=GatewayCounts)
    workers: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(2, thread_name_prefix='gateway'))


class Conversation:
    """Answers one client.

    Args:
        shared: What it shares with others.
        connection: To the client.
        seat: Number of its place; names its turns in the scheduler.
        speaks_openpi: Whether binary frames are openpi's; else they are our own messages.
    """

    def __init__(self, shared: Shared, connection: ServerConnection, seat: int, *,
                 speaks_openpi: bool) -> None:
        self.session_id = uuid4().hex
        self._shared, self._connection, self._seat = shared, connection, seat
        self._speaks_openpi = speaks_openpi
        self._rate = RateLimit(shared.params.rate_limit, time.monotonic_ns())
        self._timeout_ns = round(shared.params.request_timeout * 1e9)
        self._sessions: set[str] = set()
        self._refreshes: set[asyncio.Task[None]] = set()
        self._binary = False
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
        except ConnectionClosed:
            pass
        finally:
            for task in self._refreshes:
                task.cancel()
            self._shared.inference.call(self._end_sessions)

    def refreshed(self, text: str, tokens: Sequence[int], count: int) -> None:
        """Tell the client of a new subtask; drops it when the client does not read."""
        if len(self._refreshes) >= self._shared.params.send_queue:
            self._shared.counts.dropped_refreshes += 1
            return
        message = messages.refresh(text, tokens, count, time.time())
        task = asyncio.ensure_future(self._send(messages.dumps(message, binary=self._binary)))
        self._refreshes.add(task)
        task.add_done_callback(self._refreshes.discard)
        self._shared.counts.refreshes += 1

    # ---- frames ----
    async def _serve(self, frame: str | bytes) -> None:
        began_ns = time.monotonic_ns()
        if isinstance(frame, bytes) and self._speaks_openpi:
            answer = await self._openpi(frame, began_ns)
        else:
            answer = await self._message(frame, began_ns)
        await self._send(answer)
        self._previous_ns = time.monotonic_ns() - began_ns

    async def _send(self, frame: str | bytes) -> None:
        try:
            await asyncio.wait_for(self._connection.send(frame), self._shared.params.send_timeout)
        except asyncio.TimeoutError:
            self._shared.counts.slow_clients += 1
            self._shared.log.warning(f'gateway: {self.session_id} does not read; disconnected',
                                     throttle_duration_sec=2.0)
            await self._connection.close(CloseCode.POLICY_VIOLATION, 'messages were not read '
                                         'within gateway.send_timeout')
        except ConnectionClosed:
            pass

    async def _message(self, frame: str | bytes, began_ns: int) -> str | bytes:
        """Answer a frame of our own messages."""
        self._binary, request_id = isinstance(frame, bytes), None
        try:
            message = await self._work(messages.loads, frame)
            request_id = messages.request_id_of(message)
            batch = messages.batch_of(message, self._shared.params.max_requests)
            answers = await self._requests([message] if batch is None else batch, began_ns)
            answer = answers[0] if batch is None else messages.successes(
                answers, time.monotonic_ns() - began_ns, request_id)
            return await self._work(partial(messages.dumps, binary=self._binary), answer)
        except Exception as error:      # every client needs an answer
            self._failed(error)
            return messages.dumps(messages.failure(error, time.monotonic_ns() - began_ns,
                                                   request_id), binary=self._binary)

    async def _openpi(self, frame: bytes, began_ns: int) -> str | bytes:
        """Answer a frame of openpi's protocol; there an error is a text."""
        try:
            message = await self._work(messages.loads, frame)
            self._take(1)
            given = given_keys(message, openpi.PROMPT_KEY)
            job = await self._work(partial(self._job, 0, given, openpi.prompt_of(message)),
                                   began_ns)
            chunk, = await self._inferred([job])
            if isinstance(chunk, Exception):
                raise chunk
            self._succeeded()
            state = job.features.get(self._shared.features.state_feature)
            return messages.dumps(openpi.reply(chunk, state, time.monotonic_ns() - began_ns,
                                               self._previous_ns), binary=True)
        except Exception as error:
            self._failed(error)
            return text_of(error)

    # ---- requests ----
    async def _requests(self, items: Sequence[Any], began_ns: int) -> list[dict[str, Any]]:
        """Answer requests, all at once; one that fails does not touch the others."""
        self._take(len(items))
        prepared = [await self._work(partial(self._prepared, at, item), began_ns)
                    for at, item in enumerate(items)]
        jobs = [each[1] for each in prepared if isinstance(each, tuple)]
        chunks = iter(await self._inferred(jobs))
        return [self._answer(item, each, next(chunks) if isinstance(each, tuple) else each,
                             time.monotonic_ns() - began_ns)
                for item, each in zip(items, prepared, strict=True)]

    def _prepared(self, at: int, item: Any, began_ns: int
                  ) -> tuple[messages.InferRequest, GatewayJob] | Exception:
        try:
            request = messages.request_of(item)
            given = given_fields(request.images, request.state,
                                 self._shared.features.state_feature)
            job = self._job(at, given, request.prompt, began_ns)
            self._shared.subtasks.want(job.session_id, request)
            return request, job
        except Exception as error:
            return error

    def _answer(self, item: Any, prepared: Any, answer: Chunk | Exception, total_ns: int
                ) -> dict[str, Any]:
        if isinstance(answer, Exception):
            self._failed(answer)
            return messages.failure(answer, total_ns, messages.request_id_of(item))
        self._succeeded()
        request, job = prepared
        subtask = self._shared.subtasks.pursued(job.session_id, request, answer)
        return messages.success(request, answer, subtask, total_ns)

    def _job(self, at: int, given: Mapping[str, Given], prompt: str, began_ns: int) -> GatewayJob:
        """Request number ``at`` of a message; on a worker."""
        metadata = self._shared.inference.server.loaded().metadata
        features: Mapping[str, np.ndarray] = self._shared.features.features(
            given, metadata.features, metadata.name)
        return GatewayJob(
            inference=self._shared.inference, session_id=f'{self.session_id}.{at}',
            stamp_ns=began_ns, deadline_ns=self._timeout_ns, features=features,
            prompt=prompt or self._shared.prompt())

    async def _inferred(self, jobs: Sequence[GatewayJob]) -> list[Chunk | Exception]:
        """Have requests inferred; gives up when it takes too long or the client is gone."""
        if not jobs:
            return []
        for at, job in enumerate(jobs):
            self._sessions.add(job.session_id)
            self._shared.inference.add(Waiting(f'client {self._seat}.{at}', job, False,
                                               job.stamp_ns + job.deadline_ns))
        gone = asyncio.ensure_future(self._connection.wait_closed())
        all_done = asyncio.gather(*(asyncio.wrap_future(job.result) for job in jobs))
        try:
            left_ns = jobs[0].stamp_ns + jobs[0].deadline_ns - time.monotonic_ns()
            await asyncio.wait({gone, all_done}, timeout=max(left_ns, 0) / 1e9,
                               return_when=asyncio.FIRST_COMPLETED)
            return [self._result(job) for job in jobs]
        finally:
            gone.cancel()
            all_done.cancel()

    def _result(self, job: GatewayJob) -> Chunk | Exception:
        if job.result.done():
            return job.result.result()
        return TooLate(f'no answer within gateway.request_timeout, '
                       f'{self._shared.params.request_timeout:g} s')

    # ---- the rest ----
    def _take(self, count: int) -> None:
        self._shared.counts.requests += count
        if wait := self._rate.take(count, time.monotonic_ns()):
            raise Limited(f'more requests than gateway.rate_limit, '
                          f'{self._shared.params.rate_limit:g} per second; try again in '
                          f'{wait:.2f} s')

    def _succeeded(self) -> None:
        self._shared.counts.answers += 1
        self._shared.counts.last_error = ''

    def _failed(self, error: Exception) -> None:
        self._shared.counts.errors += 1
        self._shared.counts.last_error = text_of(error)
        self._shared.log.warning(f'gateway: {self.session_id}: {kind_of(error)}: {text_of(error)}',
                                 throttle_duration_sec=2.0)

    def _end_sessions(self) -> None:
        """On the inference thread, after what it has of them."""
        for session_id in self._sessions:
            self._shared.inference.server.end(session_id)
            self._shared.subtasks.forget(session_id)

    async def _work(self, call: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._shared.workers, call, *args)

