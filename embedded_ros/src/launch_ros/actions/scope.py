"""Actions for all nodes that follow in the same scope."""

from typing import Any

from launch import Action, LaunchContext, SomeSubstitutionsType
from launch.substitutions import SubstitutionFailure
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions
from launch_ros.utilities import (
    evaluate_parameter_dict,
    make_namespace_absolute,
    normalize_parameter_dict,
    prefix_namespace,
    validate_namespace,
)

NAMESPACE = 'ros_namespace'  # launch configurations that nodes read
PARAMETERS = 'global_params'
REMAPS = 'ros_remaps'


class PushROSNamespace(Action):
    """Puts the nodes that follow into a namespace."""

    def __init__(self, namespace: SomeSubstitutionsType, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.namespace = normalize_to_list_of_substitutions(namespace)

    def execute(self, context: LaunchContext) -> None:
        """Change the current namespace, or start again with one that begins with a slash."""
        pushed = perform_substitutions(context, self.namespace)
        previous = context.launch_configurations.get(NAMESPACE)
        namespace = make_namespace_absolute(prefix_namespace(previous, pushed)) or '/'
        try:
            validate_namespace(namespace)
        except ValueError as error:
            raise SubstitutionFailure(
                f"The resulting namespace is invalid: [previous_namespace='{previous}', "
                f"pushed_namespace='{pushed}']: {error}"
            ) from error
        context.launch_configurations[NAMESPACE] = namespace


PushRosNamespace = PushROSNamespace


class SetParameter(Action):
    """Sets a parameter of the nodes that follow."""

    def __init__(self, name: SomeSubstitutionsType, value: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.name = normalize_to_list_of_substitutions(name)
        self._parameters = normalize_parameter_dict({tuple(self.name): value})

    def execute(self, context: LaunchContext) -> None:
        """Add the parameter."""
        parameters = evaluate_parameter_dict(context, self._parameters)
        _append(context, PARAMETERS, *parameters.items())


class SetParametersFromFile(Action):
    """Gives a parameter file to the nodes that follow."""

    def __init__(self, filename: SomeSubstitutionsType, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._filename = normalize_to_list_of_substitutions(filename)

    def execute(self, context: LaunchContext) -> None:
        """Add the file."""
        _append(context, PARAMETERS, perform_substitutions(context, self._filename))


class SetRemap(Action):
    """Gives a remapping rule to the nodes that follow."""

    def __init__(
        self, src: SomeSubstitutionsType, dst: SomeSubstitutionsType, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.src = normalize_to_list_of_substitutions(src)
        self.dst = normalize_to_list_of_substitutions(dst)

    def execute(self, context: LaunchContext) -> None:
        """Add the rule."""
        rule = perform_substitutions(context, self.src), perform_substitutions(context, self.dst)
        _append(context, REMAPS, rule)


class SetUseSimTime(Action):
    """Makes the launch's own node use simulated time."""

    def __init__(self, value: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.value = value

    def execute(self, context: LaunchContext) -> None:
        """Set the parameter of the launch's own node."""
        from launch_ros.ros_adapters import get_ros_node

        from rclpy.parameter import Parameter

        parameter = Parameter('use_sim_time', Parameter.Type.BOOL, self.value)
        get_ros_node(context).set_parameters([parameter])


def _append(context: LaunchContext, configuration: str, *items: Any) -> None:
    """Extend a list in the launch configurations, without touching outer scopes."""
    configurations = context.launch_configurations
    configurations[configuration] = [*configurations.get(configuration, []), *items]
