"""What a client gets: answers, refreshes, errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


class ClientError(RuntimeError):
    """There is no answer: `Refused`, `TimedOut` or `Unreachable`."""


class Refused(ClientError):
    """The gateway answered with an error.

    Attributes:
        kind: bad_request, limit, timeout, policy or internal.
    """

    def __init__(self, text: str, kind: str) -> None:
        super().__init__(text)
        self.kind = kind


class TimedOut(ClientError):
    """There was no answer in time; if it comes later, it is dropped."""


class Unreachable(ClientError):
    """There is no gateway, or it does not let us in."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """Actions and what belongs to them.

    Attributes:
        actions: Shape (H, D); a row is due each control step.
        subtask: What they pursue; empty without subtasks.
        subtask_tokens: Token ids of it.
        state: That of the request, shape (N,); empty without one.
        timing: Of the model, and under ``server_ms`` and ``client_ms`` of everything [ms].
        subtask_refresh_interval: Time between refreshes [s]; None for none.
        ignored_fields: What the gateway did not understand.
    """

    actions: NDArray[np.float64]
    subtask: str
    subtask_tokens: tuple[int, ...]
    state: NDArray[np.float64]
    timing: Mapping[str, float]
    subtask_refresh_interval: float | None
    ignored_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refresh:
    """A subtask that was renewed. Its fields may be read as those of the message: `r['subtask']`.

    Attributes:
        subtask: In words.
        subtask_tokens: Token ids of it.
        refresh_count: Counts the subtasks of the session.
        timestamp: When, by the gateway's clock [s since 1970].
    """

    subtask: str
    subtask_tokens: tuple[int, ...]
    refresh_count: int
    timestamp: float

    def __getitem__(self, name: str) -> Any:
        return asdict(self)[name]


def refresh_of(message: Mapping[str, Any]) -> Refresh:
    """Read a refresh message."""
    return Refresh(message['subtask'], tuple(message['subtask_tokens']), message['refresh_count'],
                   message['timestamp'])


def answer_of(message: Mapping[str, Any], client_ms: float) -> Answer:
    """Read a response.

    Args:
        message: The response.
        client_ms: From the call to the answer [ms].

    Raises:
        Refused: It is an error.
        Unreachable: It is of another protocol.
    """
    if 'status' not in message:
        raise Unreachable('the answer is of another protocol; the path of the address must be /ws')
    if message.get('status') != 'success':
        raise Refused(str(message.get('error')), str(message.get('error_type')))
    return Answer(
        actions=np.asarray(message['actions'], dtype=np.float64)[0], subtask=message['subtask'],
        subtask_tokens=tuple(message['subtask_tokens']),
        state=np.asarray(message['state'], dtype=np.float64),
        timing={**message['timing'], 'server_ms': message['server_timing']['total_ms'],
                'client_ms': client_ms},
        subtask_refresh_interval=message['subtask_refresh_interval'],
        ignored_fields=tuple(message.get('ignored_fields', ())))
