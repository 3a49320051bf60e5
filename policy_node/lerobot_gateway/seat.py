"""Whose a robot is: one client at a time, until it goes. Pure."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from policy_node.lerobot_gateway.session import Refused, Session

LEASE = 5.0
"""How long a client whose connection still stands keeps its robot without a call [s]."""


class Seat:
    """Lets one client have a robot, however many want it.

    A client is known by its connection. If that breaks and it comes again without a Ready, as
    LeRobot's client does, it goes on with its session.

    Args:
        begin: Makes a session.
        clock: Steady time [s].
    """

    def __init__(self, begin: Callable[[], Session],
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._begin, self._clock = begin, clock
        self._lock = Lock()
        self._holder, self._calls, self._last = '', 0, 0.0
        self._session: Session | None = None

    def take(self, peer: str) -> None:
        """A client begins.

        Raises:
            Refused: Another one has the robot.
        """
        with self._lock:
            self._sit(peer)
            before, self._session = self._session, self._begin()
        if before is not None:
            before.interrupt()

    @contextmanager
    def call(self, peer: str) -> Iterator[Session]:
        """Around one call of a client.

        Raises:
            Refused: It never began, or another one has the robot.
        """
        with self._lock:
            if self._session is None:
                raise Refused('FAILED_PRECONDITION', 'no client has called Ready since the gateway '
                              'was started: start robot_client again')
            session, came_again = self._session, peer != self._holder
            self._sit(peer)
            self._calls += 1
        if came_again:
            session.interrupt()     # an answer may have been lost with the connection
        try:
            yield session
        finally:
            with self._lock:
                self._calls -= 1
                self._last = self._clock()

    def left(self, peer: str) -> None:
        """A call of a client ended without an answer: it went."""
        with self._lock:
            if peer != self._holder:
                return
            self._holder, session = '', self._session
        if session is not None:
            session.interrupt()

    def _sit(self, peer: str) -> None:
        now = self._clock()
        if self._holder not in ('', peer) and (self._calls or now - self._last < LEASE):
            raise Refused('RESOURCE_EXHAUSTED', f'this robot has a client, {self._holder}: end it, '
                          'or use the port of another robot (parameter robots of the gateway)')
        self._holder, self._last = peer, now
