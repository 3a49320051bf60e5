"""Definitions of interfaces as text, with the nested ones below."""

from __future__ import annotations

from collections.abc import Iterator

from embedded_ros.interfaces.database import source_text
from embedded_ros.interfaces.definitions import parse_type

_SEPARATOR = '---'


def interface_text(name: str, *, comments: bool = True, nested_comments: bool = False) -> str:
    """Definition of an interface; nested messages follow their field, indented.

    Args:
        name: Such as 'std_msgs/msg/String'.
        comments: Keep comments and empty lines.
        nested_comments: Keep those of nested messages.

    Raises:
        ValueError: The name is malformed.
        LookupError: There is no such interface.
    """
    if name.count('/') != 2:
        raise ValueError(f"Invalid name '{name}'. Expected three parts separated by '/'")
    return '\n'.join(_lines(name, comments, nested_comments))


def _lines(name: str, comments: bool, nested_comments: bool) -> Iterator[str]:
    package = name.split('/')[0]
    for line in source_text(name).splitlines():
        code = line.split('#', 1)[0].strip()
        if comments:
            yield line.rstrip()
        elif code:
            yield code
        nested = _nested_type(code, package)
        if nested is not None:
            for inner in _lines(nested, nested_comments, nested_comments):
                yield f'\t{inner}' if inner else ''


def _nested_type(code: str, package: str) -> str | None:
    """Message that a line has a field of, None for anything else."""
    if not code or code == _SEPARATOR:
        return None
    field_type = parse_type(code.split()[0], package)
    return field_type.base if field_type.is_message else None
