"""Helpers that actions and substitutions share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from launch.launch_context import LaunchContext
from launch.launch_description_entity import LaunchDescriptionEntity, SomeEntitiesType
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution, TextSubstitution

__all__ = [
    'describe_substitutions', 'ensure_argument_type', 'normalize_to_list_of_entities',
    'normalize_to_list_of_substitutions', 'perform_substitutions',
]  # fmt: skip


Pair = tuple[list[Substitution], list[Substitution]]


def normalize_to_list_of_substitutions(subs: SomeSubstitutionsType) -> list[Substitution]:
    """List of substitutions for a text, a substitution or a mixed sequence of both.

    Raises:
        TypeError: Something in it is neither a text nor a substitution.
    """
    items = [subs] if isinstance(subs, str | Substitution) else subs
    ensure_argument_type(items, Iterable, 'substitutions')
    return [_normalize(item) for item in items]


def normalize_optional(subs: SomeSubstitutionsType | None) -> list[Substitution] | None:
    """The same, or None for None."""
    return None if subs is None else normalize_to_list_of_substitutions(subs)


def perform_substitutions(context: LaunchContext, subs: Iterable[Substitution]) -> str:
    """Joined text of normalized substitutions."""
    return ''.join(context.perform_substitution(sub) for sub in subs)


def normalize_pairs(
    pairs: Iterable[tuple[SomeSubstitutionsType, SomeSubstitutionsType]],
) -> list[Pair]:
    """Pairs of texts or substitutions, such as the items of a dictionary, normalized."""
    return [
        (normalize_to_list_of_substitutions(one), normalize_to_list_of_substitutions(other))
        for one, other in pairs
    ]


def perform_pairs(context: LaunchContext, pairs: Iterable[Pair]) -> list[tuple[str, str]]:
    """Texts of normalized pairs."""
    return [
        (perform_substitutions(context, one), perform_substitutions(context, other))
        for one, other in pairs
    ]


def describe_substitutions(subs: Iterable[Substitution]) -> str:
    """Description of normalized substitutions, as launch tools print it."""
    return ' + '.join(sub.describe() for sub in subs)


def normalize_to_list_of_entities(
    entities: SomeEntitiesType | Iterable[SomeEntitiesType] | None,
) -> list[LaunchDescriptionEntity]:
    """Flat list of an entity, or of a nest of entities, without what is None."""
    if isinstance(entities, LaunchDescriptionEntity):
        return [entities]
    if isinstance(entities, str) or not isinstance(entities, Iterable | None):
        raise TypeError(f'expected LaunchDescriptionEntity or a list of them, got {entities!r}')
    return [leaf for entity in entities or () for leaf in normalize_to_list_of_entities(entity)]


def ensure_argument_type(
    argument: object, types: Any, argument_name: str, caller: str | None = None
) -> None:
    """Check an argument's type.

    Args:
        argument: What was given.
        types: One class or several, any of which is right.
        argument_name: Name of the argument, for the message.
        caller: Who was called, for the message.

    Raises:
        TypeError: The argument is of none of the types.
    """
    allowed = (types,) if isinstance(types, type) else tuple(types)
    if not isinstance(argument, allowed):
        raise TypeError(
            f"Argument '{argument_name}'{f' of {caller}' if caller else ''} is expected to be one "
            f'of [{", ".join(t.__name__ for t in allowed)}], got {argument!r} of type '
            f"'{type(argument).__name__}'"
        )


def _normalize(item: object) -> Substitution:
    if isinstance(item, Substitution):
        return item
    if isinstance(item, str):
        return TextSubstitution(text=item)
    raise TypeError(
        f"Failed to normalize given item {item!r} of type '{type(item)}', when only 'str' or "
        "'launch.Substitution' were expected."
    )
