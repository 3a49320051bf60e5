"""Messages as dictionaries, YAML and CSV."""

from __future__ import annotations

import array
import itertools
import sys
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
import yaml

from embedded_ros.interfaces.definitions import Container, FieldType
from embedded_ros.interfaces.primitives import FIXED_SIZE

_SEQUENCES = (list, tuple, array.array, np.ndarray)


class _Dumper(yaml.Dumper):
    """Writes an OrderedDict as a plain mapping, in its order."""


_Dumper.add_representer(
    OrderedDict,
    lambda dumper, data: yaml.MappingNode(
        'tag:yaml.org,2002:map',
        [(dumper.represent_data(key), dumper.represent_data(value)) for key, value in data.items()],
    ),
)


@dataclass(frozen=True)
class _Style:
    """What to leave out of long values."""

    truncate_length: int | None
    no_arr: bool
    no_str: bool

    def shortens(self, value: Any) -> bool:
        return self.truncate_length is not None and len(value) > self.truncate_length


def message_to_yaml(
    msg: Any,
    *,
    truncate_length: int | None = None,
    no_arr: bool = False,
    no_str: bool = False,
    flow_style: bool = False,
) -> str:
    """YAML text of a message.

    Args:
        msg: The message.
        truncate_length: Most elements of a sequence and characters of a string; None: all.
        no_arr: Describe sequences and arrays instead of listing them.
        no_str: Describe strings instead of showing them.
        flow_style: Write each sequence on one line.
    """
    content = message_to_ordereddict(
        msg, truncate_length=truncate_length, no_arr=no_arr, no_str=no_str
    )
    return yaml.dump(
        content, Dumper=_Dumper, allow_unicode=True, width=sys.maxsize,
        default_flow_style=flow_style,
    )  # fmt: skip


def message_to_csv(
    msg: Any,
    *,
    truncate_length: int | None = None,
    no_arr: bool = False,
    no_str: bool = False,
) -> str:
    """All values of a message, nested ones included, separated by commas.

    The arguments are those of `message_to_yaml`.
    """
    style = _Style(truncate_length, no_arr, no_str)
    return ','.join(
        _csv(getattr(msg, name), field_type, style)
        for name, field_type in get_message_slot_types(msg).items()
    )


def message_to_ordereddict(
    msg: Any,
    *,
    truncate_length: int | None = None,
    no_arr: bool = False,
    no_str: bool = False,
) -> OrderedDict[str, Any]:
    """Fields of a message by name; nested messages are dictionaries, arrays are lists.

    The arguments are those of `message_to_yaml`.
    """
    style = _Style(truncate_length, no_arr, no_str)
    return OrderedDict(
        (name, _plain(getattr(msg, name), field_type, style))
        for name, field_type in get_message_slot_types(msg).items()
    )


def get_message_slot_types(msg: Any) -> OrderedDict[str, FieldType]:
    """Type of each field of a message, by name."""
    return OrderedDict(zip(msg.get_fields_and_field_types(), msg.SLOT_TYPES, strict=True))


def _plain(value: Any, field_type: FieldType | None, style: _Style) -> Any:
    if isinstance(value, bytes):
        value = value.decode('latin-1')
        return f'{value[: style.truncate_length]}...' if style.shortens(value) else value
    if isinstance(value, str):
        if style.no_str:
            return f'<string length: <{len(value)}>>'
        return f'{value[: style.truncate_length]}...' if style.shortens(value) else value
    if isinstance(value, _SEQUENCES):
        if style.no_arr and field_type is not None:
            return _description(value, field_type)
        items = [_plain(item, None, style) for item in value[: style.truncate_length]]
        if style.shortens(value):
            items.append('...')
        return tuple(items) if isinstance(value, tuple) else items
    if isinstance(value, np.number):
        return value.item()
    if isinstance(value, (bool, int, float)):
        return value
    return message_to_ordereddict(
        value, truncate_length=style.truncate_length, no_arr=style.no_arr, no_str=style.no_str
    )


def _csv(value: Any, field_type: FieldType | None, style: _Style) -> str:
    if isinstance(value, _SEQUENCES):
        if style.no_arr and field_type is not None:
            return _description(value, field_type)
        items = [_csv(item, None, style) for item in itertools.islice(value, style.truncate_length)]
        return ','.join([*items, '...'] if style.shortens(value) else items)
    if isinstance(value, str) and style.no_str:
        return f'<string length: <{len(value)}>>'
    if isinstance(value, bytes):
        return str(value[: style.truncate_length] + b'...' if style.shortens(value) else value)
    if isinstance(value, str):
        return f'{value[: style.truncate_length]}...' if style.shortens(value) else value
    if isinstance(value, (bool, int, float, np.number)):
        return str(value)
    return message_to_csv(
        value, truncate_length=style.truncate_length, no_arr=style.no_arr, no_str=style.no_str
    )


def _description(value: Any, field_type: FieldType) -> str:
    """What stands for a sequence that is not listed."""
    primitive = FIXED_SIZE.get(field_type.base)
    element = primitive.rosidl_name if primitive else field_type.base
    if field_type.container is Container.ARRAY:
        return f'<array type: {element}[{field_type.size}]>'
    bound = f'[{field_type.size}]' if field_type.size else ''
    return f'<sequence type: {element}{bound}, length: {len(value)}>'
