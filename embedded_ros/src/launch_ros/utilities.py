"""Names, namespaces and parameters of nodes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from launch import LaunchContext, SomeSubstitutionsType, Substitution
from launch.substitutions import TextSubstitution
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions
from launch_ros.parameter_descriptions import Parameter, ParameterFile, ParameterValue

from embedded_ros import yaml_text

SomeParameters = Sequence[
    str | Path | Substitution | ParameterFile | Parameter | Mapping[SomeSubstitutionsType, Any]
]
NormalizedParameters = dict[tuple[Substitution, ...], ParameterValue]
_TOKEN = '[A-Za-z_][A-Za-z0-9_]*'
_RULE = 'alphanumeric characters and underscores, not starting with a number'


def validate_node_name(name: str) -> None:
    """Check the name of a node.

    Raises:
        ValueError: It is not made of alphanumeric characters and underscores.
    """
    if re.fullmatch(_TOKEN, name) is None:
        raise ValueError(f"Invalid node name '{name}': a node name is made of {_RULE}")


def validate_namespace(namespace: str) -> None:
    """Check an absolute namespace.

    Raises:
        ValueError: It does not start with a slash, or a part of it is no name.
    """
    if namespace != '/' and re.fullmatch(f'(/{_TOKEN})+', namespace) is None:
        raise ValueError(
            f"Invalid namespace '{namespace}': a namespace starts with '/', does not end with it, "
            f'and each part is made of {_RULE}'
        )


def make_namespace_absolute(namespace: str | None) -> str | None:
    """The namespace with a leading slash."""
    return namespace if namespace is None or namespace.startswith('/') else f'/{namespace}'


def prefix_namespace(base: str | None, namespace: str | None) -> str | None:
    """Namespace inside of another one; an absolute one stands for itself."""
    if base and namespace is not None and not namespace.startswith('/'):
        namespace = f'{base.rstrip("/")}/{namespace}'
    combined = base if namespace is None else namespace
    return combined if combined in (None, '/') else combined.rstrip('/')


def normalize_parameters(
    parameters: SomeParameters,
) -> tuple[ParameterFile | Parameter | NormalizedParameters, ...]:
    """Bring the `parameters` argument of a node into one form.

    Raises:
        TypeError: An item is no file, dictionary or parameter.
    """
    return tuple(
        normalize_parameter_dict(item)
        if isinstance(item, Mapping)
        else (item if isinstance(item, Parameter | ParameterFile) else ParameterFile(item))
        for item in parameters
    )


def normalize_parameter_dict(
    parameters: Mapping[SomeSubstitutionsType, Any], *, _prefix: Sequence[Substitution] = ()
) -> NormalizedParameters:
    """Bring a dictionary of parameters into one form; nested ones give dotted names.

    Raises:
        TypeError: A value is of a type that parameters cannot have.
    """
    normalized: NormalizedParameters = {}
    for key, value in parameters.items():
        name = (*_prefix, *normalize_to_list_of_substitutions(key))
        if isinstance(value, Mapping):
            dot = TextSubstitution(text='.')
            normalized |= normalize_parameter_dict(value, _prefix=(*name, dot))
        else:
            normalized[name] = value if isinstance(value, ParameterValue) else ParameterValue(value)
    return normalized


def evaluate_parameter_dict(
    context: LaunchContext, parameters: NormalizedParameters
) -> dict[str, Any]:
    """Names and values of normalized parameters in a context.

    Raises:
        TypeError: A text is no value that parameters can have.
    """
    evaluated = {}
    for substitutions, value in parameters.items():
        name = perform_substitutions(context, substitutions)
        try:
            evaluated[name] = value.evaluate(context)
        except ValueError as error:
            raise TypeError(
                f'parameter {name}: {error}. If the parameter is meant to be a string, try '
                'wrapping it in launch_ros.parameter_descriptions.ParameterValue(value, '
                'value_type=str)'
            ) from error
        if evaluated[name] == []:
            raise TypeError(f'parameter {name} is an empty list, whose type nobody knows')
    return evaluated


def to_yaml(value: Any) -> str:
    """A value in one line of YAML, as the command line of a node takes it."""
    text = yaml_text.dump_parameters(value, default_flow_style=True, width=float('inf'))
    return text.split('\n')[0]
