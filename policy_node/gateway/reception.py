"""Who may come in, and through which door; plain HTTP is answered here as well."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request, Response
from websockets.protocol import State

from policy_node.gateway import messages, openpi
from policy_node.gateway.conversation import Conversation
from policy_node.gateway.events import Events
from policy_node.gateway.feed import Feed
from policy_node.gateway.limits import Seats, is_authorized, is_own_page
from policy_node.gateway.shared import Shared
from policy_node.policies.remote import secret

GREETING_WAIT = 0.3
"""A client of ``/`` that says nothing for so long waits for the server's metadata [s]."""
TOKEN_VARIABLE = 'SEGUE_GATEWAY_TOKEN'
DESCRIPTION = Path(__file__).with_name('asyncapi.yaml')
PAGE = DESCRIPTION.with_name('page.html')


@dataclass(frozen=True, slots=True)
class Document:
    """What ``GET`` of a path answers."""

    body: bytes
    kind: str = 'text/plain; charset=utf-8'
    status: HTTPStatus = HTTPStatus.OK


class HeardConnection(ServerConnection):
    """Knows whether its client has begun to speak.

    Attributes:
        heard: Bytes came after the handshake.
    """

    heard = False

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self.heard = self.heard or self.state is State.OPEN
        super().data_received(data)


class Reception:
    """Checks clients and shows them in.

    Args:
        shared: What conversations share.

    Attributes:
        token: What clients must have; empty for nothing.
        doors: Path -> what is done with a client that connects there, on which seat.
        documents: Path -> what ``GET`` answers. More of both may be added before it is opened.
        conversations: Client id -> who is here.
        feed: What was seen of each session, for the page.
    """

    def __init__(self, shared: Shared) -> None:
        self.token = secret(shared.params.token, TOKEN_VARIABLE)
        self.conversations: dict[str, Conversation] = {}
        self.feed = Feed(lambda session_id: shared.inference.server.subtasks.current(session_id))
        events = Events(shared, self.feed, self._places, self.token)
        self.doors: dict[str, Callable[[ServerConnection, int], Awaitable[None]]] = {
            '/': self._ask_which, '/ws': self._speak_messages, '/openpi': self._speak_openpi,
            '/events': events.serve}
        self.documents: dict[str, Callable[[], Document]] = {
            '/': _page, '/demo': _page, '/healthz': self._health,
            '/asyncapi.yaml': lambda: Document(DESCRIPTION.read_bytes(), 'application/yaml')}
        self._shared = shared
        self._seats = Seats(shared.params.max_clients)

    def process(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer plain HTTP, refuse who may not come in; None lets a client in."""
        path = _path(request)
        upgrades = request.headers.get_all('Upgrade')
        if path in self.documents and not (upgrades and path in self.doors):
            return _response(self.documents[path]())
        refusal = self._refusal(connection, request, path)
        if refusal is None:
            return None
        self._shared.counts.turned_away += 1
        status, text = refusal
        self._shared.log.warning(f'gateway: turned away a client of {path}: {text}',
                                 throttle_duration_sec=2.0)
        return _response(Document(f'{text}\n'.encode(), status=status))

    async def handle(self, connection: ServerConnection) -> None:
        """Serve a client that was let in, to its end."""
        counts, request = self._shared.counts, connection.request
        seat = self._seats.take()
        if seat is None or request is None:
            counts.turned_away += 1
            await connection.close(CloseCode.TRY_AGAIN_LATER, 'all places are taken: '
                                   f'gateway.max_clients is {self._shared.params.max_clients}')
            return
        counts.clients, counts.connections = counts.clients + 1, counts.connections + 1
        try:
            await self.doors[_path(request)](connection, seat)
        except ConnectionClosed:
            pass
        except Exception:       # of one client: nobody else would hear of it, or end by it
            self._shared.log.warning(f'gateway: {traceback.format_exc()}',
                                     throttle_duration_sec=2.0)
        finally:
            counts.clients -= 1
            self._seats.free(seat)

    def _refusal(self, connection: ServerConnection, request: Request, path: str
                 ) -> tuple[HTTPStatus, str] | None:
        params = self._shared.params
        if path not in self.doors:
            return HTTPStatus.NOT_FOUND, (
                f'there is no {path}; connect to {", ".join(self.doors)} or get '
                f'{", ".join(self.documents)}')
        if not is_authorized(self.token, request.headers.get_all('Authorization'), request.path):
            return HTTPStatus.UNAUTHORIZED, ('the token is missing or wrong; send the header '
                                             '"Authorization: Bearer <gateway.token>"')
        port = connection.local_address[1]
        for origin in request.headers.get_all('Origin'):
            if origin not in params.allowed_origins and not is_own_page(origin, params.host, port):
                return HTTPStatus.FORBIDDEN, (f'pages of {origin} may not connect; add it to '
                                              'gateway.allowed_origins if they may')
        return None

    def _health(self) -> Document:
        policy = self._shared.inference.server.policy
        return Document(b'OK\n') if policy else Document(
            b'no policy is loaded\n', status=HTTPStatus.SERVICE_UNAVAILABLE)

    # ---- doors ----
    async def _speak_messages(self, connection: ServerConnection, seat: int) -> None:
        """Our own messages, of which the client sends the first."""
        await self._converse(connection, seat, speaks_openpi=False)

    async def _speak_openpi(self, connection: ServerConnection, seat: int) -> None:
        """The protocol of openpi: metadata first."""
        await connection.send(messages.dumps(self._metadata(), binary=True))
        await self._converse(connection, seat, speaks_openpi=True)

    async def _ask_which(self, connection: ServerConnection, seat: int) -> None:
        """Either, for clients that cannot choose a path.

        Who speaks first is answered. Who waits, waits for metadata: in msgpack if it speaks
        openpi, whose client offers no compression; in JSON if it offers some, as the client of
        the JSON messages and all browsers do.
        """
        first = None
        try:
            first = await asyncio.wait_for(connection.recv(), GREETING_WAIT)
        except asyncio.TimeoutError:
            if isinstance(connection, HeardConnection) and connection.heard:
                first = await connection.recv()     # it has begun
            else:
                await self._greet(connection)
        await self._converse(connection, seat, speaks_openpi=True, first=first)

    async def _greet(self, connection: ServerConnection) -> None:
        """Send metadata."""
        offers = connection.request and connection.request.headers.get_all(
            'Sec-WebSocket-Extensions')
        greeting = messages.metadata(self._metadata()) if offers else self._metadata()
        await connection.send(messages.dumps(greeting, binary=not offers))

    async def _converse(self, connection: ServerConnection, seat: int, *, speaks_openpi: bool,
                        first: str | bytes | None = None) -> None:
        made = Conversation(self._shared, connection, seat, speaks_openpi=speaks_openpi)
        self.conversations[made.turns.client_id] = made
        self._shared.log.info(f'gateway: {made.turns.client_id} connected from '
                              f'{connection.remote_address[0]}')
        try:
            await made.run(first)
        finally:
            del self.conversations[made.turns.client_id]
            for place in made.turns.places:
                self.feed.forget(place)
            self._shared.log.info(f'gateway: {made.turns.client_id} is gone')

    def _places(self) -> list[str]:
        return [place for c in self.conversations.values() for place in c.turns.places]

    def _metadata(self) -> dict[str, object]:
        policy = self._shared.inference.server.policy
        return openpi.metadata(policy.metadata if policy else None)


def _page() -> Document:
    return Document(PAGE.read_bytes(), 'text/html; charset=utf-8')


def _path(request: Request) -> str:
    return request.path.partition('?')[0]


def _response(document: Document) -> Response:
    return Response(document.status.value, document.status.phrase, Headers({
        'Content-Type': document.kind, 'Content-Length': str(len(document.body)),
        'Connection': 'close', 'X-Content-Type-Options': 'nosniff',
        'X-Frame-Options': 'DENY'}), document.body)     # no page may lay itself over ours
