"""Action that holds other actions."""

from collections.abc import Iterable, Mapping
from typing import Any

from launch.action import Action
from launch.actions.variables import (
    PopEnvironment,
    PopLaunchConfigurations,
    PushEnvironment,
    PushLaunchConfigurations,
    ResetEnvironment,
    ResetLaunchConfigurations,
    SetLaunchConfiguration,
)
from launch.launch_context import LaunchContext
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.some_substitutions_type import SomeSubstitutionsType


class GroupAction(Action):
    """Executes actions, by default in a scope of configurations and environment of its own."""

    def __init__(
        self,
        actions: Iterable[LaunchDescriptionEntity],
        *,
        scoped: bool = True,
        forwarding: bool = True,
        launch_configurations: Mapping[SomeSubstitutionsType, SomeSubstitutionsType] | None = None,
        **left_over_kwargs: Any,
    ) -> None:
        """Describe the group.

        Args:
            actions: The actions.
            scoped: Whether changes of launch configurations and environment end with the group.
            forwarding: Whether a scoped group sees those made before it.
            launch_configurations: Launch configurations to set first.
            left_over_kwargs: See `Action`.
        """
        super().__init__(**left_over_kwargs)
        given = dict(launch_configurations or {})
        settings: list[Action] = [SetLaunchConfiguration(*item) for item in given.items()]
        if scoped and not forwarding:
            settings = [ResetEnvironment(), ResetLaunchConfigurations(given)]
        self._sub_entities = [*settings, *actions]
        if scoped:
            self._sub_entities[:0] = [PushLaunchConfigurations(), PushEnvironment()]
            self._sub_entities += [PopEnvironment(), PopLaunchConfigurations()]

    def get_sub_entities(self) -> list[LaunchDescriptionEntity]:
        """The actions, between those that open and close the scope."""
        return self._sub_entities

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity]:
        """Return the actions."""
        return self._sub_entities
