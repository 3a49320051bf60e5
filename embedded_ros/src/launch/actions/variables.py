"""Actions on launch configurations and environment variables, and groups as their scope."""

import os
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

from launch.action import Action
from launch.launch_context import LaunchContext
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.utilities import (
    normalize_pairs,
    normalize_to_list_of_substitutions,
    perform_pairs,
    perform_substitutions,
)
from launch.utilities.type_utils import normalize_typed_substitution, perform_typed_substitution

_Variables = MutableMapping[str, str]


class _Unset(Action):
    """Removes a variable, if it is set."""

    def __init__(self, name: SomeSubstitutionsType, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.name = normalize_to_list_of_substitutions(name)

    def execute(self, context: LaunchContext) -> None:
        self._change(context, self._variables(context), perform_substitutions(context, self.name))

    def _variables(self, context: LaunchContext) -> _Variables:
        return context.launch_configurations

    def _change(self, context: LaunchContext, variables: _Variables, name: str) -> None:
        variables.pop(name, None)


class _Set(_Unset):
    """Sets a variable."""

    def __init__(
        self, name: SomeSubstitutionsType, value: SomeSubstitutionsType, **kwargs: Any
    ) -> None:
        super().__init__(name, **kwargs)
        self.value = normalize_to_list_of_substitutions(value)

    def _change(self, context: LaunchContext, variables: _Variables, name: str) -> None:
        variables[name] = perform_substitutions(context, self.value)


class _OfEnvironment(_Unset):
    """Mix-in that makes the variables those of the environment."""

    def _variables(self, context: LaunchContext) -> _Variables:
        return context.environment


class SetLaunchConfiguration(_Set):
    """Sets a launch configuration."""


class UnsetLaunchConfiguration(_Unset):
    """Removes a launch configuration, if it is set."""


class SetEnvironmentVariable(_OfEnvironment, _Set):
    """Sets an environment variable."""


class UnsetEnvironmentVariable(_OfEnvironment, _Unset):
    """Removes an environment variable, if it is set."""


class AppendEnvironmentVariable(SetEnvironmentVariable):
    """Appends to an environment variable, or sets it."""

    def __init__(
        self,
        name: SomeSubstitutionsType,
        value: SomeSubstitutionsType,
        prepend: bool | SomeSubstitutionsType = False,
        separator: SomeSubstitutionsType = os.pathsep,
        **kwargs: Any,
    ) -> None:
        """Describe the change.

        Args:
            name: Name of the variable.
            value: What to append.
            prepend: Put it first instead.
            separator: What to put between.
            kwargs: See `Action`.
        """
        super().__init__(name, value, **kwargs)
        self.prepend = normalize_typed_substitution(prepend, bool)
        self.separator = normalize_to_list_of_substitutions(separator)

    def _change(self, context: LaunchContext, variables: _Variables, name: str) -> None:
        parts = [perform_substitutions(context, self.value)]
        if name in variables:
            prepend = perform_typed_substitution(context, self.prepend, bool)
            parts.insert(1 if prepend else 0, variables[name])
        variables[name] = perform_substitutions(context, self.separator).join(parts)


class ResetLaunchConfigurations(Action):
    """Removes all launch configurations but those given."""

    def __init__(
        self,
        launch_configurations: Mapping[SomeSubstitutionsType, SomeSubstitutionsType] | None = None,
        **kwargs: Any,
    ) -> None:
        """Describe the reset.

        Args:
            launch_configurations: Those to set afterwards; evaluated before.
            kwargs: See `Action`.
        """
        super().__init__(**kwargs)
        self._kept = normalize_pairs((launch_configurations or {}).items())

    def execute(self, context: LaunchContext) -> None:
        """Remove and set."""
        kept = perform_pairs(context, self._kept)
        context.launch_configurations.clear()
        context.launch_configurations.update(kept)


class PushLaunchConfigurations(Action):
    """Saves all launch configurations on a stack."""

    def execute(self, context: LaunchContext) -> None:
        """Save them."""
        context._push_launch_configurations()


class PopLaunchConfigurations(Action):
    """Restores the launch configurations that were saved last."""

    def execute(self, context: LaunchContext) -> None:
        """Restore them."""
        context._pop_launch_configurations()


class PushEnvironment(Action):
    """Saves the environment on a stack."""

    def execute(self, context: LaunchContext) -> None:
        """Save it."""
        context._push_environment()


class PopEnvironment(Action):
    """Restores the environment that was saved last."""

    def execute(self, context: LaunchContext) -> None:
        """Restore it."""
        context._pop_environment()


class ResetEnvironment(Action):
    """Restores the environment that the launch started with."""

    def execute(self, context: LaunchContext) -> None:
        """Restore it."""
        context._reset_environment()


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
