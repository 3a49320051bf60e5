"""Actions that run Python code or say something."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, cast

import launch.logging
from launch.action import Action
from launch.event_handlers import OnShutdown
from launch.events import Shutdown
from launch.launch_context import LaunchContext
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution
from launch.utilities import (
    ensure_argument_type,
    normalize_to_list_of_substitutions,
    perform_substitutions,
)


class LogInfo(Action):
    """Logs a message."""

    def __init__(self, *, msg: SomeSubstitutionsType, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._msg = normalize_to_list_of_substitutions(msg)

    @property
    def msg(self) -> list[Substitution]:
        """The message."""
        return self._msg

    def execute(self, context: LaunchContext) -> None:
        """Log it."""
        launch.logging.get_logger('launch.user').info(perform_substitutions(context, self._msg))


class OpaqueFunction(Action):
    """Calls a function, which may return entities to visit."""

    def __init__(
        self,
        *,
        function: Callable[..., list[LaunchDescriptionEntity] | None],
        args: Iterable[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        **left_over_kwargs: Any,
    ) -> None:
        """Describe the call.

        Args:
            function: The function; its first argument is the launch context.
            args: Further arguments.
            kwargs: Keyword arguments.
            left_over_kwargs: See `Action`.

        Raises:
            TypeError: An argument is of a wrong type.
        """
        super().__init__(**left_over_kwargs)
        if not callable(function):
            raise TypeError(
                f"OpaqueFunction expected a callable for 'function', got '{type(function)}'"
            )
        ensure_argument_type(args, (Iterable, type(None)), 'args', 'OpaqueFunction')
        ensure_argument_type(kwargs, (Mapping, type(None)), 'kwargs', 'OpaqueFunction')
        self._function = function
        self._args = tuple(args or ())
        self._kwargs = dict(kwargs or {})

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity] | None:
        """Call it."""
        return self._function(context, *self._args, **self._kwargs)


class OpaqueCoroutine(Action):
    """Runs a coroutine; it is cancelled when the launch ends."""

    def __init__(
        self,
        *,
        coroutine: Callable[..., Awaitable[None]],
        args: Iterable[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        ignore_context: bool = False,
        **left_over_kwargs: Any,
    ) -> None:
        """Describe the call.

        Args:
            coroutine: The coroutine function; its first argument is the launch context.
            args: Further arguments.
            kwargs: Keyword arguments.
            ignore_context: Leave the launch context out.
            left_over_kwargs: See `Action`.

        Raises:
            TypeError: An argument is of a wrong type.
        """
        super().__init__(**left_over_kwargs)
        if not asyncio.iscoroutinefunction(coroutine):
            raise TypeError(
                "OpaqueCoroutine expected a coroutine function for 'coroutine', "
                f"got '{type(coroutine)}'"
            )
        self._coroutine = coroutine
        self._args = tuple(args or ())
        self._kwargs = dict(kwargs or {})
        self._ignore_context = ignore_context
        self._future: asyncio.Task[None] | None = None

    def execute(self, context: LaunchContext) -> None:
        """Start it."""
        args = self._args if self._ignore_context else (context, *self._args)
        loop = cast(asyncio.AbstractEventLoop, context.asyncio_loop)
        task = loop.create_task(self._coroutine(*args, **self._kwargs))

        def cancel(event: Shutdown, context: LaunchContext) -> None:
            task.cancel()

        context.register_event_handler(OnShutdown(on_shutdown=cancel))
        self._future = task

    def get_asyncio_future(self) -> asyncio.Future[Any] | None:
        """Future that is done when the coroutine is."""
        return self._future
