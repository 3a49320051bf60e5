"""Which session of a bridge runs, from the messages that name it."""

from __future__ import annotations


class SessionTracker:
    """Follows session ids that arrive on several topics, in no strict order between them.

    Attributes:
        current: Session that runs; empty while none does.
    """

    def __init__(self) -> None:
        self.current = ''
        self._over: set[str] = set()

    def see(self, session_id: str) -> bool:
        """A message named a session, or none with an empty id.

        Returns:
            Whether a new session begins. A late word of one that is over does not count.
        """
        if session_id == self.current or session_id in self._over:
            return False
        if self.current:
            self._over.add(self.current)
        self.current = session_id
        return bool(session_id)
