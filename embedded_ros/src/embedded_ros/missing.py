"""Refusal of what upstream has and embedded ROS lacks."""

from collections.abc import Callable, Iterable
from typing import NoReturn


def refusal(module: str, names: Iterable[str], reason: str) -> Callable[[str], NoReturn]:
    """`__getattr__` of a module that refuses names of upstream which embedded ROS lacks.

    Args:
        module: Name of the module.
        names: Names that upstream has there.
        reason: Why they are missing, or what to use instead.
    """
    missing = frozenset(names)

    def __getattr__(name: str) -> NoReturn:
        if name in missing:
            raise NotImplementedError(f'{module}.{name} is not part of embedded ROS: {reason}')
        raise AttributeError(f'module {module!r} has no attribute {name!r}')

    return __getattr__
