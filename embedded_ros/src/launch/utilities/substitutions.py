"""Bring substitutions into one form, and perform them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution, TextSubstitution

if TYPE_CHECKING:
    from launch.launch_context import LaunchContext


def normalize_to_list_of_substitutions(subs: SomeSubstitutionsType) -> list[Substitution]:
    """List of substitutions for a text, a substitution or a mixed sequence of both.

    Raises:
        TypeError: Something in it is neither a text nor a substitution.
    """
    if isinstance(subs, str | Substitution):
        subs = [subs]
    if not isinstance(subs, Iterable):
        raise TypeError(_not_a_substitution(subs))
    return [_normalize(item) for item in subs]


def perform_substitutions(context: LaunchContext, subs: Iterable[Substitution]) -> str:
    """Joined text of normalized substitutions."""
    return ''.join(context.perform_substitution(sub) for sub in subs)


def describe_substitutions(subs: Iterable[Substitution]) -> str:
    """Description of normalized substitutions, as launch tools print it."""
    return ' + '.join(sub.describe() for sub in subs)


def _normalize(item: object) -> Substitution:
    if isinstance(item, Substitution):
        return item
    if isinstance(item, str):
        return TextSubstitution(text=item)
    raise TypeError(_not_a_substitution(item))


def _not_a_substitution(item: object) -> str:
    return (
        f"Failed to normalize given item {item!r} of type '{type(item)}', when only 'str' or "
        "'launch.Substitution' were expected."
    )
