"""Fill a message from a dictionary, as it comes from YAML."""

from __future__ import annotations

import array
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from embedded_ros.interfaces import get_message
from embedded_ros.interfaces.definitions import Container, FieldType
from rosidl_runtime_py.convert import get_message_slot_types

_HEADER = 'std_msgs/msg/Header'
_TIME = 'builtin_interfaces/msg/Time'


def set_message_fields(
    msg: Any,
    values: Mapping[str, Any],
    expand_header_auto: bool = False,
    expand_time_now: bool = False,
) -> list[Callable[[Any], None]]:
    """Set fields of a message.

    Args:
        msg: The message.
        values: Values by field name; nested messages are dictionaries themselves.
        expand_header_auto: The value 'auto' of a header asks for the current time.
        expand_time_now: The value 'now' of a time asks for the current time.

    Returns:
        Functions to call with the current time, a `builtin_interfaces/msg/Time`.

    Raises:
        AttributeError: The message has no such field.
        TypeError: `values`, or the value of a nested message, is not a dictionary.
        ValueError: A value does not convert to the type of its field.
        AssertionError: A value does not fit into its field.
    """
    if not isinstance(values, Mapping):
        raise TypeError(
            f"Value '{values}' is expected to be a dictionary but is a {type(values).__name__}"
        )
    setters: list[Callable[[Any], None]] = []

    def fill(nested: Any, nested_values: Any) -> Any:
        setters.extend(
            set_message_fields(nested, nested_values, expand_header_auto, expand_time_now)
        )
        return nested

    types = get_message_slot_types(msg)
    for name, value in values.items():
        field = getattr(msg, name)
        if expand_header_auto and value == 'auto' and types[name].base == _HEADER:
            setters.append(partial(setattr, field, 'stamp'))
        elif expand_time_now and value == 'now' and types[name].base == _TIME:
            setters.append(partial(setattr, msg, name))
        else:
            setattr(msg, name, _value(field, value, types[name], fill))
    return setters


def _value(
    field: Any, value: Any, field_type: FieldType, fill: Callable[[Any, Any], Any]
) -> Any:
    """Value in the type of the field that holds `field` now."""
    if isinstance(field, array.array):
        return array.array(field.typecode, value)
    if isinstance(field, np.ndarray):
        return np.array(value, dtype=field.dtype)
    if field_type.is_message and field_type.container is not Container.SCALAR:
        element = get_message(field_type.base)
        return [each if isinstance(each, element) else fill(element(), each) for each in value]
    if type(value) is type(field):
        return value
    if field_type.is_message:
        return fill(field, value)
    if field_type.base == 'byte' and isinstance(value, (int, str)):
        return bytes([value]) if isinstance(value, int) else value.encode('latin-1')
    return type(field)(value)
