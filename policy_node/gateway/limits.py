"""Limits of one connection and of all together. Pure: time is passed in."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from urllib.parse import parse_qs

SCHEMES = ('api-key', 'bearer')
LOOPBACK = ('127.0.0.1', 'localhost', '[::1]')


class RateLimit:
    """A bucket of requests that fills by itself.

    Args:
        rate: Requests per second in the long run; as many may come at once [Hz].
        now_ns: Now [ns].
    """

    def __init__(self, rate: float, now_ns: int) -> None:
        self._rate, self._burst = rate, max(rate, 1.0)
        self._left, self._at_ns = self._burst, now_ns

    def take(self, count: int, now_ns: int) -> float:
        """Take requests out, if all of them are there.

        Returns:
            0; or how long to wait until they are [s], and none is taken. Of more than there ever
            are at once, the bucket may go into debt.
        """
        self._left = min(self._burst, self._left + (now_ns - self._at_ns) / 1e9 * self._rate)
        self._at_ns = now_ns
        needed = min(count, self._burst)
        if self._left < needed:
            return (needed - self._left) / self._rate
        self._left -= count
        return 0.0


class Seats:
    """A fixed number of places, the lowest free one first.

    A client that comes back gets the place, and in the scheduler the turn, that it had.

    Args:
        count: How many.
    """

    def __init__(self, count: int) -> None:
        self._free = list(range(count))
        heapify(self._free)

    def take(self) -> int | None:
        """The number of a place; None when all are taken."""
        return heappop(self._free) if self._free else None

    def free(self, seat: int) -> None:
        """Give a place back."""
        heappush(self._free, seat)


def is_authorized(token: str, headers: Sequence[str], path: str) -> bool:
    """Whether a client has the token.

    Args:
        token: What it must have; empty for nothing.
        headers: Its ``Authorization`` headers.
        path: What it asks for; browsers, which can set no header, have ``?token=`` in it.
    """
    if not token:
        return True
    given = parse_qs(path.partition('?')[2]).get('token', [])
    for header in headers:
        scheme, _, value = header.partition(' ')
        if scheme.lower() in SCHEMES:
            given.append(value.strip())
    matches = [hmac.compare_digest(each.encode(errors='surrogateescape'), token.encode())
               for each in given]
    return any(matches)


def is_own_page(origin: str, host: str, port: int) -> bool:
    """Whether a web page was served by the gateway itself.

    Its names are listed rather than taken from the request: DNS of a stranger can give the
    gateway's address any name.

    Args:
        origin: What the browser says of the page.
        host: Where the gateway listens.
        port: Where the gateway listens.
    """
    return origin in {f'{scheme}://{name}:{port}' for scheme in ('http', 'https')
                      for name in (*LOOPBACK, host)}
