"""Description of a system to launch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from launch.launch_context import LaunchContext
from launch.launch_description_entity import LaunchDescriptionEntity

if TYPE_CHECKING:
    from launch.action import Action
    from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription

    _Includes = tuple[IncludeLaunchDescription, ...]


class LaunchDescription(LaunchDescriptionEntity):
    """Entities that are visited in order."""

    def __init__(self, initial_entities: Iterable[LaunchDescriptionEntity] | None = None) -> None:
        self.entities = list(initial_entities or ())

    def add_entity(self, entity: LaunchDescriptionEntity) -> None:
        """Add an entity at the end."""
        self.entities.append(entity)

    def add_action(self, action: Action) -> None:
        """Add an action at the end."""
        self.add_entity(action)

    def visit(self, context: LaunchContext) -> list[LaunchDescriptionEntity]:
        """Return the entities."""
        return self.entities

    def get_sub_entities(self) -> list[LaunchDescriptionEntity]:
        """The entities."""
        return self.entities

    def get_launch_arguments(
        self, conditional_inclusion: bool = False
    ) -> list[DeclareLaunchArgument]:
        """Launch arguments declared here and in what is included, each name once."""
        return [argument for argument, _ in self._arguments_and_includes(conditional_inclusion)]

    def _arguments_and_includes(
        self, conditional: bool = False
    ) -> list[tuple[DeclareLaunchArgument, _Includes]]:
        """Launch arguments, each with the inclusions that lead to it."""
        found: dict[str, tuple[DeclareLaunchArgument, _Includes]] = {}
        for argument, includes, is_conditional in _walk(self.entities, (), conditional):
            if argument.name not in found:
                argument._conditionally_included = is_conditional or argument.condition is not None
                found[argument.name] = argument, includes
        return list(found.values())


def _walk(
    entities: Iterable[LaunchDescriptionEntity], includes: _Includes, conditional: bool
) -> Iterator[tuple[DeclareLaunchArgument, _Includes, bool]]:
    """Arguments in the tree below entities; what follows a reset is not visible outside."""
    from launch.actions import (
        DeclareLaunchArgument,
        IncludeLaunchDescription,
        ResetLaunchConfigurations,
    )

    for entity in entities:
        if isinstance(entity, ResetLaunchConfigurations):
            return
        if isinstance(entity, DeclareLaunchArgument):
            yield entity, includes, conditional
        inner = (*includes, entity) if isinstance(entity, IncludeLaunchDescription) else includes
        is_certain = entity.is_certain and getattr(entity, 'condition', None) is None
        yield from _walk(entity.get_sub_entities(), inner, conditional or not is_certain)
