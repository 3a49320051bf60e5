"""One client from its Ready on: what it saw last, and whether that is worth an answer. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Condition, Lock

import numpy as np
from numpy.typing import NDArray

from policy_node.lerobot_gateway.fitting import Fit, Sample
from segue_core.chunk import Chunk


class Refused(Exception):
    """A call that is not served.

    Attributes:
        code: Name of its gRPC status.
        reason: Why, and what to do.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@dataclass(frozen=True, slots=True)
class Asked:
    """An observation that waits for its answer.

    Attributes:
        timestamp: When it was made [s, the client's clock].
        timestep: Of the client.
        must_go: It may not be skipped.
        sample: In the contract's terms.
    """

    timestamp: float
    timestep: int
    must_go: bool
    sample: Sample


class ObservationFilter:
    """LeRobot's rule of what its server skips, except that what failed was not answered.

    Args:
        atol: Distance of two states, in their units, below which they are the same.
    """

    def __init__(self, atol: float) -> None:
        self._atol = atol
        self.forget()

    def forget(self) -> None:
        """The last one got no answer: whatever comes next is needed."""
        self._taken: tuple[int, NDArray[np.float64]] | None = None

    def taken(self, asked: Asked) -> None:
        """It is being answered."""
        self._taken = asked.timestep, asked.sample.state

    def passes(self, asked: Asked) -> bool:
        """Whether it is worth an answer."""
        if asked.must_go or self._taken is None:
            return True
        timestep, state = self._taken
        return bool(asked.timestep > timestep
                    and np.linalg.norm(asked.sample.state - state) >= self._atol)


class Session:
    """What one client has told. Its calls come on threads of their own.

    Args:
        session_id: Of its requests.
        start_ns: When it began [ns, ROS time].
        similarity_atol: See `ObservationFilter`.
    """

    def __init__(self, session_id: str, start_ns: int, similarity_atol: float) -> None:
        self.session_id, self.start_ns = session_id, start_ns
        self.fit: Fit | None = None
        self.rows = self.requests = 0
        self._filter = ObservationFilter(similarity_atol)
        self._changed = Condition()
        self._asking = Lock()
        self._newest: Asked | None = None
        self._answer: Future[Chunk] | None = None
        self._interrupted = False

    def see(self, asked: Asked) -> bool:
        """Keep an observation in the place of the last one.

        Returns:
            Whether it was kept rather than skipped.
        """
        with self._changed:
            if not self._filter.passes(asked):
                return False
            urgent = asked.must_go or (self._newest is not None and self._newest.must_go)
            self._newest = replace(asked, must_go=urgent)
            self._changed.notify_all()
            return True

    @contextmanager
    def newest(self, seconds: float) -> Iterator[Asked | None]:
        """Wait for the newest observation; what fails within is asked for again.

        Args:
            seconds: How long.

        Returns:
            Around its inference, one at a time: the observation, or None when there was none.
        """
        with self._asking:
            asked = self._take(seconds)
            try:
                yield asked
            except BaseException:
                with self._changed:
                    self._filter.forget()
                raise

    def expect(self, answer: Future[Chunk]) -> None:
        """Tell what is waited for, so that `interrupt` can cancel it."""
        with self._changed:
            self._answer = answer
            if self._interrupted:
                answer.cancel()

    def interrupt(self) -> None:
        """End every wait: the client went, or began anew. What it missed is asked for again."""
        with self._changed:
            self._interrupted, self._newest = True, None
            self._filter.forget()
            self._changed.notify_all()
            if self._answer is not None:
                self._answer.cancel()

    def _take(self, seconds: float) -> Asked | None:
        with self._changed:
            self._interrupted = False
            self._changed.wait_for(lambda: self._newest is not None or self._interrupted, seconds)
            if self._interrupted or self._newest is None:
                return None
            asked, self._newest = self._newest, None
            self._filter.taken(asked)
            return asked
