"""The door of the page: what happens in the sessions, for whoever watches, and their prompts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from policy_node.gateway import messages
from policy_node.gateway.errors import BadRequest
from policy_node.gateway.feed import Feed, Seen, shown
from policy_node.gateway.limits import LOOPBACK
from policy_node.gateway.outbox import Outbox
from policy_node.gateway.parameters import Params
from policy_node.gateway.shared import Shared

PERIOD = 0.2
"""Shortest time between two messages to one watcher [s]."""
MAX_PROMPT = 2000
"""Longest prompt that is taken [characters]."""


@dataclass(slots=True, eq=False)
class _Viewer:
    """What one watcher wants, and what it was told last."""

    watched: str | None = None
    instruction: tuple[str, str] | None = None
    notice: str = ''
    told: tuple[Any, ...] = ()


class Events:
    """Shows sessions to watchers, each at its own pace.

    A watcher that reads slowly gets fewer messages, always of what is newest; one that reads
    nothing is disconnected after ``gateway.send_timeout``.

    Args:
        shared: What doors share.
        feed: What was seen.
        clients: The places of clients that are here, as the feed knows them.
        token: What clients must have; empty for nothing.
    """

    def __init__(self, shared: Shared, feed: Feed, clients: Callable[[], Sequence[str]],
                 token: str) -> None:
        self._shared, self._feed, self._clients = shared, feed, clients
        self._refusal = prompt_refusal(shared.params, token)
        # One thread of its own: pictures for people must hold up no request.
        self._worker = ThreadPoolExecutor(1, thread_name_prefix='gateway-events')

    async def serve(self, connection: ServerConnection, seat: int) -> None:
        """Show what happens until the watcher is gone."""
        viewer, outbox = _Viewer(), Outbox(self._shared, connection)
        with self._feed.watched():
            reading = asyncio.ensure_future(self._read(connection, viewer))
            try:
                while not reading.done():
                    self._instruct(viewer)
                    if frame := await self._news(viewer):
                        await outbox.send(frame)
                    await asyncio.wait({reading}, timeout=PERIOD)
            finally:
                reading.cancel()

    async def _read(self, connection: ServerConnection, viewer: _Viewer) -> None:
        """Keep what the watcher wants; of several wishes between two looks the last counts."""
        with suppress(ConnectionClosed):
            async for frame in connection:
                try:
                    wish = await asyncio.get_running_loop().run_in_executor(
                        self._worker, messages.loads, frame)
                    who = _text(wish, 'watch')
                    if 'prompt' in wish:
                        viewer.instruction = who, _text(wish, 'prompt')
                    viewer.watched = who
                except BadRequest as error:
                    viewer.notice = str(error)

    def _instruct(self, viewer: _Viewer) -> None:
        """Give a robot the prompt that the watcher wants, if it may."""
        if viewer.instruction is None:
            return
        (who, prompt), viewer.instruction = viewer.instruction, None
        robot = self._shared.robots().get(who)
        if self._refusal:
            viewer.notice = self._refusal
        elif robot is None:
            viewer.notice = f'{who!r} is no robot of this node: clients bring their own prompt'
        else:
            robot.instruct_later(prompt)
            viewer.notice = f'prompt set: {prompt!r}; it holds from the next inference on'

    async def _news(self, viewer: _Viewer) -> str | bytes | None:
        """The next message; None while there is nothing new."""
        robots, clients = tuple(self._shared.robots()), tuple(self._clients())
        seen = None
        if viewer.watched in robots or viewer.watched in clients:
            seen = self._feed.look(viewer.watched)
        policy = self._shared.inference.server.policy
        state = (robots, clients, policy, viewer.watched, seen, viewer.notice)
        if state == viewer.told:
            return None
        same = bool(viewer.told) and viewer.told[3:5] == state[3:5]
        viewer.told, notice, viewer.notice = (*state[:-1], ''), viewer.notice, ''
        message: dict[str, Any] = {
            'sessions': [*({'id': r, 'kind': 'robot', 'name': r or 'robot'} for r in robots),
                         *({'id': c, 'kind': 'client', 'name': c.removesuffix('.0')}
                           for c in clients)],
            'policy': policy and {
                'name': policy.metadata.name, 'features': policy.metadata.features,
                'state_feature': self._shared.features.state_feature,
                'names': policy.metadata.action_names, 'units': policy.metadata.action_units},
            'watched': viewer.watched, 'notice': notice, 'prompt_refusal': self._refusal}
        return await asyncio.get_running_loop().run_in_executor(
            self._worker, _frame, message, None if same else seen, same)


def prompt_refusal(params: Params, token: str) -> str:
    """Why watchers may not give robots a prompt; empty if they may.

    A prompt moves a robot: without a token only people at this very machine may.
    """
    if not params.allow_prompt:
        return 'prompts cannot be set here: gateway.allow_prompt is false'
    if params.host not in LOOPBACK and not token:
        return ('prompts cannot be set here: other machines can reach '
                f'{params.host}; set gateway.token')
    return ''


def _frame(message: dict[str, Any], seen: Seen | None, same: bool) -> str | bytes:
    """A message, with the session unless it is as it was told; on the worker."""
    if not same:
        message['session'] = shown(seen) if seen else None
    return messages.dumps(message, binary=False)


def _text(wish: dict[str, Any], name: str) -> str:
    value = messages.text_in(name, wish.get(name))
    if len(value) > MAX_PROMPT:
        raise BadRequest(f'{name} must be text of at most {MAX_PROMPT} characters')
    return value
