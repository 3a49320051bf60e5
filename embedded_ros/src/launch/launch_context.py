"""State of a running launch."""

from __future__ import annotations

import asyncio
import logging
import os
from collections import deque
from collections.abc import Iterable, MutableMapping
from typing import TYPE_CHECKING, Any

from launch.event import Event
from launch.substitution import Substitution

if TYPE_CHECKING:
    from launch.event_handler import BaseEventHandler


class _Locals:
    """Read-only view of the locals as attributes."""

    def __init__(self, values: dict[str, Any]) -> None:
        object.__setattr__(self, '_values', values)

    def __getattr__(self, key: str) -> Any:
        values = object.__getattribute__(self, '_values')
        if key not in values:
            raise AttributeError(
                f"context.locals does not contain attribute '{key}', it contains: "
                f'[{", ".join(values)}]'
            )
        return values[key]

    def __setattr__(self, key: str, value: object) -> None:
        raise AttributeError(f"can't set attribute '{key}', locals are read-only")


class LaunchContext:
    """Launch configurations, environment, locals and event handlers of a running launch."""

    def __init__(self, *, argv: Iterable[str] | None = None, noninteractive: bool = False) -> None:
        """Make an empty context.

        Args:
            argv: Command line arguments, for entities that want to see them.
            noninteractive: Whether there is no terminal that signals the processes itself.
        """
        self._argv = argv if argv is not None else []
        self._noninteractive = noninteractive
        self._event_queue: deque[Event] = deque()
        self._event_waiter: asyncio.Future[None] | None = None
        self._event_handlers: deque[BaseEventHandler] = deque()
        self._completion_futures: list[asyncio.Future[Any]] = []
        self._globals: dict[str, Any] = {}
        self._locals: dict[str, Any] = {}
        self._locals_stack: list[dict[str, Any]] = []
        self._launch_configurations: dict[str, Any] = {}
        self._launch_configurations_stack: list[dict[str, Any]] = []
        self._environment_stack: list[dict[str, str]] = []
        self._environment_reset = os.environ.copy()
        self._is_shutdown = False
        self._asyncio_loop: asyncio.AbstractEventLoop | None = None
        self._logger = logging.getLogger(__name__)

    @property
    def argv(self) -> Iterable[str]:
        """Command line arguments."""
        return self._argv

    @property
    def noninteractive(self) -> bool:
        """Whether there is no terminal."""
        return self._noninteractive

    @property
    def is_shutdown(self) -> bool:
        """Whether the launch is shutting down."""
        return self._is_shutdown

    def _set_is_shutdown(self, state: bool) -> None:
        self._is_shutdown = state

    @property
    def asyncio_loop(self) -> asyncio.AbstractEventLoop | None:
        """Event loop that runs the launch; None while it does not run."""
        return self._asyncio_loop

    def _set_asyncio_loop(self, loop: asyncio.AbstractEventLoop | None) -> None:
        self._asyncio_loop = loop

    def add_completion_future(self, completion_future: asyncio.Future[Any]) -> None:
        """Make the launch wait for a future before it ends."""
        self._completion_futures.append(completion_future)

    @property
    def locals(self) -> Any:
        """Locals of the entity that is being visited, such as `event`, as attributes."""
        return _Locals(self.get_locals_as_dict())

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
        self._locals_stack.append(dict(self._locals))

    def _pop_locals(self) -> None:
        self._locals = _pop(self._locals_stack, 'locals')

    @property
    def launch_configurations(self) -> dict[str, Any]:
        """Values of launch arguments and launch configurations, by name."""
        return self._launch_configurations

    def _push_launch_configurations(self) -> None:
        self._launch_configurations_stack.append(_copy_configurations(self._launch_configurations))

    def _pop_launch_configurations(self) -> None:
        self._launch_configurations = _pop(
            self._launch_configurations_stack, 'launch_configurations'
        )

    @property
    def environment(self) -> MutableMapping[str, str]:
        """Environment variables, those of this very process."""
        return os.environ

    def _push_environment(self) -> None:
        self._environment_stack.append(os.environ.copy())

    def _pop_environment(self) -> None:
        _set_environment(_pop(self._environment_stack, 'environment'))

    def _reset_environment(self) -> None:
        _set_environment(self._environment_reset)

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
        self._logger.debug("emitting event: '%s'", event.name)
        self._event_queue.append(event)
        if self._event_waiter is not None and not self._event_waiter.done():
            self._event_waiter.set_result(None)

    async def emit_event(self, event: Event) -> None:
        """Queue an event."""
        self.emit_event_sync(event)

    def perform_substitution(self, substitution: Substitution) -> str:
        """Text that a substitution stands for."""
        return substitution.perform(self)


def _pop(stack: list[Any], name: str) -> Any:
    if not stack:
        raise RuntimeError(f'{name} stack unexpectedly empty')
    return stack.pop()


def _copy_configurations(configurations: dict[str, Any]) -> dict[str, Any]:
    """Copy that does not share the lists that `launch_ros` keeps in configurations."""
    return {
        key: list(value) if isinstance(value, list) else value
        for key, value in configurations.items()
    }


def _set_environment(values: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(values)
