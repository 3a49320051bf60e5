"""The requests of one client at the inference thread, and its sessions there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from uuid import uuid4

from websockets.asyncio.server import ServerConnection

from policy_node.gateway.errors import ClientGone, Limited, TooLate
from policy_node.gateway.features import Given
from policy_node.gateway.images import PixelBudget
from policy_node.gateway.jobs import GatewayJob
from policy_node.gateway.limits import RateLimit
from policy_node.gateway.messages import InferRequest
from policy_node.gateway.shared import Shared
from policy_node.gateway.subtasks import Session, settings_of
from policy_node.inference import Late
from policy_node.scheduler import Waiting
from policy_node.subtasks import CurrentSubtask
from segue_core.chunk import Chunk


class Turns:
    """Has requests inferred. Each place in a batch is a session, and a robot to the scheduler.

    Args:
        shared: What it shares with other clients.
        connection: To the client; nothing is waited for once it is gone.
        seat: Number of the client's place; names its turns, so that who comes back has no new ones.
        changed: Told of each refresh of a subtask; on any thread.

    Attributes:
        client_id: Names the client for people, and its sessions.
        sessions: Place in a batch -> session; 0 for single requests.
    """

    def __init__(self, shared: Shared, connection: ServerConnection, seat: int,
                 changed: Callable[[CurrentSubtask], None]) -> None:
        self.client_id = uuid4().hex
        self.sessions: dict[int, Session] = {}
        self._shared, self._connection, self._seat = shared, connection, seat
        self._changed = changed
        self._rate = RateLimit(shared.params.rate_limit, time.monotonic_ns())
        self._timeout = shared.params.request_timeout

    @property
    def places(self) -> list[str]:
        """Its sessions, as the scheduler knows them."""
        return [self._place(at) for at in self.sessions]

    def take(self, count: int) -> None:
        """So many requests came.

        Raises:
            Limited: They are more than the client may make.
        """
        self._shared.counts.requests += count
        if wait := self._rate.take(count, time.monotonic_ns()):
            raise Limited(f'more requests than gateway.rate_limit, '
                          f'{self._shared.params.rate_limit:g} per second; try again in '
                          f'{wait:.2f} s')

    def job(self, at: int, given: Mapping[str, Given], prompt: str, came_ns: int,
            request: InferRequest | None, budget: PixelBudget) -> GatewayJob:
        """A request on its way; on any thread.

        Args:
            at: Its place in the batch.
            given: What came with it.
            prompt: Instruction; empty for policy_node's own.
            came_ns: When [ns, steady clock].
            request: What it says of subtasks; None for nothing.
            budget: What the images of the message may take.

        Raises:
            BadRequest: A feature is missing or cannot be used.
            PolicyError: No policy is loaded.
        """
        policy = self._shared.inference.server.loaded().metadata
        return GatewayJob(
            inference=self._shared.inference, session_id=f'{self.client_id}.{at}', stamp_ns=came_ns,
            deadline_ns=round(self._timeout * 1e9), prompt=prompt or self._shared.prompt(),
            features=self._shared.features.features(given, policy.features, policy.name, budget,
                                                    has_fields=request is not None),
            settings=partial(settings_of, request) if request else None)

    async def inferred(self, jobs: Mapping[int, GatewayJob], renewed: Sequence[int] = ()
                       ) -> dict[int, Chunk | Exception]:
        """Have requests inferred; those that take too long get an error.

        Args:
            jobs: Place in the batch -> request.
            renewed: Places whose subtasks are to be renewed without being asked.

        Raises:
            ClientGone: Before all were inferred.
        """
        if not jobs:
            return {}
        for at, job in jobs.items():
            session = self.sessions.setdefault(at, Session(job.session_id, self._changed))
            session.newest = job if at in renewed else None
            self._shared.inference.add(Waiting(self._place(at), job, False,
                                               job.stamp_ns + job.deadline_ns))
        came_ns = next(iter(jobs.values())).stamp_ns
        left = self._timeout - (time.monotonic_ns() - came_ns) / 1e9
        gone = asyncio.ensure_future(self._connection.wait_closed())
        waits = [asyncio.wrap_future(job.result) for job in jobs.values()]
        all_done = asyncio.ensure_future(asyncio.wait(waits))
        try:
            await asyncio.wait({gone, all_done}, timeout=max(left, 0),
                               return_when=asyncio.FIRST_COMPLETED)
            if gone.done() and not all_done.done():
                raise ClientGone
            return {at: self._result(job) for at, job in jobs.items()}
        finally:
            gone.cancel()
            all_done.cancel()
            for job in jobs.values():   # who waits in vain is not inferred
                job.result.cancel()

    def end(self) -> None:
        """The client is gone: forget its sessions, after what is being inferred of them."""
        def forget() -> None:
            for session in self.sessions.values():
                self._shared.inference.server.end(session.session_id)

        self._shared.inference.call(forget)

    def _place(self, at: int) -> str:
        return f'client {self._seat}.{at}'

    def _result(self, job: GatewayJob) -> Chunk | Exception:
        if job.result.done() and not isinstance(answer := job.result.result(), Late):
            return answer
        return TooLate(f'no answer within gateway.request_timeout, {self._timeout:g} s')


def split(session_id: str) -> tuple[str, int]:
    """Client and place in its batch that a session belongs to; place -1 for nobody's."""
    client_id, _, at = session_id.rpartition('.')
    return client_id, int(at) if at.isdecimal() else -1
