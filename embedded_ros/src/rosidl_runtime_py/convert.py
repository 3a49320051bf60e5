"""Messages as dictionaries, YAML and CSV."""

from __future__ import annotations

import array
import sys
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import yaml

from embedded_ros.interfaces.definitions import Container, FieldType
from embedded_ros.interfaces.primitives import FIXED_SIZE


class _Dumper(yaml.Dumper):
    """Writes an OrderedDict as a plain mapping, in its order."""


_Dumper.add_representer(
    OrderedDict,
    lambda dumper, data: dumper.represent_mapping(
        'tag:yaml.org,2002:map', data.items(), flow_style=False
    ),
)


class _Style(NamedTuple):
    """What to leave out of long values, and whether bytes become text."""

    truncate_length: int | None = None
    no_arr: bool = False
    no_str: bool = False
    bytes_as_text: bool = True


def message_to_yaml(msg: Any, *, flow_style: bool = False, **shortening: Any) -> str:
    """YAML text of a message.

    Args:
        msg: The message.
        flow_style: Write each sequence on one line.
        shortening: See `message_to_ordereddict`.
    """
    content = message_to_ordereddict(msg, **shortening)
    options = {'allow_unicode': True, 'width': sys.maxsize, 'default_flow_style': flow_style}
    return yaml.dump(content, Dumper=_Dumper, **options)


def message_to_csv(msg: Any, **shortening: Any) -> str:
    """All values of a message, nested ones included, separated by commas.

    Args:
        msg: The message.
        shortening: See `message_to_ordereddict`.
    """
    return ','.join(_leaves(_plain(msg, None, _Style(**shortening, bytes_as_text=False))))


def message_to_ordereddict(
    msg: Any,
    *,
    truncate_length: int | None = None,
    no_arr: bool = False,
    no_str: bool = False,
) -> OrderedDict[str, Any]:
    """Fields of a message by name; nested messages are dictionaries, arrays are lists.

    Args:
        msg: The message.
        truncate_length: Most elements of a sequence and characters of a string; None: all.
        no_arr: Describe sequences and arrays instead of listing them.
        no_str: Describe strings instead of showing them.
    """
    return _plain(msg, None, _Style(truncate_length, no_arr, no_str))


def get_message_slot_types(msg: Any) -> OrderedDict[str, FieldType]:
    """Type of each field of a message, by name."""
    return OrderedDict(zip(msg.get_fields_and_field_types(), msg.SLOT_TYPES, strict=True))


def _plain(value: Any, field_type: FieldType | None, style: _Style) -> Any:
    """Value without messages, arrays and numpy's numbers; the type is that of a whole field."""
    if isinstance(value, bytes) and style.bytes_as_text:
        value = value.decode('latin-1')
    elif isinstance(value, str) and style.no_str:
        return f'<string length: <{len(value)}>>'
    if isinstance(value, np.number):
        return value.item()
    if isinstance(value, (bool, int, float, bytes)):
        return value
    if not isinstance(value, (str, list, tuple, array.array, np.ndarray)):
        return OrderedDict(
            (name, _plain(getattr(value, name), kind, style))
            for name, kind in get_message_slot_types(value).items()
        )
    if style.no_arr and field_type is not None and not isinstance(value, str):
        return _description(value, field_type)
    start = value[: style.truncate_length]
    is_cut = len(start) < len(value)
    if isinstance(value, str):
        return f'{start}...' if is_cut else value
    return [*(_plain(item, None, style) for item in start), *(['...'] if is_cut else [])]


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, (list, OrderedDict)):
        parts = value.values() if isinstance(value, OrderedDict) else value
        yield ','.join(leaf for part in parts for leaf in _leaves(part))
    else:
        yield str(value)


def _description(value: Any, field_type: FieldType) -> str:
    """What stands for a sequence that is not listed."""
    primitive = FIXED_SIZE.get(field_type.base)
    element = primitive.rosidl_name if primitive else field_type.base
    if field_type.container is Container.ARRAY:
        return f'<array type: {element}[{field_type.size}]>'
    bound = f'[{field_type.size}]' if field_type.size else ''
    return f'<sequence type: {element}{bound}, length: {len(value)}>'
