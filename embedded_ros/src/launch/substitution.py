"""A piece of text that is only known while launching."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from launch.launch_context import LaunchContext


class SubstitutionFailure(RuntimeError):
    """A substitution has no value in this context."""


class Substitution:
    """Something that becomes text once there is a launch context."""

    def describe(self) -> str:
        """Text that stands for this substitution before it is performed."""
        return f'{type(self).__name__}()'

    def perform(self, context: LaunchContext) -> str:
        """Text that this substitution stands for in a context."""
        raise NotImplementedError(f'{type(self).__name__}.perform() is not defined')


class TextSubstitution(Substitution):
    """Plain text."""

    def __init__(self, *, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"TextSubstitution expected Text object got '{type(text)}' instead.")
        self.text = text

    def describe(self) -> str:
        """The text in quotes."""
        return f"'{self.text}'"

    def perform(self, context: LaunchContext) -> str:
        """The text itself."""
        return self.text
