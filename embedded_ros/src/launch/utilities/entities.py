"""Walk the tree of entities."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from launch.launch_description_entity import LaunchDescriptionEntity
from launch.some_entities_type import SomeEntitiesType

if TYPE_CHECKING:
    from launch.launch_context import LaunchContext

EntityFuture = tuple[LaunchDescriptionEntity, asyncio.Future[Any]]


def normalize_to_list_of_entities(
    entities: SomeEntitiesType | Iterable[SomeEntitiesType],
) -> list[LaunchDescriptionEntity]:
    """Flat list of an entity, or of a nest of entities."""
    if isinstance(entities, LaunchDescriptionEntity):
        return [entities]
    if isinstance(entities, str):
        raise TypeError(f"expected entities, got the text '{entities}'")
    return [leaf for entity in entities for leaf in normalize_to_list_of_entities(entity)]


def visit_all_entities_and_collect_futures(
    entity: LaunchDescriptionEntity,
    context: LaunchContext,
    pairs: list[EntityFuture] | None = None,
) -> list[EntityFuture]:
    """Visit an entity and everything it yields, depth first.

    Args:
        entity: The entity.
        context: State of the launch.
        pairs: List to extend; it also has what was collected when a visit raises.

    Returns:
        Each entity whose work goes on, with the future of its end.
    """
    pairs = [] if pairs is None else pairs
    sub_entities = entity.visit(context)
    future = entity.get_asyncio_future()
    if future is not None:
        pairs.append((entity, future))
    for sub_entity in sub_entities or ():
        visit_all_entities_and_collect_futures(sub_entity, context, pairs)
    return pairs
