"""How long a loaded policy takes, alone and in batches, and how many robots that serves."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from policy_node.policy import Observation, Policy, PolicyError
from policy_node.server import Asked, PolicyServer
from segue_core.chunk import Chunk, Request

WARM_UP = 3
"""Rounds that are not counted: memory, caches, compilers."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One point of the curve.

    Attributes:
        batch: Requests inferred at once.
        prefix: Rows that each request held; 0 without.
        requests: How many were timed.
        p50: Median time of a batch [s].
        p99: 99th percentile [s].
        rate: Answers per second.
    """

    batch: int
    prefix: int
    requests: int
    p50: float
    p99: float
    rate: float


@dataclass(frozen=True, slots=True)
class Load:
    """What one robot asks for.

    Attributes:
        control_rate: Control steps per second [Hz].
        horizon: Rows of a chunk.
        threshold: ``chunk_size_threshold``: the bridge asks when so much of a chunk is left.
    """

    control_rate: float
    horizon: int
    threshold: float

    @property
    def request_rate(self) -> float:
        """Requests per second of one robot."""
        return self.control_rate / max(self.horizon * (1 - self.threshold), 1.0)

    @property
    def patience(self) -> float:
        """How long the queued rows last when the bridge asks [s]."""
        return self.horizon * self.threshold / self.control_rate

    def in_time(self, measured: Measured) -> bool:
        """Whether an answer comes before the queue is empty, after the batch that is running."""
        return 2 * measured.p99 <= self.patience

    def robots(self, measured: Measured) -> int:
        """How many robots a policy serves at most that infers without a pause."""
        return math.floor(measured.rate / self.request_rate)


class Bench:
    """Asks a policy as policy_node does.

    Args:
        server: With a loaded policy.
        seen: What every request sees.
    """

    def __init__(self, server: PolicyServer, policy: Policy, seen: Observation) -> None:
        self._server, self._seen = server, seen
        self._metadata = policy.metadata
        self._round = 0

    def continues(self) -> bool:
        """Whether a chunk repeats the first rows of a prefix: it is loaded so that it can."""
        chunk, = self._ask(1, self._metadata.horizon)
        return chunk.frozen_rows > 0

    def measure(self, batch: int, prefix: int, requests: int, tell: Callable[[int], Any]
                ) -> Measured:
        """Time batches.

        Args:
            batch: Requests at once.
            prefix: Rows that each of them holds.
            requests: How many at least.
            tell: Called with how many more were answered.

        Raises:
            PolicyError: A request was refused.
        """
        took = []
        for _ in range(WARM_UP):
            self._ask(batch, prefix)
        for _ in range(math.ceil(requests / batch)):
            began = time.perf_counter()
            self._ask(batch, prefix)
            took.append(time.perf_counter() - began)
            tell(batch)
        p50, p99 = np.percentile(took, (50, 99))
        return Measured(batch, prefix, batch * len(took), float(p50), float(p99),
                        batch * len(took) / sum(took))

    def _ask(self, batch: int, prefix: int) -> Sequence[Chunk]:
        self._round += 1
        answers = self._server.infer_batch([
            Asked(self._request(robot, prefix), self._seen.features, self._seen.prompt)
            for robot in range(batch)])
        for failed in (self._server.batch_error, *answers):
            if isinstance(failed, Exception):
                raise PolicyError(f'{self._metadata.name} could not infer: '
                                  f'{type(failed).__name__}: {failed}') from failed
        return [answer for answer in answers if isinstance(answer, Chunk)]

    def _request(self, robot: int, prefix: int) -> Request:
        names = self._metadata.action_names
        return Request(
            session_id=f'robot_{robot}', session_start_ns=0, request_id=self._round, stamp_ns=0,
            timestep=self._round, task=self._seen.prompt, must_go=True, queue_size=prefix,
            estimated_delay=min(prefix, 1), deadline_ns=1, names=names,
            prefix=np.zeros((prefix, len(names))))


def table(points: Sequence[Measured], load: Load) -> str:
    """The curve, one point a line."""
    lines = [f'{"batch":>5} {"prefix":>6} {"p50 [ms]":>9} {"p99 [ms]":>9} {"requests/s":>10} '
             f'{"robots":>6}']
    lines += [f'{m.batch:>5} {m.prefix:>6} {m.p50 * 1e3:>9.1f} {m.p99 * 1e3:>9.1f} '
              f'{m.rate:>10.1f} {load.robots(m):>6}' for m in points]
    return '\n'.join(lines)


def arithmetic(points: Sequence[Measured], load: Load) -> str:
    """How many robots the policy serves, and from what that follows.

    Told of the point with most answers of those in time; with a prefix, if the policy continues it.
    """
    held = [m for m in points if m.prefix == max(point.prefix for point in points)]
    best = max([m for m in held if load.in_time(m)] or held, key=lambda m: m.rate)
    rows, rate, each = load.horizon, load.control_rate, load.request_rate
    verdict = 'in time' if load.in_time(best) else 'too late, robots would starve'
    return (
        f'A robot asks {each:.2f} times a second: {rate:g} Hz / ({rows} rows x '
        f'(1 - {load.threshold:g})).\n'
        f'Batches of {best.batch} answer {best.rate:.1f} requests a second: '
        f'{best.rate:.1f} / {each:.2f} = at most {load.robots(best)} robots.\n'
        f'An answer takes up to {2e3 * best.p99:.0f} ms (the batch before and its own, 2 x p99), '
        f'the queue lasts\n{load.patience * 1e3:.0f} ms ({rows} rows x {load.threshold:g} / '
        f'{rate:g} Hz): {verdict}.')
