"""State of a running launch."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Iterable, MutableMapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from launch.event import Event
from launch.substitution import Substitution

if TYPE_CHECKING:
    from launch.event_handler import BaseEventHandler


class LaunchContext:
    """Launch configurations, environment, locals and event handlers of a running launch."""

    def __init__(self, *, argv: Iterable[str] | None = None, noninteractive: bool = False) -> None:
        """Make an empty context.

        Args:
            argv: Command line arguments, for entities that want to see them.
            noninteractive: Whether there is no terminal that signals the processes itself.
        """
        self.argv = argv if argv is not None else []
        self.noninteractive = noninteractive
        self.is_shutdown = False
        self.asyncio_loop: asyncio.AbstractEventLoop | None = None  # None while it does not run
        self.launch_configurations: dict[str, Any] = {}
        self.environment: MutableMapping[str, str] = os.environ
        self._initial_environment = os.environ.copy()
        self._events: deque[Event] = deque()
        self._event_waiter: asyncio.Future[None] | None = None
        self._event_handlers: deque[BaseEventHandler] = deque()
        self._completion_futures: list[asyncio.Future[Any]] = []
        self._globals: dict[str, Any] = {}
        self._locals: dict[str, Any] = {}
        self._stacks: dict[str, list[dict[str, Any]]] = {
            'locals': [], 'launch_configurations': [], 'environment': []
        }  # fmt: skip

    def add_completion_future(self, completion_future: asyncio.Future[Any]) -> None:
        """Make the launch wait for a future before it ends."""
        self._completion_futures.append(completion_future)

    @property
    def locals(self) -> Any:
        """Locals of the entity that is being visited, such as `event`, as attributes."""
        return SimpleNamespace(**self.get_locals_as_dict())

    def get_locals_as_dict(self) -> dict[str, Any]:
        """Globals overridden by locals."""
        return self._globals | self._locals

    def extend_globals(self, extensions: dict[str, Any]) -> None:
        """Add to the locals for good."""
        self._globals.update(extensions)

    def extend_locals(self, extensions: dict[str, Any]) -> None:
        """Add to the locals until they are popped."""
        self._locals.update(extensions)

    def _push_locals(self) -> None:
        self._stacks['locals'].append(dict(self._locals))

    def _pop_locals(self) -> None:
        self._locals = self._pop('locals')

    def _push_launch_configurations(self) -> None:
        self._stacks['launch_configurations'].append(dict(self.launch_configurations))

    def _pop_launch_configurations(self) -> None:
        self.launch_configurations = self._pop('launch_configurations')

    def _push_environment(self) -> None:
        self._stacks['environment'].append(dict(self.environment))

    def _pop_environment(self) -> None:
        self._set_environment(self._pop('environment'))

    def _reset_environment(self) -> None:
        self._set_environment(self._initial_environment)

    def _set_environment(self, values: dict[str, str]) -> None:
        self.environment.clear()
        self.environment.update(values)

    def _pop(self, name: str) -> dict[str, Any]:
        if not self._stacks[name]:
            raise RuntimeError(f'{name} stack unexpectedly empty: popped more often than pushed')
        return self._stacks[name].pop()

    def would_handle_event(self, event: Event) -> bool:
        """Whether some handler matches an event."""
        return any(handler.matches(event) for handler in self._event_handlers)

    def register_event_handler(self, event_handler: BaseEventHandler, append: bool = False) -> None:
        """Add a handler, before the others or after them."""
        if append:
            self._event_handlers.append(event_handler)
        else:
            self._event_handlers.appendleft(event_handler)

    def unregister_event_handler(self, event_handler: BaseEventHandler) -> None:
        """Remove a handler.

        Raises:
            ValueError: It is not registered.
        """
        self._event_handlers.remove(event_handler)

    def emit_event_sync(self, event: Event) -> None:
        """Queue an event; call it from the launch's own thread."""
        self._events.append(event)
        if self._event_waiter is not None and not self._event_waiter.done():
            self._event_waiter.set_result(None)

    async def emit_event(self, event: Event) -> None:
        """Queue an event."""
        self.emit_event_sync(event)

    def perform_substitution(self, substitution: Substitution) -> str:
        """Text that a substitution stands for."""
        return substitution.perform(self)
