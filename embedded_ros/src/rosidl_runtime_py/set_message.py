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
    setters: list[Callable[[Any], None]] = []
    keywords = {'auto': _HEADER} if expand_header_auto else {}
    if expand_time_now:
        keywords['now'] = _TIME
    _fill(msg, values, keywords, setters)
    return setters


def _fill(
    msg: Any, values: Any, keywords: dict[str, str], setters: list[Callable[[Any], None]]
) -> None:
    if not isinstance(values, Mapping):
        raise TypeError(
            f"Value '{values}' is expected to be a dictionary but is a {type(values).__name__}"
        )
    types = get_message_slot_types(msg)
    for name, value in values.items():
        field = getattr(msg, name)
        if isinstance(value, str) and keywords.get(value) == types[name].base:
            is_header = types[name].base == _HEADER
            setters.append(partial(setattr, *((field, 'stamp') if is_header else (msg, name))))
            continue
        setattr(msg, name, _value(field, value, types[name], keywords, setters))


def _value(
    field: Any,
    value: Any,
    field_type: FieldType,
    keywords: dict[str, str],
    setters: list[Callable[[Any], None]],
) -> Any:
    """Value in the type of the field that holds `field` now."""
    if isinstance(field, array.array):
        return array.array(field.typecode, value)
    if isinstance(field, np.ndarray):
        return np.array(value, dtype=field.dtype)
    if not field_type.is_message:
        return value if type(value) is type(field) else _converted(value, type(field), field_type)
    if field_type.container is Container.SCALAR:
        if type(value) is not type(field):
            _fill(field, value, keywords, setters)
            return field
        return value
    element = get_message(field_type.base)
    messages = []
    for item in value:
        if isinstance(item, element):
            messages.append(item)
        else:
            messages.append(element())
            _fill(messages[-1], item, keywords, setters)
    return messages


def _converted(value: Any, target: type, field_type: FieldType) -> Any:
    """Value of a primitive type that YAML gave in another one, such as 1 for a float."""
    if field_type.base == 'byte' and isinstance(value, int):
        return bytes([value])
    if field_type.base == 'byte' and isinstance(value, str):
        return value.encode('latin-1')
    return target(value)
