"""The one inference thread: takes batches from the scheduler and hands the answers out. No ROS."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Condition
from typing import Any, Protocol

from policy_node.policy import PolicyError
from policy_node.scheduler import Scheduler, Waiting
from policy_node.server import Asked, PolicyServer
from policy_node.tally import Tally
from segue_core.chunk import Chunk

Watch = Callable[[str, Asked, Chunk | Exception, int], None]


class Late(PolicyError):
    """The deadline of a request passed while it waited for its turn."""


class Job(Protocol):
    """A request whose samples are there; both methods are called from the inference thread."""

    def asked(self) -> Asked:
        """The request with its features; whatever this raises becomes the answer."""

    def answer(self, answer: Chunk | Exception) -> None:
        """Send the chunk, or why there is none."""


class InferenceThread:
    """Infers what waits, one batch at a time.

    Attributes:
        server: What answers; may be replaced.
        max_batch_size: Requests inferred at once by policies that can; may be changed.
        scheduler: What waits. Its own batch size follows from what the policy can.
        watch: Told of each answer once all of its batch are sent: who asked, what, the answer, and
            how long the request waited [ns]. On the inference thread, so it must be quick.

    Args:
        server: The first server.
        max_batch_size: As above.
        batch_wait_ns: As `Scheduler`.
        tally: Told of each batch.
    """

    def __init__(self, server: PolicyServer, max_batch_size: int, batch_wait_ns: int,
                 tally: Tally) -> None:
        self.server = server
        self.max_batch_size = max_batch_size
        self.scheduler: Scheduler[Job] = Scheduler(max_batch_size, batch_wait_ns)
        self.watch: Watch = _nobody
        self._tally = tally
        self._changed = Condition()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix='inference')

    def add(self, waiting: Waiting[Job]) -> Job | None:
        """Let a request wait for its turn.

        Returns:
            The older request of the same robot that it replaces, None without one.
        """
        with self._changed:
            old = self.scheduler.add(waiting, time.monotonic_ns())
            self._changed.notify()
        if old is not None:
            return old.request      # the turn that was asked for it is this one's now
        self._pool.submit(self._serve)
        return None

    def clear(self) -> list[Job]:
        """Forget the requests that wait, and return them."""
        with self._changed:
            return [w.request for w in self.scheduler.clear()]

    def call(self, work: Callable[[], Any],
             done: Callable[[Exception | None], Any] = lambda error: None) -> None:
        """Run ``work`` between two batches, then ``done`` with the error that it raised."""
        def run() -> None:
            try:
                work()
            except Exception as error:      # reported to who asked for the work
                done(error)
            else:
                done(None)

        self._pool.submit(run)

    def close(self) -> None:
        """Wait for the inference that runs; what waits is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _serve(self) -> None:
        """One turn: infer the next batch, if an earlier turn did not take all there was."""
        with self._changed:
            self.scheduler.max_batch_size = self.max_batch_size if self.server.batches else 1
            while wait_ns := self.scheduler.wait_ns(time.monotonic_ns()):
                self._changed.wait(wait_ns / 1e9)
            batch = self.scheduler.take(time.monotonic_ns())
        for waiting in batch.expired:
            waiting.request.answer(Late('the deadline passed while earlier requests were inferred'))
        self._infer(batch.chosen)

    def _infer(self, chosen: Sequence[Waiting[Job]]) -> None:
        usable: list[tuple[Waiting[Job], Asked]] = []
        for waiting in chosen:
            try:
                usable.append((waiting, waiting.request.asked()))
            except Exception as error:      # decoders may raise anything; robots need answers
                waiting.request.answer(error)
        if not usable:
            return
        began_ns = time.monotonic_ns()
        answers = self.server.infer_batch([asked for _, asked in usable])
        self._tally.inferred(time.monotonic_ns() - began_ns,
                             [began_ns - waiting.since_ns for waiting, _ in usable])
        for (waiting, _), answer in zip(usable, answers, strict=True):
            waiting.request.answer(answer)
        for (waiting, asked), answer in zip(usable, answers, strict=True):
            self.watch(waiting.robot, asked, answer, began_ns - waiting.since_ns)


def _nobody(who: str, asked: Asked, answer: Chunk | Exception, waited_ns: int) -> None:
    """Nobody watches."""
