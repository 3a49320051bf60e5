"""Action that holds other actions."""

from collections.abc import Iterable, Mapping
from typing import Any

from launch.action import Action
from launch.actions.configurations import (
    PopLaunchConfigurations,
    PushLaunchConfigurations,
    ResetLaunchConfigurations,
    SetLaunchConfiguration,
)
from launch.actions.environment import PopEnvironment, PushEnvironment, ResetEnvironment
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
        self._actions = list(actions)
        self._scoped = scoped
        self._forwarding = forwarding
        self._launch_configurations = dict(launch_configurations or {})
        self._sub_entities: list[LaunchDescriptionEntity] | None = None

    def get_sub_entities(self) -> list[LaunchDescriptionEntity]:
        """The actions, between those that open and close the scope."""
        if self._sub_entities is None:
            self._sub_entities = [*self._opening(), *self._actions, *self._closing()]
        return self._sub_entities

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity]:
        """Return the actions."""
        return self.get_sub_entities()

    def _opening(self) -> list[Action]:
        settings: list[Action] = [
            SetLaunchConfiguration(name, value)
            for name, value in self._launch_configurations.items()
        ]
        if not self._scoped:
            return settings
        if not self._forwarding:
            settings = [ResetEnvironment(), ResetLaunchConfigurations(self._launch_configurations)]
        return [PushLaunchConfigurations(), PushEnvironment(), *settings]

    def _closing(self) -> list[Action]:
        return [PopEnvironment(), PopLaunchConfigurations()] if self._scoped else []
