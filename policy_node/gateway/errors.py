"""What can be wrong with a request, and how it is told."""

from __future__ import annotations

from policy_node.policy import PolicyError
from segue_core.chunk import ChunkError


class GatewayError(RuntimeError):
    """The port cannot be opened; the message names the parameter."""


class BadRequest(ValueError):
    """A request cannot be used as it is; the message names the field, the value and the remedy."""


class Limited(RuntimeError):
    """A request was refused before it was looked at: one limit of the gateway is reached."""


class TooLate(RuntimeError):
    """There was no answer in time."""


class ClientGone(Exception):
    """Nobody is there to be answered."""


KINDS = {BadRequest: 'bad_request', Limited: 'limit', TooLate: 'timeout', PolicyError: 'policy',
         ChunkError: 'policy'}
"""Errors that were foreseen, and what clients know them by."""


LONGEST_TEXT = 2000
"""Of an error, as clients and the log are told it [characters]."""


def kind_of(error: Exception) -> str:
    """What a client may decide by: bad_request, limit, timeout, policy or internal."""
    return next((kind for known, kind in KINDS.items() if isinstance(error, known)), 'internal')


def text_of(error: Exception) -> str:
    """What a client is told; of errors that nobody foresaw the type and the message, no more.

    A policy may repeat in its error what it was given, which may be megabytes.
    """
    text = str(error) if kind_of(error) != 'internal' else f'{type(error).__name__}: {error}'
    text = sendable(text)
    return text if len(text) <= LONGEST_TEXT else f'{text[:LONGEST_TEXT]} ...'


def sendable(text: str) -> str:
    """The text without lone surrogates, which JSON allows and no ROS message can carry."""
    return text.encode(errors='backslashreplace').decode()
