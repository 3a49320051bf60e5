"""Values that are given directly or as substitutions, and come out with a type."""

from __future__ import annotations

import typing
from collections.abc import Iterable
from typing import Any

import yaml
from launch.launch_context import LaunchContext
from launch.substitution import Substitution
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions

# Types here are int, float, bool, str, list[...] of one of them, or None for any of these.
SCALARS = (int, float, bool, str)


def is_substitution(value: Any) -> bool:
    """Whether a value is a substitution, or a list of texts and at least one substitution."""
    if not isinstance(value, list | tuple):
        return isinstance(value, Substitution)
    return all(isinstance(item, Substitution | str) for item in value) and any(
        isinstance(item, Substitution) for item in value
    )


def is_instance_of(value: Any, data_type: Any) -> bool:
    """Whether a value is of a type; a list must be uniform."""
    scalar, wants_list = _item_type(data_type)
    if not isinstance(value, list):
        return not wants_list and isinstance(value, scalar or SCALARS)
    if scalar and not wants_list:
        return False
    return len({type(item) for item in value}) <= 1 and all(
        isinstance(item, scalar or SCALARS) for item in value
    )


def coerce_to_type(text: str, data_type: Any) -> Any:
    """Read a text as a value of a type, by the rules of YAML.

    Raises:
        ValueError: The text is no such value.
    """
    if data_type in (str, int, float):
        return data_type(text)
    if data_type is bool:
        text = {'1': 'true', '0': 'false'}.get(text, text)
    try:
        value = yaml.safe_load(text) if text else text
    except yaml.YAMLError as error:
        raise ValueError(f"Failed to convert '{text}' using yaml rules: {error}") from error
    if not is_instance_of(value, data_type):
        wanted = data_type or 'a scalar or a uniform list'
        raise ValueError(f"Cannot convert value '{text}' to '{wanted}', got {type(value)}")
    return value


def normalize_typed_substitution(value: Any, data_type: Any) -> Any:
    """Bring a value that may hold substitutions into one form.

    Args:
        value: A scalar, substitutions that will give the value as text, or a list
            whose items are scalars or substitutions.
        data_type: Type wanted in the end.

    Raises:
        TypeError: The value cannot become one of that type.
    """
    if is_substitution(value):
        return normalize_to_list_of_substitutions(value)
    constants = value
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        value = [normalize_to_list_of_substitutions(x) if is_substitution(x) else x for x in value]
        constants = [item for item in value if not isinstance(item, list)]
        if {type(x) for x in constants} == {int, float} or _item_type(data_type) == (float, True):
            value = [float(item) if type(item) is int else item for item in value]
            constants = [item for item in value if not isinstance(item, list)]
    if not is_instance_of(constants, data_type):
        raise TypeError(f'{value!r} is no {data_type or "scalar or uniform list"}, nor becomes one')
    return value


def perform_typed_substitution(context: LaunchContext, value: Any, data_type: Any) -> Any:
    """Value that a normalized one stands for in a context.

    Raises:
        ValueError: It is of another type.
    """
    if isinstance(value, list) and value and all(isinstance(x, Substitution) for x in value):
        return coerce_to_type(perform_substitutions(context, value), data_type)
    if isinstance(value, list):
        scalar = _item_type(data_type)[0]
        value = [
            perform_typed_substitution(context, item, scalar) if isinstance(item, list) else item
            for item in value
        ]
    if not is_instance_of(value, data_type):
        raise ValueError(f'{value!r} is no {data_type or "scalar or uniform list"}')
    return value


def _item_type(data_type: Any) -> tuple[Any, bool]:
    """Scalar type of a type, and whether it is a list of it."""
    is_list = typing.get_origin(data_type) is list
    scalar = typing.get_args(data_type)[0] if is_list else data_type
    if scalar is not None and scalar not in SCALARS:
        raise ValueError(
            f'Unrecognized data type: {data_type}; expected int, float, bool, str or a list of one'
        )
    return scalar, is_list
