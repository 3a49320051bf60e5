"""Action that runs a ROS node."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import launch.logging
from launch import LaunchContext, LaunchDescriptionEntity, SomeSubstitutionsType
from launch.actions import ExecuteProcess
from launch.substitutions import TextSubstitution
from launch.utilities import (
    ensure_argument_type,
    normalize_optional,
    normalize_pairs,
    perform_pairs,
    perform_substitutions,
)
from launch_ros.actions.scope import NAMESPACE, PARAMETERS, REMAPS
from launch_ros.substitutions import ExecutableInPackage
from launch_ros.utilities import (
    SomeParameters,
    evaluate_parameter_dict,
    make_namespace_absolute,
    normalize_parameters,
    prefix_namespace,
    to_yaml,
    validate_namespace,
    validate_node_name,
)

from embedded_ros import yaml_text

_logger = logging.getLogger('launch.ros')
_NODE_NAMES = 'unique_ros_node_names'
SomeRemapRules = Sequence[tuple[SomeSubstitutionsType, SomeSubstitutionsType]]


class Node(ExecuteProcess):
    """Runs an executable that is, or contains, a ROS node."""

    UNSPECIFIED_NODE_NAME = '<node_name_unspecified>'
    UNSPECIFIED_NODE_NAMESPACE = '<node_namespace_unspecified>'

    def __init__(
        self,
        *,
        executable: SomeSubstitutionsType,
        package: SomeSubstitutionsType | None = None,
        name: SomeSubstitutionsType | None = None,
        namespace: SomeSubstitutionsType | None = None,
        exec_name: SomeSubstitutionsType | None = None,
        parameters: SomeParameters | None = None,
        remappings: SomeRemapRules | None = None,
        ros_arguments: Iterable[SomeSubstitutionsType] | None = None,
        arguments: Iterable[SomeSubstitutionsType] | None = None,
        **kwargs: Any,
    ) -> None:
        """Describe the node.

        Args:
            executable: Name of an executable of the package, or a path without one.
            package: Name of the package.
            name: Name that the node is to have instead of its own.
            namespace: Its namespace, relative to the current one unless absolute.
            exec_name: Name of the process; defaults to the executable's.
            parameters: YAML files and dictionaries of parameters, later ones win.
            remappings: Pairs of a name and what replaces it.
            ros_arguments: Further ROS arguments, without `--ros-args`.
            arguments: Further arguments of the program.
            kwargs: See `ExecuteProcess`.
        """
        command = executable if package is None else ExecutableInPackage(executable, package)
        ros_args = [] if ros_arguments is None else ['--ros-args', *ros_arguments]
        if exec_name is None and package is not None:
            exec_name = executable
        super().__init__(
            cmd=[command, *(arguments or ()), *ros_args, '--ros-args'], name=exec_name, **kwargs
        )
        ensure_argument_type(parameters, (list, type(None)), 'parameters', 'Node')
        self.node_package, self.node_executable = package, executable
        self.expanded_node_namespace = self.UNSPECIFIED_NODE_NAMESPACE
        self.expanded_remapping_rules: list[tuple[str, str]] = []
        self._name = normalize_optional(name)
        self._namespace = normalize_optional(namespace)
        self._parameters = normalize_parameters(parameters or [])
        for rule in remappings or ():
            if not isinstance(rule, tuple) or len(rule) != 2:
                raise TypeError(f'a remapping rule is a tuple of two names, got {rule!r}')
        self._remappings = normalize_pairs(remappings or ())
        self._final_name: str | None = None
        self._temporary_files: list[Path] = []

    @property
    def node_name(self) -> str:
        """Full name of the node.

        Raises:
            RuntimeError: The action was not executed yet.
        """
        if self._final_name is None:
            raise RuntimeError("cannot access 'node_name' before executing action")
        return self._final_name

    def is_node_name_fully_specified(self) -> bool:
        """Whether name and namespace are known, not left to the node."""
        return '<' not in self.node_name

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity] | None:
        """Start the node."""
        self._perform_substitutions(context)
        completed = None
        try:
            result = super().execute(context)
            completed = self.get_asyncio_future()
        finally:
            if completed is None:
                self._remove_temporary_files()
        if completed is not None:
            completed.add_done_callback(self._remove_temporary_files)
        if self.is_node_name_fully_specified():
            self._warn_of_equal_names(context)
        return result

    def _perform_substitutions(self, context: LaunchContext) -> None:
        """Expand names and complete the command line; the first call does it, others nothing."""
        if self._final_name is not None:
            return
        arguments = self._expand_names(context)
        arguments += self._parameter_arguments(context)
        arguments += self._remap_arguments(context)
        self._cmd += [[TextSubstitution(text=word)] for word in arguments]

    def _expand_names(self, context: LaunchContext) -> list[str]:
        """Set the full name, and return the arguments that give it to the node."""
        name, arguments = self.UNSPECIFIED_NODE_NAME, []
        try:
            if self._name is not None:
                name = perform_substitutions(context, self._name).lstrip('/')
                validate_node_name(name)
                arguments += ['-r', f'__node:={name}']
            own = perform_substitutions(context, self._namespace or []) or None
            base = context.launch_configurations.get(NAMESPACE)
            namespace = make_namespace_absolute(prefix_namespace(base, own))
            if namespace is not None:
                validate_namespace(namespace)
                arguments += ['-r', f'__ns:={namespace}']
                self.expanded_node_namespace = namespace
        except Exception:
            _logger.error(
                'Error while expanding or validating node name or namespace for '
                f"'package={self.node_package}, executable={self.node_executable}, "
                f"name={self._name}, namespace={self._namespace}':"
            )
            raise
        self._final_name = prefix_namespace(self.expanded_node_namespace, name)
        return arguments

    def _parameter_arguments(self, context: LaunchContext) -> list[str]:
        """Arguments for the parameters of the scope, then for those of the node."""
        arguments = []
        for item in (*context.launch_configurations.get(PARAMETERS, []), *self._parameters):
            parameter = item.evaluate(context) if hasattr(item, 'evaluate') else item
            if isinstance(parameter, tuple):
                arguments += ['-p', f'{parameter[0]}:={to_yaml(parameter[1])}']
            elif isinstance(parameter, dict):
                values = evaluate_parameter_dict(context, parameter)
                arguments += ['--params-file', str(self._write_parameters(values))]
            elif Path(parameter).is_file():
                arguments += ['--params-file', str(Path(parameter).absolute())]
            else:
                _logger.warning(f'Parameter file path is not a file: {parameter}')
        return arguments

    def _remap_arguments(self, context: LaunchContext) -> list[str]:
        rules = context.launch_configurations.get(REMAPS, [])
        rules = [*rules, *perform_pairs(context, self._remappings)]
        self.expanded_remapping_rules = rules
        return [word for src, dst in rules for word in ('-r', f'{src}:={dst}')]

    def _write_parameters(self, values: dict[str, Any]) -> Path:
        """Temporary parameter file; it is removed when the node has ended."""
        key = self.node_name if self.is_node_name_fully_specified() else '/**'
        with NamedTemporaryFile('w', prefix='launch_params_', delete=False) as file:
            self._temporary_files.append(Path(file.name))
            content = {key: {'ros__parameters': values}}
            yaml_text.dump_parameters(content, file, default_flow_style=False)
        return self._temporary_files[-1]

    def _remove_temporary_files(self, completed: object = None) -> None:
        while self._temporary_files:
            self._temporary_files.pop().unlink(missing_ok=True)

    def _warn_of_equal_names(self, context: LaunchContext) -> None:
        names = [*context.get_locals_as_dict().get(_NODE_NAMES, []), self.node_name]
        context.extend_globals({_NODE_NAMES: names})
        count = names.count(self.node_name)
        if count > 1:
            launch.logging.get_logger(self.name).warning(
                f'there are now at least {count} nodes with the name {self.node_name} created '
                'within this launch context'
            )
