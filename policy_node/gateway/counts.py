"""What the gateway counted since it was opened, for people."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class GatewayCounts:
    """Changed by the gateway's thread alone.

    Attributes:
        clients: Connected now.
        connections: That were accepted.
        turned_away: That were not: no token, another site's page, too many.
        requests: That came, each of a batch for itself.
        answers: With actions.
        errors: Answers with an error.
        refreshes: Subtask refreshes that were sent.
        dropped_refreshes: That were not, because the client did not read.
        slow_clients: Disconnected because they did not read.
        last_error: Why the newest answer is an error; empty if it is not.
    """

    clients: int = 0
    connections: int = 0
    turned_away: int = 0
    requests: int = 0
    answers: int = 0
    errors: int = 0
    refreshes: int = 0
    dropped_refreshes: int = 0
    slow_clients: int = 0
    last_error: str = ''
