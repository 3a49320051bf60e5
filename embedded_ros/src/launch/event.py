"""Base of everything that event handlers react to."""


class Event:
    """Something that happened, or that somebody asks for."""

    name = 'launch.Event'
