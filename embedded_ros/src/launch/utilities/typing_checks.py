"""Checks of what users passed to constructors."""

import inspect
from collections.abc import Iterable
from typing import Any


def isclassinstance(obj: object) -> bool:
    """Whether an object has a class, as everything in Python 3 has."""
    return hasattr(obj, '__class__')


def is_a(obj: object, entity_type: type) -> bool:
    """Whether an object is an instance of a class."""
    return isinstance(obj, entity_type)


def is_a_subclass(obj: object, entity_type: type) -> bool:
    """Whether an object is an instance or a subclass of a class."""
    return isinstance(obj, entity_type) or (inspect.isclass(obj) and issubclass(obj, entity_type))


def ensure_argument_type(
    argument: object,
    types: Any,
    argument_name: str,
    caller: str | None = None,
) -> None:
    """Check an argument's type.

    Args:
        argument: What was given.
        types: One class or an iterable of classes, any of which is right.
        argument_name: Name of the argument, for the message.
        caller: Who was called, for the message.

    Raises:
        TypeError: The argument is of none of the types.
    """
    allowed = tuple(types) if isinstance(types, Iterable) else (types,)
    if isinstance(argument, allowed):
        return
    where = f' of {caller}' if caller else ''
    names = ', '.join(getattr(t, '__name__', str(t)) for t in allowed)
    raise TypeError(
        f"Argument '{argument_name}'{where} is expected to be one of [{names}], "
        f"got {argument!r} of type '{type(argument).__name__}'"
    )
