"""Values that are given directly or as substitutions, and come out with a type."""

from __future__ import annotations

import typing
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import yaml
from launch.substitution import Substitution
from launch.utilities.substitutions import (
    normalize_to_list_of_substitutions,
    perform_substitutions,
)

if TYPE_CHECKING:
    from launch.launch_context import LaunchContext

ScalarTypesTuple = (int, float, bool, str)
AllowedTypesType = Any  # int, float, bool, str or list[...] / typing.List[...] of one of them
SomeValueType = Any  # a scalar, a substitution, or a list of either
NormalizedValueType = Any
AllowedValueType = Any


def extract_type(data_type: AllowedTypesType) -> tuple[type, bool]:
    """Scalar type of a type, and whether it is a list of it.

    Raises:
        ValueError: The type is not int, float, bool, str or a list of one of them.
    """
    origin: Any = typing.get_origin(data_type)
    is_list = origin is list
    scalar = next(iter(typing.get_args(data_type)), None) if is_list else data_type
    if scalar not in ScalarTypesTuple:
        raise ValueError(
            f'Unrecognized data type: {data_type}; expected int, float, bool, str or a list of one'
        )
    return scalar, is_list


def is_substitution(value: Any) -> bool:
    """Whether a value is a substitution, or a list of texts and at least one substitution."""
    if isinstance(value, Substitution):
        return True
    if isinstance(value, str) or not isinstance(value, Iterable):
        return False
    items = list(value)
    return all(isinstance(item, Substitution | str) for item in items) and any(
        isinstance(item, Substitution) for item in items
    )


def is_normalized_substitution(value: Any) -> bool:
    """Whether a value is a non-empty list of substitutions."""
    return (
        isinstance(value, list)
        and len(value) > 0
        and all(isinstance(item, Substitution) for item in value)
    )


def is_instance_of(value: Any, data_type: AllowedTypesType | None = None) -> bool:
    """Whether a value is of a type; None asks for any scalar or uniform list."""
    if data_type is None:
        if isinstance(value, list):
            kinds = {type(item) for item in value}
            return len(kinds) <= 1 and kinds <= set(ScalarTypesTuple)
        return isinstance(value, ScalarTypesTuple)
    scalar, is_list = extract_type(data_type)
    if is_list:
        return isinstance(value, list) and all(isinstance(item, scalar) for item in value)
    return isinstance(value, scalar)


def coerce_to_type(value: str, data_type: AllowedTypesType | None = None) -> Any:
    """Read a text as a value of a type, by the rules of YAML.

    Raises:
        ValueError: The text is no such value.
    """
    if data_type is None:
        return _coerce_by_yaml(value, None)
    scalar, is_list = extract_type(data_type)
    if is_list:
        return _coerce_by_yaml(value, data_type)
    if scalar is str:
        return value
    if scalar is bool:
        return _coerce_by_yaml({'1': 'true', '0': 'false'}.get(value, value), bool)
    return scalar(value)


def get_typed_value(value: str | list[str], data_type: AllowedTypesType | None) -> Any:
    """Read a text, or each text of a list, as a value of a type.

    Raises:
        TypeError: A list was given for a scalar type.
        ValueError: A text is no such value.
    """
    if not isinstance(value, list):
        return coerce_to_type(value, data_type)
    scalar = None
    if data_type is not None:
        scalar, is_list = extract_type(data_type)
        if not is_list:
            raise TypeError(f"Cannot convert input '{value}' of type 'list' to '{scalar}'")
    return [coerce_to_type(item, scalar) for item in value]


def normalize_typed_substitution(
    value: SomeValueType, data_type: AllowedTypesType | None
) -> NormalizedValueType:
    """Bring a value that may hold substitutions into one form.

    Args:
        value: A scalar, substitutions that will give the value as text, or a list
            whose items are scalars or substitutions.
        data_type: Type wanted in the end; None accepts any.

    Raises:
        TypeError: The value cannot become one of that type.
    """
    if isinstance(value, ScalarTypesTuple):
        if data_type is not None and not is_instance_of(value, data_type):
            raise TypeError(f"value='{value}' is not an instance of {data_type}")
        return value
    if is_substitution(value):
        return normalize_to_list_of_substitutions(value)
    if not isinstance(value, Iterable):
        raise TypeError(
            'value should be either a scalar, a substitutions, or a mixed list of scalars and '
            f'substitutions. Got `value={value}` of type `{type(value)}`.'
        )
    return _normalize_list(list(value), data_type)


def perform_typed_substitution(
    context: LaunchContext, value: NormalizedValueType, data_type: AllowedTypesType | None
) -> Any:
    """Value that a normalized one stands for in a context.

    Raises:
        TypeError: A value was given directly, and it is of another type.
        ValueError: The text of the substitutions is no value of that type.
    """
    if is_normalized_substitution(value):
        return coerce_to_type(perform_substitutions(context, value), data_type)
    if isinstance(value, list):
        scalar = None if data_type is None else extract_type(data_type)[0]
        value = [
            coerce_to_type(perform_substitutions(context, item), scalar)
            if is_normalized_substitution(item)
            else item
            for item in value
        ]
        if not is_instance_of(value, data_type):
            raise ValueError(
                f"The output list does not match the expected type. Got value='{value}', "
                f'expected type {data_type or "a uniform list"}.'
            )
        return value
    if data_type is not None and not is_instance_of(value, data_type):
        raise TypeError(f'value=`{value}` is a scalar and not an instance of `{data_type}`')
    return value


def _coerce_by_yaml(value: str, data_type: AllowedTypesType | None) -> Any:
    if not value and data_type is None:
        return value
    try:
        output = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ValueError(f"Failed to convert '{value}' using yaml rules: {error}") from error
    if not is_instance_of(output, data_type):
        wanted = data_type or 'a scalar or a uniform list'
        raise ValueError(f"Cannot convert value '{value}' to '{wanted}', got {type(output)}")
    return output


def _normalize_list(items: list[Any], data_type: AllowedTypesType | None) -> list[Any]:
    scalar = None
    if data_type is not None:
        scalar, is_list = extract_type(data_type)
        if not is_list:
            raise TypeError(
                'The provided value resolves to a list, though the required type is a scalar. '
                f"Got value='{items}', data_type='{data_type}'."
            )
    kinds = {type(item) for item in items if not is_substitution(item)}
    if kinds == {int, float}:
        items = [float(item) if isinstance(item, int) else item for item in items]
        kinds = {float}
    if len(kinds) > 1 or not kinds <= set(ScalarTypesTuple):
        raise TypeError(f"Input value is not an acceptable 'SomeValueType'. Got value='{items}'")
    if scalar is not None and not kinds <= {scalar}:
        if kinds != {int} or scalar is not float:
            raise TypeError(f"Got a list of {kinds}, expected a list of '{scalar}': '{items}'")
        items = [float(item) if isinstance(item, int) else item for item in items]
    return [
        normalize_to_list_of_substitutions(item) if is_substitution(item) else item
        for item in items
    ]
