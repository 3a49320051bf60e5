"""Parameters as they are written in launch files, and as nodes read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from launch import LaunchContext, SomeSubstitutionsType, Substitution
from launch.substitutions import TextSubstitution
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions
from launch_ros.parameter_descriptions import Parameter, ParameterFile, ParameterValue

SomeParameters = Sequence[
    str | Path | Substitution | ParameterFile | Parameter | Mapping[SomeSubstitutionsType, Any]
]
# Name of a parameter, and a constant, a ParameterValue, or what `_Texts` describes.
NormalizedParameters = dict[tuple[Substitution, ...], Any]
_SCALARS = (bool, int, float, str)


class _Texts(list[list[Substitution]]):
    """Substitutions whose texts are read by the rules of YAML, as a value or a list of them."""

    def __init__(self, texts: Sequence[list[Substitution]], *, is_list: bool) -> None:
        super().__init__(texts)
        self.is_list = is_list


def normalize_parameters(
    parameters: SomeParameters,
) -> tuple[ParameterFile | Parameter | NormalizedParameters, ...]:
    """Bring the `parameters` argument of a node into one form.

    Raises:
        TypeError: It is not a list, or an item is no file, dictionary or parameter.
    """
    if isinstance(parameters, str) or not isinstance(parameters, Sequence):
        raise TypeError(f'Expecting list of parameters, got {parameters!r}')
    normalized: list[ParameterFile | Parameter | NormalizedParameters] = []
    for parameter in parameters:
        if isinstance(parameter, Mapping):
            normalized.append(normalize_parameter_dict(parameter))
        elif isinstance(parameter, Parameter | ParameterFile):
            normalized.append(parameter)
        else:
            normalized.append(ParameterFile(parameter))
    return tuple(normalized)


def normalize_parameter_dict(
    parameters: Mapping[SomeSubstitutionsType, Any], *, _prefix: Sequence[Substitution] = ()
) -> NormalizedParameters:
    """Bring a dictionary of parameters into one form; nested ones give dotted names.

    Raises:
        TypeError: It is no dictionary, or a value is of a type that parameters cannot have.
    """
    if not isinstance(parameters, Mapping):
        raise TypeError(f'expected dict, got {parameters!r}')
    normalized: NormalizedParameters = {}
    for key, value in parameters.items():
        name = (*_prefix, *normalize_to_list_of_substitutions(key))
        if isinstance(value, Mapping):
            dot = TextSubstitution(text='.')
            normalized |= normalize_parameter_dict(value, _prefix=(*name, dot))
        elif isinstance(value, Substitution):
            normalized[name] = _Texts([[value]], is_list=False)
        elif isinstance(value, (*_SCALARS, ParameterValue)):
            normalized[name] = value
        elif isinstance(value, Sequence) and not isinstance(value, bytes):
            normalized[name] = _normalize_list(value)
        else:
            raise TypeError(f'Unexpected type for parameter value {value!r}')
    return normalized


def evaluate_parameter_dict(
    context: LaunchContext, parameters: NormalizedParameters
) -> dict[str, Any]:
    """Names and values of normalized parameters in a context.

    Raises:
        TypeError: A text is no value that parameters can have.
    """
    return {
        (full_name := perform_substitutions(context, name)): _evaluate(context, full_name, value)
        for name, value in parameters.items()
    }


def to_yaml(value: Any) -> str:
    """A value in one line of YAML, as the command line of a node takes it."""
    return yaml.safe_dump(value, default_flow_style=True, width=float('inf')).split('\n')[0]


def _normalize_list(value: Sequence[Any]) -> Any:
    """Constant list, or texts that are read as YAML while launching."""
    kinds = {type(item) for item in value}
    if kinds == {int, float}:
        return [float(item) for item in value]
    if len(kinds) == 1 and kinds <= set(_SCALARS):
        return list(value)
    items = list(value)
    if any(isinstance(item, Substitution) for item in items) and all(
        isinstance(item, str | Substitution) for item in items
    ):
        return _Texts([normalize_to_list_of_substitutions(items)], is_list=False)
    texts = [to_yaml(item) if isinstance(item, _SCALARS) else item for item in items]
    return _Texts([normalize_to_list_of_substitutions(text) for text in texts], is_list=True)


def _evaluate(context: LaunchContext, name: str, value: Any) -> Any:
    if isinstance(value, ParameterValue):
        return value.evaluate(context)
    if not isinstance(value, _Texts):
        return value
    values = [_read(name, perform_substitutions(context, text)) for text in value]
    result = values if value.is_list else values[0]
    if isinstance(result, _SCALARS):
        return result
    if not isinstance(result, list):
        raise TypeError(_wrong_type(name, result))
    kinds = {type(item) for item in result}
    if len(kinds) != 1 or not kinds <= set(_SCALARS):
        raise TypeError(
            'Expected a non-empty sequence, with items of uniform type. Allowed sequence item '
            f'types are bool, int, float, str. Got inconsistent input for "{name}": {result!r}'
        )
    return result


def _read(name: str, text: str) -> Any:
    if not text:
        return ''
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise TypeError(
            f'Unable to parse the value of parameter {name} as yaml. {_REMEDY}'
        ) from error


def _wrong_type(name: str, value: Any) -> str:
    return (
        'Allowed value types are bool, int, float, str, Sequence[bool], Sequence[int], '
        f'Sequence[float], Sequence[str]. Got {type(value)} for "{name}". {_REMEDY}'
    )


_REMEDY = (
    'If the parameter is meant to be a string, try wrapping it in '
    'launch_ros.parameter_descriptions.ParameterValue(value, value_type=str)'
)
