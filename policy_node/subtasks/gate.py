"""Actions and decoding use one policy in turns, and actions go first. Pure: threads only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition


class DecodingAbandoned(Exception):
    """Raised by ``give_way``: the decoding is of no use any more; let it pass."""


class TurnGate:
    """One policy, used by one thread at a time.

    Decoding holds the policy only between two calls of ``give_way``, so an action waits for at most
    one step of a decoding, and a decoding for all actions that are wanted. Only what may not happen
    in the middle of a decoding has it abandoned, and the same one never twice.

    Args:
        waited: Told how long each action waited for its turn [ns]; not of those alone.
    """

    def __init__(self, waited: Callable[[int], None] = lambda waited_ns: None) -> None:
        self._waited = waited
        self._changed = Condition()
        self._wanted = 0
        self._ending: list[str | None] = []
        self._held = False
        self._decoding: str | None = None

    @contextmanager
    def wanted(self) -> Iterator[None]:
        """Announce that the policy will be needed for an action: no decoding begins or goes on."""
        with self._changed:
            self._wanted += 1
        try:
            yield
        finally:
            with self._changed:
                self._wanted -= 1
                self._changed.notify_all()

    @contextmanager
    def acting(self, *, alone: bool = False, forgetting: str | None = None) -> Iterator[None]:
        """Hold the policy for an action.

        Args:
            alone: For what may not happen in the middle of any decoding, such as another one: the
                one that is under way is abandoned first, or waited for if that happened to it
                before.
            forgetting: Session that the policy forgets: a decoding for it is abandoned first.
        """
        began = time.perf_counter_ns()
        with self.wanted():
            with self._changed:
                ends = alone or forgetting is not None and forgetting == self._decoding
                if ends:
                    self._ending.append(None if alone else forgetting)
                    self._changed.notify_all()      # a decoding that gave way is to end
                self._changed.wait_for(
                    lambda: not (self._held or ends and self._decoding is not None))
                self._held = True
            if not ends:
                self._waited(time.perf_counter_ns() - began)
            try:
                yield
            finally:
                with self._changed:
                    self._held = False
                    if ends:
                        self._ending.remove(None if alone else forgetting)
                    self._changed.notify_all()

    @contextmanager
    def decoding(self, session_id: str, *, again: bool = False) -> Iterator[Callable[[], None]]:
        """Hold the policy for a decoding, while nobody wants it for an action.

        Args:
            session_id: Whose subtask it is.
            again: It was abandoned before; now only the end of its session does that.

        Yields:
            ``give_way``, to be called between two steps.

        Raises:
            DecodingAbandoned: An action needed the policy for itself.
        """
        abandoned = False

        def give_way() -> None:
            nonlocal abandoned
            with self._changed:
                self._held = False
                self._changed.notify_all()
                self._changed.wait_for(
                    lambda: not self._held and (not self._wanted or bool(self._ending)))
                self._held = True       # also to clean up after an abandoned decoding
                abandoned = (abandoned or session_id in self._ending
                             or not again and None in self._ending)
            if abandoned:
                raise DecodingAbandoned('an action needs the policy for itself')

        with self._changed:
            self._changed.wait_for(
                lambda: not (self._held or self._wanted or self._decoding is not None))
            self._held, self._decoding = True, session_id
        try:
            yield give_way
        except Exception as error:
            if abandoned:       # whatever the policy made of it
                raise DecodingAbandoned(str(error)) from error
            raise
        finally:
            with self._changed:
                self._held, self._decoding = False, None
                self._changed.notify_all()
