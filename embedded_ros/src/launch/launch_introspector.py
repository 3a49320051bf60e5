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
    for index, entity in enumerate(entities):
        is_last = index == len(entities) - 1
        first, *rest = _format_entity(entity)
        lines.append(f'{"└" if is_last else "├"}── {first}')
        lines += [f'{" " if is_last else "│"}   {line}' for line in rest]
    return lines


def _format_entity(entity: LaunchDescriptionEntity) -> list[str]:
    if isinstance(entity, LogInfo):
        return [f'LogInfo({describe_substitutions(entity.msg)})']
    if isinstance(entity, RegisterEventHandler):
        text, entities = entity.event_handler.describe()
        return [f"RegisterEventHandler('{entity.event_handler}'):", *_tree_below(text, entities)]
    if isinstance(entity, EmitEvent):
        return [f"EmitEvent(event='{entity.event.name}')"]
    if isinstance(entity, ExecuteProcess):
        return [_format_process(entity)]
    return [f"Action('{entity}')"]


def _tree_below(text: str, entities: Iterable[LaunchDescriptionEntity]) -> list[str]:
    return [f'└── {text}', *(f'    {line}' for line in _tree(entities))]


def _format_process(action: ExecuteProcess) -> str:
    description = action.process_description
    cmd = ', '.join(describe_substitutions(word) for word in description.cmd)
    cwd = None if description.cwd is None else f"'{describe_substitutions(description.cwd)}'"
    env = None
    if description.env is not None:
        pairs = (
            f'{describe_substitutions(key)}: {describe_substitutions(value)}'
            for key, value in description.env
        )
        env = '{' + ', '.join(pairs) + '}'
    return f'ExecuteProcess(cmd=[{cmd}], cwd={cwd}, env={env}, shell={action.shell})'
