"""Description of a system to launch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import launch.logging
from launch.launch_description_entity import LaunchDescriptionEntity

if TYPE_CHECKING:
    from launch.action import Action
    from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
    from launch.launch_context import LaunchContext

    _Argument = tuple[DeclareLaunchArgument, list[IncludeLaunchDescription] | None]


class LaunchDescription(LaunchDescriptionEntity):
    """Entities that are visited in order."""

    def __init__(
        self,
        initial_entities: Iterable[LaunchDescriptionEntity] | None = None,
        *,
        deprecated_reason: str | None = None,
    ) -> None:
        """Describe a system.

        Args:
            initial_entities: The entities.
            deprecated_reason: Why users are warned not to use it any more.
        """
        self._entities = list(initial_entities or ())
        self._deprecated_reason = deprecated_reason

    @property
    def entities(self) -> list[LaunchDescriptionEntity]:
        """The entities."""
        return self._entities

    @property
    def deprecated(self) -> bool:
        """Whether users are warned not to use it any more."""
        return self._deprecated_reason is not None

    @property
    def deprecated_reason(self) -> str | None:
        """Why they are."""
        return self._deprecated_reason

    def add_entity(self, entity: LaunchDescriptionEntity) -> None:
        """Add an entity at the end."""
        self._entities.append(entity)

    def add_action(self, action: Action) -> None:
        """Add an action at the end."""
        self.add_entity(action)

    def visit(self, context: LaunchContext) -> list[LaunchDescriptionEntity]:
        """Return the entities."""
        if self._deprecated_reason is not None:
            path = context.get_locals_as_dict().get('current_launch_file_path')
            what = (
                'deprecated launch description'
                if path is None
                else (f'launch file [{path}] is deprecated')
            )
            launch.logging.get_logger('launch').warning(f'{what}: {self._deprecated_reason}')
        return self._entities

    def describe_sub_entities(self) -> list[LaunchDescriptionEntity]:
        """The entities."""
        return self._entities

    def get_launch_arguments(
        self, conditional_inclusion: bool = False
    ) -> list[DeclareLaunchArgument]:
        """Launch arguments declared here and in what is included, each name once."""
        found = self.get_launch_arguments_with_include_launch_description_actions(
            conditional_inclusion
        )
        return [argument for argument, _ in found]

    def get_launch_arguments_with_include_launch_description_actions(
        self, conditional_inclusion: bool = False
    ) -> list[_Argument]:
        """Launch arguments, each with the inclusions that lead to it (None for none)."""
        found: dict[str, _Argument] = {}
        for argument, includes, conditional in _walk(self._entities, (), conditional_inclusion):
            if argument.name not in found:
                argument._conditionally_included = conditional or argument.condition is not None
                found[argument.name] = (argument, list(includes) or None)
        return list(found.values())


def _walk(
    entities: Iterable[LaunchDescriptionEntity],
    includes: tuple[IncludeLaunchDescription, ...],
    conditional: bool,
) -> Iterator[tuple[DeclareLaunchArgument, tuple[IncludeLaunchDescription, ...], bool]]:
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
        yield from _walk(entity.describe_sub_entities(), inner, conditional)
        for _, sub_entities in entity.describe_conditional_sub_entities():
            yield from _walk(sub_entities, inner, True)
