"""Earlier instants for policies that look at more than the newest one, for each session."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any


class History:
    """What was seen at which control step.

    Args:
        instants: Key -> how many instants the policy looks at, the newest included.
    """

    def __init__(self, instants: Mapping[str, int]) -> None:
        self._instants = instants
        self._longest = max(instants.values(), default=1) - 1
        self._seen: dict[str, deque[tuple[int, Mapping[str, Any]]]] = {}

    def forget(self, session_id: str) -> None:
        """Forget one session."""
        self._seen.pop(session_id, None)

    def add(self, session_id: str, timestep: int, batch: Mapping[str, Any]
            ) -> dict[str, list[Any]]:
        """Remember an instant, and give it with those before it.

        Args:
            session_id: Run of the bridge.
            timestep: Control step of the instant.
            batch: Key -> value; others than those of ``instants`` are ignored.

        Returns:
            Key -> values, oldest first. A control step at which nothing was seen has the value of
            the next one at which something was, as at the beginning of an episode in training:
            a repeated picture is one that the policy knows, an older one would look like speed.
        """
        seen = self._seen.setdefault(session_id, deque())
        while seen and seen[-1][0] >= timestep:
            seen.pop()      # asked again
        seen.append((timestep, {key: batch[key] for key in self._instants if key in batch}))
        while seen[0][0] < timestep - self._longest:
            seen.popleft()
        past = {key: [next(values[key] for step, values in seen if step >= timestep - back)
                      for back in reversed(range(count))]
                for key, count in self._instants.items() if key in batch}
        if not self._longest:
            del self._seen[session_id]
        return past
