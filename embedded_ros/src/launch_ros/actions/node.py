"""Action that runs a ROS node."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, cast

import launch.logging
import yaml
from launch import LaunchContext, LaunchDescriptionEntity, SomeSubstitutionsType, Substitution
from launch.actions import ExecuteProcess
from launch.substitutions import TextSubstitution
from launch.utilities import (
    ensure_argument_type,
    normalize_to_list_of_substitutions,
    perform_substitutions,
)
from launch_ros.actions.scope import NAMESPACE, PARAMETERS, REMAPS
from launch_ros.parameter_descriptions import Parameter, ParameterFile
from launch_ros.substitutions import ExecutableInPackage
from launch_ros.utilities import (
    evaluate_parameter_dict,
    make_namespace_absolute,
    normalize_parameters,
    prefix_namespace,
    to_yaml,
    validate_namespace,
    validate_node_name,
)
from launch_ros.utilities.parameters import SomeParameters

_logger = logging.getLogger('launch.ros')
_NODE_NAMES = 'unique_ros_node_names'
SomeRemapRules = Iterable[tuple[SomeSubstitutionsType, SomeSubstitutionsType]]


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
        if parameters is not None:
            ensure_argument_type(parameters, list, 'parameters', 'Node')
        super().__init__(
            cmd=[command, *(arguments or ()), *ros_args, '--ros-args'], name=exec_name, **kwargs
        )
        self._package = package
        self._executable = executable
        self._name = None if name is None else normalize_to_list_of_substitutions(name)
        self._namespace = (
            None if namespace is None else normalize_to_list_of_substitutions(namespace)
        )
        self._parameters = normalize_parameters(parameters or [])
        self._remappings = [_normalize_rule(rule) for rule in remappings or ()]
        self._ros_arguments = ros_arguments
        self._arguments = arguments
        self._expanded_name = self.UNSPECIFIED_NODE_NAME
        self._expanded_namespace = self.UNSPECIFIED_NODE_NAMESPACE
        self._final_name: str | None = None
        self._expanded_remappings: list[tuple[str, str]] = []
        self._temporary_files: list[Path] = []

    @property
    def node_package(self) -> SomeSubstitutionsType | None:
        """Name of the package."""
        return self._package

    @property
    def node_executable(self) -> SomeSubstitutionsType:
        """Name of the executable."""
        return self._executable

    @property
    def node_name(self) -> str:
        """Full name of the node.

        Raises:
            RuntimeError: The action was not executed yet.
        """
        if self._final_name is None:
            raise RuntimeError("cannot access 'node_name' before executing action")
        return self._final_name

    @property
    def expanded_node_namespace(self) -> str:
        """Namespace of the node, once executed."""
        return self._expanded_namespace

    @property
    def expanded_remapping_rules(self) -> list[tuple[str, str]]:
        """Remapping rules, once executed."""
        return self._expanded_remappings

    @property
    def arguments(self) -> Iterable[SomeSubstitutionsType] | None:
        """Further arguments of the program."""
        return self._arguments

    @property
    def ros_arguments(self) -> Iterable[SomeSubstitutionsType] | None:
        """Further ROS arguments."""
        return self._ros_arguments

    def is_node_name_fully_specified(self) -> bool:
        """Whether name and namespace are known, not left to the node."""
        return '<' not in self.node_name

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity] | None:
        """Start the node."""
        self._perform_substitutions(context)
        try:
            self._find_executable(context)
            result = super().execute(context)
        except BaseException:
            self._remove_temporary_files()
            raise
        completed = self.get_asyncio_future()
        if completed is None:
            self._remove_temporary_files()
        else:
            completed.add_done_callback(self._remove_temporary_files)
        if self.is_node_name_fully_specified():
            self._warn_of_equal_names(context)
        return result

    def _perform_substitutions(self, context: LaunchContext) -> None:
        """Expand names and complete the command line; the first call does it, others nothing."""
        if self._final_name is not None:
            return
        self._expand_names(context)
        cmd = self.process_description.cmd
        for argument in (
            *self._name_arguments(),
            *self._global_parameter_arguments(context),
            *self._parameter_arguments(context),
            *self._remap_arguments(context),
        ):
            cmd.append([TextSubstitution(text=argument)])

    def _find_executable(self, context: LaunchContext) -> None:
        """Replace the executable of a package by the command that runs it."""
        cmd = self.process_description.cmd
        first = cmd[0][0]
        if isinstance(first, ExecutableInPackage):
            cmd[:1] = [[TextSubstitution(text=word)] for word in first.command(context)]

    def _expand_names(self, context: LaunchContext) -> None:
        namespace = None
        try:
            if self._name is not None:
                self._expanded_name = perform_substitutions(context, self._name).lstrip('/')
                validate_node_name(self._expanded_name)
            if self._namespace is not None:
                namespace = perform_substitutions(context, self._namespace)
            base = context.launch_configurations.get(NAMESPACE)
            namespace = make_namespace_absolute(prefix_namespace(base, namespace or None))
            if namespace is not None:
                self._expanded_namespace = namespace
                validate_namespace(namespace)
        except Exception:
            _logger.error(
                'Error while expanding or validating node name or namespace for '
                f"'package={self._package}, executable={self._executable}, name={self._name}, "
                f"namespace={self._namespace}':"
            )
            raise
        self._final_name = prefix_namespace(self._expanded_namespace, self._expanded_name)

    def _name_arguments(self) -> list[str]:
        arguments = []
        if self._expanded_name != self.UNSPECIFIED_NODE_NAME:
            arguments += ['-r', f'__node:={self._expanded_name}']
        if self._expanded_namespace != self.UNSPECIFIED_NODE_NAMESPACE:
            arguments += ['-r', f'__ns:={self._expanded_namespace}']
        return arguments

    def _global_parameter_arguments(self, context: LaunchContext) -> list[str]:
        arguments = []
        for parameter in context.launch_configurations.get(PARAMETERS, []):
            if isinstance(parameter, tuple):
                arguments += ['-p', f'{parameter[0]}:={to_yaml(parameter[1])}']
            else:
                arguments += _file_arguments(Path(parameter).absolute())
        return arguments

    def _parameter_arguments(self, context: LaunchContext) -> list[str]:
        arguments = []
        for parameters in self._parameters:
            if isinstance(parameters, ParameterFile):
                arguments += _file_arguments(parameters.evaluate(context))
            elif isinstance(parameters, Parameter):
                name, value = parameters.evaluate(context)
                arguments += ['-p', f'{name}:={to_yaml(value)}']
            else:
                values = evaluate_parameter_dict(context, parameters)
                arguments += ['--params-file', str(self._write_parameters(values))]
        return arguments

    def _remap_arguments(self, context: LaunchContext) -> list[str]:
        self._expanded_remappings = [
            *context.launch_configurations.get(REMAPS, []),
            *(
                (perform_substitutions(context, src), perform_substitutions(context, dst))
                for src, dst in self._remappings
            ),
        ]
        return [word for src, dst in self._expanded_remappings for word in ('-r', f'{src}:={dst}')]

    def _write_parameters(self, values: dict[str, Any]) -> Path:
        """Temporary parameter file; it is removed when the node has ended."""
        key = self.node_name if self.is_node_name_fully_specified() else '/**'
        with NamedTemporaryFile('w', prefix='launch_params_', delete=False) as file:
            self._temporary_files.append(Path(file.name))
            yaml.safe_dump({key: {'ros__parameters': values}}, file, default_flow_style=False)
        return self._temporary_files[-1]

    def _remove_temporary_files(self, completed: asyncio.Future[None] | None = None) -> None:
        while self._temporary_files:
            self._temporary_files.pop().unlink(missing_ok=True)

    def _warn_of_equal_names(self, context: LaunchContext) -> None:
        names = context.get_locals_as_dict().get(_NODE_NAMES, [])
        context.extend_globals({_NODE_NAMES: [*names, self.node_name]})
        count = names.count(self.node_name) + 1
        if count > 1:
            launch.logging.get_logger(cast(str, self.name)).warning(
                f'there are now at least {count} nodes with the name {self.node_name} created '
                'within this launch context'
            )


def _normalize_rule(rule: Any) -> tuple[list[Substitution], list[Substitution]]:
    ensure_argument_type(rule, tuple, 'remappings', 'Node')
    if len(rule) != 2:
        raise TypeError(f'a remapping rule is a tuple of two names, got {rule!r}')
    src, dst = rule
    return normalize_to_list_of_substitutions(src), normalize_to_list_of_substitutions(dst)


def _file_arguments(path: Path) -> list[str]:
    if not path.is_file():
        _logger.warning(f'Parameter file path is not a file: {path}')
        return []
    return ['--params-file', str(path)]
