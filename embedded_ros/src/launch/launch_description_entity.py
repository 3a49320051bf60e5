"""Anything that can be part of a launch description."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from launch.launch_context import LaunchContext


class LaunchDescriptionEntity:
    """A node of the tree that a launch service visits."""

    is_certain = True  # whether visiting it yields the entities inside for sure

    def get_sub_entities(self) -> Iterable[LaunchDescriptionEntity]:
        """Entities that visiting this one yields, as far as they are known before."""
        return []

    def visit(self, context: LaunchContext) -> list[LaunchDescriptionEntity] | None:
        """Do this entity's work and return the entities to visit next."""
        return None

    def get_asyncio_future(self) -> asyncio.Future[Any] | None:
        """Future that is done when the entity's work is; None if it is done at once."""
        return None


SomeEntitiesType = LaunchDescriptionEntity | Iterable[LaunchDescriptionEntity]
SomeEntitiesType_types_tuple = (LaunchDescriptionEntity, Iterable)
