"""Text of a launch description, for `ros2 launch --print`."""

from __future__ import annotations

from collections.abc import Iterable

from launch.actions import EmitEvent, ExecuteProcess, LogInfo, RegisterEventHandler
from launch.launch_description import LaunchDescription
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.utilities import describe_substitutions


class LaunchIntrospector:
    """Describes launch descriptions."""

    def format_launch_description(self, launch_description: LaunchDescription) -> str:
        """The launch description as a tree of entities."""
        return '\n'.join([str(launch_description), *_tree(launch_description.entities)])


def _tree(entities: Iterable[LaunchDescriptionEntity]) -> list[str]:
    """Lines of the entities, each below a branch of the tree."""
    entities = list(entities)
    lines: list[str] = []
    for entity in entities:
        is_last = entity is entities[-1]
        first, *rest = _format(entity)
        lines.append(f'{"└" if is_last else "├"}── {first}')
        lines += [f'{" " if is_last else "│"}   {line}' for line in rest]
    return lines


def _format(entity: LaunchDescriptionEntity) -> list[str]:
    if isinstance(entity, LogInfo):
        return [f'LogInfo({describe_substitutions(entity.msg)})']
    if isinstance(entity, RegisterEventHandler):
        text, entities = entity.event_handler.describe()
        return ['RegisterEventHandler:', f'└── {text}', *(f'    {x}' for x in _tree(entities))]
    if isinstance(entity, EmitEvent):
        return [f"EmitEvent(event='{entity.event.name}')"]
    if isinstance(entity, ExecuteProcess):
        cmd = ', '.join(describe_substitutions(word) for word in entity.process_description.cmd)
        return [f'{type(entity).__name__}(cmd=[{cmd}], shell={entity.shell})']
    return [f"Action('{entity}')"]
