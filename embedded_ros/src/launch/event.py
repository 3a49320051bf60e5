"""Base of everything that event handlers react to."""

from typing import Any


class Event:
    """Something that happened, or that somebody asks for."""

    name = 'launch.Event'

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Name the events of a class by it, unless it names them."""
        super().__init_subclass__(**kwargs)
        if 'name' not in vars(cls):
            cls.name = f'{cls.__module__}.{cls.__name__}'
