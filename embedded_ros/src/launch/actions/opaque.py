"""Actions that run Python code or say something."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import launch.logging
from launch.action import Action
from launch.launch_context import LaunchContext
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.utilities import (
    ensure_argument_type,
    normalize_to_list_of_substitutions,
    perform_substitutions,
)


class LogInfo(Action):
    """Logs a message."""

    def __init__(self, *, msg: SomeSubstitutionsType, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.msg = normalize_to_list_of_substitutions(msg)

    def execute(self, context: LaunchContext) -> None:
        """Log it."""
        launch.logging.get_logger('launch.user').info(perform_substitutions(context, self.msg))


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
            TypeError: The function cannot be called.
        """
        super().__init__(**left_over_kwargs)
        ensure_argument_type(function, Callable, 'function', 'OpaqueFunction')
        self._function = function
        self._args = tuple(args or ())
        self._kwargs = dict(kwargs or {})

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity] | None:
        """Call it."""
        return self._function(context, *self._args, **self._kwargs)
