"""Gathers what comes while a batch is inferred into the next one. No Ray.

`ray.serve.batch` closes a batch `batch_wait` after its first request, even if the one before is
still inferred: under load its batches stay small.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Q = TypeVar('Q')
A = TypeVar('A')


class Batches(Generic[Q, A]):
    """Questions wait here for their batch. Used from one event loop.

    Args:
        answer: Answers a batch, in its order; runs on the thread.
        thread: Where; a batch at a time.

    Attributes:
        max_size: Largest batch.
        wait: How long a question waits for company while nothing is inferred [s].
    """

    def __init__(self, answer: Callable[[Sequence[Q]], Sequence[A]], thread: ThreadPoolExecutor
                 ) -> None:
        self.max_size, self.wait = 1, 0.0
        self._answer, self._thread = answer, thread
        self._waiting: list[tuple[Q, asyncio.Future[A]]] = []
        self._full = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None

    async def ask(self, question: Q) -> A:
        """Answer a question, together with others."""
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if len(self._waiting) >= self.max_size:
            self._full.set()
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())
        return await answer

    async def _serve(self) -> None:
        """Infer until nothing waits; whoever was cancelled is left out."""
        await self._company()
        while self._waiting:
            batch = [each for each in self._waiting if not each[1].done()]
            batch, self._waiting = batch[:self.max_size], batch[self.max_size:]
            try:
                answers = await asyncio.get_running_loop().run_in_executor(
                    self._thread, self._answer, [question for question, _ in batch])
            except Exception as error:      # who asked is told, and the next batch has its turn
                for _, waiting in batch:
                    if not waiting.done():
                        waiting.set_exception(error)
                continue
            for (_, waiting), answer in zip(batch, answers, strict=True):
                if not waiting.done():
                    waiting.set_result(answer)

    async def _company(self) -> None:
        """Wait for others, until the batch is full."""
        self._full.clear()
        if len(self._waiting) < self.max_size:
            try:
                await asyncio.wait_for(self._full.wait(), self.wait)
            except asyncio.TimeoutError:
                pass
